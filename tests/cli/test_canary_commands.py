"""The commands, over charts and claims full of marked identifiers, in files named after them: standard error, the audit
log, the vault and temporary files have none of it. Standard output is the answer, and may."""

import base64
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from canaries import MARK, Watch
from command_line import Run, Terminal

from engine.errors import AuditError

NOTE = f"Name: {MARK}\nDOB: 1923-02-17\n\nAssessment: hypertension, no chest pain. {MARK}\n"
FORMATS = ("table", "jsonl", "html", "fhir")
# Files that are no chart.
BAD = {
    "empty": b"",
    "blank": b" \n ",
    "latin-1": f"{MARK} caf\xe9".encode("latin-1"),
    "utf-16": NOTE.encode("utf-16"),
    "cut": f"{MARK} \u20ac".encode()[:-1],
    "large": MARK.encode() * 300_000,
}
ODD_CHARTS = {
    "NUL": NOTE.replace(" ", "\0"),
    "escapes": f"\x1b[31m{NOTE}",
    "one word": MARK * 2_000,
    "emoji": f"😀{NOTE}",
}
DAY = "2026-03-31"
CLAIM = {
    "claim_id": MARK,
    "kind": "PROFESSIONAL",
    "from_date": DAY,
    "birth_date": "1923-02-17",
    "payer": MARK,
    "plan": MARK,
    "place": "11",
    "documentation": [MARK],
    "diagnoses": ["I10", MARK[:16]],
    "lines": [{"code": "99213"}, {"code": MARK[:16], "modifiers": [MARK[:8]]}],
}
BAD_CLAIMS = {
    **{f"{name} is a list": {**CLAIM, name: [[MARK]]} for name in CLAIM},
    **{f"{name} is long": {**CLAIM, name: MARK * 100} for name in CLAIM},
    **{f"{name} is a mark": {**CLAIM, name: MARK} for name in CLAIM},
    "a field that nobody knows": {**CLAIM, MARK: MARK},
    "an object in an object": {**CLAIM, "lines": [{"code": "99213", MARK: MARK}]},
    "no day": {**CLAIM, "birth_date": "1923-02-31"},
    "born later": {**CLAIM, "birth_date": "2027-02-17"},
    "text": MARK,
    "number": 1923,
}
BAD_JSON = {
    "no JSON": f"{{{MARK}",
    "half": json.dumps(CLAIM)[:-9],
    "not a number": f'{{"claim_id": "{MARK}", "x": NaN}}',
}


