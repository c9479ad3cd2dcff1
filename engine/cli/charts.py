"""Charts from files and standard input."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.cli.streams import say
from engine.errors import ChartError, ChartTooLargeError, ConfigError
from engine.types import Chart, Document

STDIN = "-"
_FIELD = "documents[0].text"
# What is longer or has line breaks is a note given where its file's name belongs; it must not be repeated in an error.
_MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A file named on the command line, with its chart or why it is none."""

    file: str = field(repr=False)
    chart_id: str = field(repr=False)
    chart: Chart | ChartError | ChartTooLargeError


def read_charts(names: Sequence[str], facts: Chart, *, max_bytes: int) -> Iterator[ChartFile]:
    """Yield a chart for each file ("-" is standard input), with the encounter facts of `facts`.

    Raises ConfigError if standard input is named twice.
    """
    if names.count(STDIN) > 1:
        raise ConfigError("standard input: got - twice, want it once", field="FILE")
    return (_read_chart(name, number, facts, max_bytes) for number, name in enumerate(names or (STDIN,), 1))


def is_typed(names: Sequence[str]) -> bool:
    """Whether a chart comes from the keyboard."""
    return STDIN in (names or (STDIN,)) and sys.stdin.isatty()


def _read_chart(name: str, number: int, facts: Chart, max_bytes: int) -> ChartFile:
    if name == STDIN:
        file, chart_id = STDIN, "stdin"
    elif _is_name(name):
        file, chart_id = _writable(name), _writable(Path(name).stem or name)
    else:
        file = chart_id = f"argument-{number}"
    try:
        text = _decode(_read(name, max_bytes))
    except (ChartError, ChartTooLargeError) as error:
        return ChartFile(file, chart_id, error)
    return ChartFile(file, chart_id, replace(facts, chart_id=chart_id, documents=(Document(text),)))


def _is_name(name: str) -> bool:
    return len(Path(name).name) <= _MAX_NAME and all(c.isprintable() or _is_raw_byte(c) for c in name)


def _is_raw_byte(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"  # how Python reads a file name that is not UTF-8


def _writable(name: str) -> str:
    """Return a file name without the bytes that are no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read(name: str, max_bytes: int) -> bytes:
    try:
        data = _read_stdin(max_bytes + 1) if name == STDIN else _read_file(name, max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ChartError(_unreadable(name, error), field=_FIELD) from None
    if len(data) > max_bytes:
        raise ChartTooLargeError(
            f"documents: got over {max_bytes} bytes, want at most that; split the chart, or raise max_chart_bytes",
            field="documents",
        )
    return data


def _read_stdin(most: int) -> bytes:
    if sys.stdin.isatty():
        say("reading a chart from the terminal; end it with Ctrl-D")
    return sys.stdin.buffer.read(most)


def _read_file(name: str, most: int) -> bytes:
    with Path(name).open("rb") as file:
        return file.read(most)


def _unreadable(name: str, error: OSError | ValueError) -> str:
    if not (_is_name(name) or isinstance(error, PermissionError)):
        return "file: got text where a file's name belongs, want a name; give text by a pipe: `... | chartcoder code -`"
    # Not the file's name: it may be the patient's. Which file it is, its place and its line on standard output tell.
    if isinstance(error, IsADirectoryError):
        return "file: is a folder, want a file; for all notes in it name them: FOLDER/*.txt"
    return f"file: {getattr(error, 'strerror', None) or 'cannot be read'}"


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ChartError(
            f"{_FIELD}: got a byte that is not UTF-8 at {error.start}, want UTF-8 text"
            " (`iconv -f WINDOWS-1252 -t UTF-8` turns old Windows text into it)",
            field=_FIELD,
        ) from None
