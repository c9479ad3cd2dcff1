"""The engine as it stands now: releases, dictionaries and the pipeline over them, opened together.

What is compiled from packages is compiled on first use and found again afterwards; opening what is there takes
milliseconds, since snapshots and dictionaries are mapped, not read.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from codesets.icd10pcs import packaged_codes, read_packaged
from codesets.index import index_files
from codesets.lexicon.abbreviations import inventory_hash, read_abbreviations
from codesets.search_open import compile_search, has_search
from codesets.store import Releases, build_packaged, save_release
from codesets.types import System
from engine.audit.log import AuditLog
from engine.config import Config
from engine.context.cues import CueTable
from engine.context.scope import ContextReader
from engine.errors import ArtifactError
from engine.match.abbreviations import read_entries
from engine.match.disambiguate import AbbreviationReader
from engine.match.mentions import MentionFinder
from engine.match.procedure_terms import PATTERNS, make_procedure_dictionary, procedure_dictionary_path
from engine.match.recipe import Ingredients, dictionary_path, make_dictionary
from engine.pipeline import Pipeline
from engine.procedures.read import ProcedureReader
from engine.rank.candidates import CandidateMaker
from engine.rank.document_ranker import FOLDER, DocumentRanker
from engine.rank.hints import HINTS
from engine.rank.score import LinearRanker
from engine.reading import ProcedureTools, ReleaseTools
from engine.types import Chart, Document

Progress = Callable[[str], None]
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
    cues = CueTable.load().phrases
    dictionaries: dict[str, Path] = {}
    for snapshot in releases.snapshots(System.ICD10CM):
        given = Ingredients(cues, HINTS, index_files(home, snapshot.release), without)
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


def open_audit_log(config: Config) -> AuditLog:
    """Open this process's audit log; raises AuditError if it cannot record."""
    return AuditLog(config.audit_directory, key_file=config.audit_key, witness=config.audit_witness)


class Live:
    """The open engine. `pipeline` codes charts; `releases` answers look-ups."""

    def __init__(self, config: Config, compiled: Compiled) -> None:
        self.config = config
        self.releases = compiled.releases
        self._dictionaries = compiled.dictionaries
        self._tools: dict[str, ReleaseTools] = {}
        self._procedure_dictionaries = compiled.procedures
        self._procedure_tools: dict[str, ProcedureTools] = {}
        has_rates = "priors" not in config.without
        self.pipeline = self.pipeline_with(
            None if "document" in config.without else DocumentRanker.open(config.ranker or FOLDER, has_rates=has_rates)
        )

    def pipeline_with(self, documents: DocumentRanker | None) -> Pipeline:
        """Return a pipeline over this store that ranks with a document ranker, or with mentions' own scores alone."""
        config = self.config
        return Pipeline(
            self._tools_on,
            context=ContextReader(CueTable.load()),
            ranker=LinearRanker(has_priors="document" in config.without and "priors" not in config.without),
            documents=documents,
            procedures_on=self._procedures_on,
            systems=config.systems,
            max_chart_bytes=config.max_chart_bytes,
            without=config.without,
        )

    @classmethod
    def open(cls, config: Config, *, progress: Progress = _silent) -> "Live":
        """Open the engine, compiling first what was never compiled.

        Raises SnapshotError or ArtifactError on compiled files that cannot be used.
        """
        live = cls(config, build(config.home, progress=progress, without=config.without))
        live._tools_on(None)
        return live

    def warm_up(self) -> None:
        """Read the tables that the first chart would wait for, and set the garbage collector for serving.

        For a process that goes on to serve: what is open by now leaves the collector's rounds for good.
        """
        self.pipeline.code(_WARM_UP)
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)

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
            tools = self._tools[version] = ReleaseTools(snapshot, finder, reader, CandidateMaker(snapshot))
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
