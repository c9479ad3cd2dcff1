"""The engine as it stands now: releases, dictionaries and the pipeline over them, opened together.

What is compiled from packages is compiled on first use and found again afterwards; opening what is there takes
milliseconds, since snapshots and dictionaries are mapped, not read.
"""

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from codesets.edit_store import EditTables
from codesets.edit_table import EditKind
from codesets.icd10pcs import packaged_codes, read_packaged
from codesets.index import index_files
from codesets.lexicon.abbreviations import inventory_hash, read_abbreviations
from codesets.packaged_icd9 import build_packaged_icd9, packaged_folder
from codesets.search_open import compile_search, has_search
from codesets.store import Releases, build_packaged, save_release
from codesets.types import System
from engine.audit.log import AuditLog
from engine.billing import ServiceTools
from engine.config import Config
from engine.context.cues import CueTable
from engine.context.scope import ContextReader
from engine.edits.payer_rules import FOLDER as PAYER_RULES
from engine.edits.payer_rules import read_rules
from engine.edits.run import ClaimChecker
from engine.errors import ArtifactError, ConfigError
from engine.match.abbreviations import read_entries
from engine.match.disambiguate import AbbreviationReader
from engine.match.mentions import MentionFinder
from engine.match.procedure_terms import PATTERNS, make_procedure_dictionary, procedure_dictionary_path
from engine.match.recipe import Ingredients, dictionary_path, make_dictionary
from engine.match.reread import Rereader
from engine.pipeline import Pipeline
from engine.procedures.read import ProcedureReader
from engine.queries.words import WORDS
from engine.rank.candidates import CandidateMaker
from engine.rank.document_ranker import FOLDER, DocumentRanker
from engine.rank.hints import HINTS
from engine.rank.score import LinearRanker
from engine.reading import ProcedureTools, ReleaseTools
from engine.routing.read import read_policy
from engine.rules.user import open_rules
from engine.services.drug_codes import DrugIndex
from engine.shadow import Comparison, Shadow
from engine.types import Chart, Document
from engine.vault.keys import open_keys
from engine.vault.store import Vault

Progress = Callable[[str], None]
# Told when a swap is decided, with the comparison, None where there was none.
OnSwapped = Callable[[Comparison | None], None]
Coder = Pipeline | Shadow
# Touches every table: a heading, a past condition, a relative's, an injury, a symptom beside its disease.
_WARM_UP = Chart(
    "warm-up",
    (
        Document(
            "PAST MEDICAL HISTORY: history of breast cancer, s/p fall with closed fracture of the left wrist.\n"
            "FAMILY HISTORY: Mother had diabetes. Denies fever.\nASSESSMENT: Acute bronchitis with cough, asthma."
        ),
    ),
)
# Objects made before the collector looks at the youngest, and rounds before it looks at the next: the engine makes no
# cycles, and by the default (700, 10, 10) a third of a long chart's time goes into looking for some.
_GC_THRESHOLDS = (20_000, 20, 100)
_MOST_CODES = 16_384


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a store holds: its releases, and the dictionary file of each version of ICD-10-CM and of ICD-10-PCS."""

    releases: Releases
    dictionaries: dict[str, Path]
    procedures: dict[str, Path]


def build(home: Path, *, progress: Progress = _silent, again: bool = False, without: Sequence[str] = ()) -> Compiled:
    """Compile what is missing in a store (or all of it `again`): the packaged release, dictionaries, search indexes.

    `progress` is told each step that takes seconds; `without` names sources of terms to leave out of dictionaries.
    Raises SnapshotError on a snapshot that cannot be used, and ArtifactError if the store cannot be written.
    """
    try:
        return _build(home, progress, again, without)
    except OSError as error:
        raise ArtifactError(f"store {home}: cannot be written: {error.strerror}; want a folder with room") from None


def _build(home: Path, progress: Progress, again: bool, without: Sequence[str]) -> Compiled:
    releases = Releases.open(home)
    if again or not releases.snapshots(System.ICD10CM):
        progress("reading the ICD-10-CM tabular list")
        build_packaged(home)
        releases = Releases.open(home)
    codes = packaged_codes()
    if codes is not None and not releases.snapshots(System.ICD10PCS):
        progress("reading the ICD-10-PCS list of codes")
        save_release(home, read_packaged(codes))
        releases = Releases.open(home)
    old = packaged_folder()
    if old is not None and not releases.snapshots(System.ICD9CM):
        progress("reading ICD-9-CM and its mappings")
        build_packaged_icd9(home, old)
        releases = Releases.open(home)
    cues = CueTable.load().phrases
    dictionaries: dict[str, Path] = {}
    for snapshot in releases.snapshots(System.ICD10CM):
        given = Ingredients(cues, (*HINTS, *WORDS), index_files(home, snapshot.release), without)
        path = dictionary_path(home, snapshot, given)
        if again or not path.exists():
            progress(f"compiling the dictionary of ICD-10-CM {snapshot.release.version}")
            make_dictionary(path, snapshot, given)
        dictionaries[snapshot.release.version] = path
    procedures: dict[str, Path] = {}
    for snapshot in releases.snapshots(System.ICD10PCS):
        path = procedure_dictionary_path(home, snapshot)
        if again or not path.exists():
            progress(f"compiling the dictionary of ICD-10-PCS {snapshot.release.version}")
            make_procedure_dictionary(path, snapshot)
        procedures[snapshot.release.version] = path
    for snapshot in (snapshot for system in releases.systems() for snapshot in releases.snapshots(system)):
        if again or not has_search(snapshot):
            progress(f"compiling the search index of {snapshot.release.system} {snapshot.release.version}")
            compile_search(snapshot)
    return Compiled(releases, dictionaries, procedures)


def open_vault(config: Config) -> Vault | None:
    """Open the store of kept charts; None where no keys are set.

    Raises VaultError, and ConfigError where charts are to be kept without keys.
    """
    if not config.vault_keys:
        if config.keep_charts:
            raise ConfigError(
                "setting vault_keys: got none, want where the keys of kept charts are", field="vault_keys"
            )
        return None
    return Vault(config.vault_dir or config.home / "vault", open_keys(config.vault_keys))


def open_audit_log(config: Config) -> AuditLog:
    """Open this process's audit log; raises AuditError if it cannot record."""
    return AuditLog(config.audit_directory, key_file=config.audit_key, witness=config.audit_witness)