class Watched:
    """A terminal whose every run is looked at."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.watch = Watch()

    def take(self, path: str, *words: str | Path, stdin: bytes = b"", expect: tuple[int, ...] = (0,)) -> Run:
        """Run a command, and look at its standard error."""
        run = self.terminal.run(*words, stdin=stdin)
        assert run.status in expect, (path, run.err)
        self.watch.take(path, [run.err])
        return run

    def finish(self, at_least: int) -> None:
        """Look at what lies on the disk beside the charts themselves."""
        for name in ("audit", "vault", "temp", "exported"):
            self.watch.look_through(name, self.terminal.folder / name)
        assert self.watch.leaks == []
        assert len(self.watch.paths) >= at_least


@pytest.fixture
def watched(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Watched:
    (terminal.folder / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(terminal.folder / "temp"))
    keys = terminal.write(
        "keys.toml",
        f'[tenants.default]\ncurrent="1"\n[tenants.default.keys]\n1="{base64.b64encode(b"k" * 32).decode()}"\n',
    )
    keys.chmod(0o600)
    with terminal.config.open("a", encoding="utf-8") as config:
        config.write(f'keep_charts = true\nvault_keys = "{keys}"\nvault_dir = "{terminal.folder / "vault"}"\n')
    return Watched(terminal)


def test_charts_in_every_format_good_bad_and_several(watched: Watched) -> None:
    write = watched.terminal.write
    good = write(f"{MARK}.txt", NOTE)
    bad = [write(f"{MARK}-{name}.txt", data) for name, data in BAD.items()]
    odd = [write(f"{MARK} {name}.txt", text) for name, text in ODD_CHARTS.items()]
    missing, folder = watched.terminal.folder / f"{MARK}-none.txt", watched.terminal.folder / f"{MARK}-folder"
    folder.mkdir()
    all_ = [good, *bad, *odd, missing, folder, NOTE]
    for form in FORMATS:
        run = watched.take(f"code {form}", "code", *all_, "--format", form, expect=(1,))
        assert MARK in run.out
        assert run.err.count("chartcoder: chart ") == len(bad) + 3
        for number, _ in enumerate(all_):
            watched.watch.take(f"code {form}: file {number}", [])
    watched.take("code from standard input", "code", stdin=NOTE.encode(), expect=(0,))
    watched.take("code standard input that is no text", "code", stdin=b"\xff" + NOTE.encode(), expect=(1,))
    watched.take("a day of no release", "code", good, "--date", "1950-01-01", expect=(1,))
    watched.take("no server", "code", good, "--server", "127.0.0.1:1", expect=(2,))
    watched.finish(len(FORMATS) * (len(all_) + 1) + 4)


def test_explanations_and_look_ups(watched: Watched) -> None:
    write = watched.terminal.write
    good = write(f"{MARK}.txt", NOTE)
    bad = {name: write(f"{MARK}-{name}.txt", data) for name, data in BAD.items()}
    for words in ((), ("--json",)):
        watched.take(f"explain {words}", "explain", "I10", "--chart", good, *words)
    watched.take("explain a mark", "explain", MARK[:16], "--chart", good, expect=(0, 2))
    watched.take("explain a long mark", "explain", MARK * 4, "--chart", good, expect=(2,))
    for name, path in bad.items():
        watched.take(f"explain {name}", "explain", "I10", "--chart", path, expect=(2,))
    watched.take("explain nothing", "explain", "I10", "--chart", watched.terminal.folder / MARK, expect=(2,))
    for command in ("lookup", "validate", "translate", "search"):
        watched.take(command, command, MARK, expect=(0, 1))
        watched.take(f"{command} as JSON", command, MARK, "--json", expect=(0, 1))
        watched.take(f"{command} of a long one", command, MARK * 100, expect=(2,))
    watched.finish(22)


def test_claims_good_and_bad(watched: Watched) -> None:
    write = watched.terminal.write
    watched.take("check", "check", write(f"{MARK}.json", json.dumps(CLAIM)), expect=(0, 1))
    for form in ("table", "jsonl"):
        files = []
        for number, (name, claim) in enumerate(BAD_CLAIMS.items()):
            files.append(write(f"{MARK}-{form}-{number}.json", json.dumps(claim)))
            watched.watch.take(f"check {form}: {name}", [])
        for name, text in BAD_JSON.items():
            files.append(write(f"{MARK} {form} {name}.json", text))
            watched.watch.take(f"check {form}: {name}", [])
        missing = watched.terminal.folder / f"{MARK}-none.json"
        watched.take(f"check {form}", "check", *files, missing, "--format", form, expect=(1,))
    lines = "\n".join(json.dumps(claim) for claim in BAD_CLAIMS.values())
    watched.take("check lines", "check", stdin=lines.encode(), expect=(1,))
    watched.finish(len(BAD_CLAIMS) * 2 + 9)


def test_the_log_its_records_proofs_and_exports_and_kept_charts(watched: Watched) -> None:
    folder = watched.terminal.folder
    good = watched.terminal.write(f"{MARK}.txt", NOTE)
    run = watched.take("code", "code", good, "--format", "jsonl")
    record = run.lines[0]["summary"]["audit_record"]
    (folder / "exported").mkdir()
    shown = {
        "show": ("audit", "show", record),
        "verify": ("audit", "verify"),
        "access": ("audit", "access", MARK),
        "status": ("status",),
        "retention show": ("retention", "show"),
        "retention apply": ("retention", "apply"),
        "retention rotate": ("retention", "rotate"),
        "retention delete": ("retention", "delete", MARK),
        "retention prove": ("retention", "prove", MARK),
        "prove": ("audit", "prove", record),
        "export": ("audit", "export"),
        "show a mark": ("audit", "show", MARK),
        "prove a mark": ("audit", "prove", MARK),
        "access to another": ("audit", "access", MARK * 2),
        "verify elsewhere": ("audit", "verify", "--dir", folder / "nowhere"),
    }
    for name, words in shown.items():
        out = watched.take(name, *words, expect=(0, 1, 2)).out
        watched.watch.look(f"the output of {name}", out.replace(MARK * 2, ""))
    watched.finish(len(shown) + 1)


FAULTS: dict[str, Callable[[], BaseException]] = {
    "a fault of ours": lambda: RuntimeError(NOTE),
    "a key that is not there": lambda: KeyError(NOTE),
    "a system error": lambda: OSError(5, NOTE),
    "no memory": lambda: MemoryError(NOTE),
    "an interrupt": KeyboardInterrupt,
    "the log refuses": lambda: AuditError("audit log: cannot write: No space left on device"),
}


@pytest.mark.parametrize("target", ["engine.pipeline.Pipeline.code", "engine.audit.log.AuditLog.append"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_part_that_fails_with_the_chart_in_its_words(
    fault: str, target: str, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FAULTS[fault]()

    monkeypatch.setattr(target, fail)
    good = watched.terminal.write(f"{MARK}.txt", NOTE)
    claim = watched.terminal.write(f"{MARK}.json", json.dumps(CLAIM))
    watched.take("code", "code", good, good, "--format", "jsonl", expect=(1, 2, 130))
    watched.take("explain", "explain", "I10", "--chart", good, expect=(2, 130))
    watched.take("check", "check", claim, expect=(0, 1, 130))
    watched.finish(3)