class Live:
    """The open engine. `pipeline` codes charts, `releases` answers look-ups.

    `coder` is the pipeline as a server uses it. Whoever codes a chart takes it once for the whole of it: a swap puts
    another in its place.
    """

    def __init__(self, config: Config, compiled: Compiled) -> None:
        self.config = config
        self.releases = compiled.releases
        self.edits = EditTables.open(config.home)
        self._dictionaries = compiled.dictionaries
        self._tools: dict[str, ReleaseTools] = {}
        self._procedure_dictionaries = compiled.procedures
        self._procedure_tools: dict[str, ProcedureTools] = {}
        self._service_tools: dict[tuple[System, str], ServiceTools] = {}
        self._is_new_in = lru_cache(_MOST_CODES)(compiled.releases.is_new)
        # What the server codes with: the pipeline, or one with a candidate beside it.
        self.pipeline = self._make_pipeline(config)
        self.coder: Coder = self.pipeline
        self._swapping = threading.Lock()

    def models(self) -> dict[str, str]:
        """Return the hashes of what `swap` may replace, by name."""
        return dict(self.pipeline.replaceable)

    def _make_pipeline(self, config: Config) -> Pipeline:
        has_document, has_rates = "document" not in config.without, "priors" not in config.without
        ranker = DocumentRanker.open(config.ranker or FOLDER, has_rates=has_rates) if has_document else None
        return self.pipeline_with(ranker, config)

    def pipeline_with(self, documents: DocumentRanker | None, config: Config | None = None) -> Pipeline:
        """Return a pipeline over this store that ranks with a document ranker, or with mentions' own scores alone."""
        config = config or self.config
        has_document, has_rates = "document" not in config.without, "priors" not in config.without
        rules, rules_hash = open_rules(config.rules)
        return Pipeline(
            self._tools_on,
            context=ContextReader(CueTable.load()),
            ranker=LinearRanker(has_priors=has_rates and not has_document),
            documents=documents,
            procedures_on=self._procedures_on,
            services_on=self._services_on,
            edits=self.edits,
            systems=config.systems,
            max_chart_bytes=config.max_chart_bytes,
            without=config.without,
            rules=rules,
            rules_hash=rules_hash,
            policy=read_policy(config.routing_policy),
            is_new_in=self._is_new_in,
        )

    def swap(self, config: Config, *, on_done: OnSwapped = lambda _: None) -> None:
        """Code with the ranker and the policy that a config names, whole charts at a time.

        With `shadow_charts` both code so many charts first, and the candidate stays out if it fails on one. `on_done`
        is told when it is decided, with the comparison (None: there was none). Raises ArtifactError or PolicyError on
        what cannot be used; then everything stays as it is.
        """
        candidate = self._make_pipeline(config)
        candidate.code(_WARM_UP)  # a model that loads but cannot code goes no further
        with self._swapping:
            if isinstance(self.coder, Shadow):
                self.coder.stop()
                self.coder = self.pipeline
            if config.shadow_charts:
                self.coder = Shadow(
                    self.pipeline,
                    candidate,
                    charts=config.shadow_charts,
                    on_done=lambda comparison: self._decide(config, candidate, comparison, on_done),
                )
                return
            self._serve_with(config, candidate)
        on_done(None)

    def _decide(self, config: Config, candidate: Pipeline, comparison: Comparison, on_done: OnSwapped) -> None:
        with self._swapping:
            if comparison.failed:
                self.coder = self.pipeline
            else:
                self._serve_with(config, candidate)
        on_done(comparison)

    def _serve_with(self, config: Config, pipeline: Pipeline) -> None:
        self.config, self.pipeline, self.coder = config, pipeline, pipeline

    @classmethod
    def open(cls, config: Config, *, progress: Progress = _silent) -> "Live":
        """Open the engine, compiling first what was never compiled.

        Raises SnapshotError or ArtifactError on compiled files that cannot be used, PolicyError on a routing policy.
        """
        live = cls(config, build(config.home, progress=progress, without=config.without))
        live._tools_on(None)
        live.edits.releases(EditKind.MCE_DIAGNOSES)  # which every chart is checked against
        return live

    def warm_up(self) -> None:
        """Read the tables that the first chart would wait for, and set the garbage collector for serving.

        For a process that goes on to serve: what is open by now leaves the collector's rounds for good.
        """
        self.pipeline.code(_WARM_UP)
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)

    def problem(self) -> str:
        """Return what is missing to code charts, "" if nothing is."""
        compiled = (*self._dictionaries.values(), *self._procedure_dictionaries.values())
        missing = sum(not path.exists() for path in compiled)
        return f"dictionaries: {missing} of {len(compiled)} are missing; `chartcoder codesets build` makes them" * bool(
            missing
        )

    def claim_checker(self) -> ClaimChecker:
        """Return what checks claims; raises ConfigError on a file of payer rules that is wrong."""
        return ClaimChecker(self.edits, self.releases, read_rules(self.config.home / PAYER_RULES))

    def audit_log(self) -> AuditLog:
        """Open this process's audit log; raises AuditError if it cannot record."""
        return open_audit_log(self.config)

    def _tools_on(self, day: date | None) -> ReleaseTools:
        snapshot = self.releases.release(System.ICD10CM, day)
        version = snapshot.release.version
        tools = self._tools.get(version)
        if tools is None:
            finder = MentionFinder(self._dictionaries[version])
            reader = AbbreviationReader(
                read_entries(read_abbreviations(System.ICD10CM), snapshot),
                code_at=snapshot.code_at,
                find=lambda text: finder.find(text).spans,
                content_hash=inventory_hash(System.ICD10CM),
            )
            rereader = Rereader(snapshot.codes(), lambda text: finder.find(text).spans)
            tools = ReleaseTools(snapshot, finder, reader, rereader, CandidateMaker(snapshot))
            self._tools[version] = tools
        return tools

    def _services_on(self, system: System, day: date | None) -> ServiceTools:
        snapshot = self.releases.release(system, day)
        key = (system, snapshot.release.version)
        tools = self._service_tools.get(key)
        if tools is None:
            codes = (snapshot.code_at(number) for number in range(len(snapshot)) if snapshot.billable_at(number))
            drugs = DrugIndex((code, snapshot.title(code)) for code in codes) if system is System.HCPCS else None
            tools = self._service_tools[key] = ServiceTools(snapshot, drugs)
        return tools

    def _procedures_on(self, day: date | None) -> ProcedureTools:
        snapshot = self.releases.release(System.ICD10PCS, day)
        version = snapshot.release.version
        tools = self._procedure_tools.get(version)
        if tools is None:
            finder = MentionFinder(self._procedure_dictionaries[version])
            reader = ProcedureReader(snapshot, finder.about[PATTERNS])
            tools = self._procedure_tools[version] = ProcedureTools(snapshot, finder, reader)
        return tools
