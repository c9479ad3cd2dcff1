"""Translations and crosswalks in messages."""

from math import isfinite
from typing import Any

from codesets.crosswalk import MapRelease, Relationship
from codesets.errors import UnknownCodeError
from codesets.map_rules import PatientFacts
from codesets.mapping import MapOption
from codesets.translate import Translation, TranslationKind
from codesets.types import System
from codesets.validate import CodeTitle
from engine.pb.chartcoder.v1 import codeset_pb2 as pb
from engine.pb.chartcoder.v1 import types_pb2
from engine.server.convert import enum_numbers
from engine.server.status import to_status
from engine.server.validate import Checker

_MAX_AGE_YEARS = 150
_SEXES = {types_pb2.Sex.SEX_FEMALE: "female", types_pb2.Sex.SEX_MALE: "male"}
_KINDS = enum_numbers(
    pb.TranslationKind, tuple(k for k in TranslationKind if k is not TranslationKind.UNKNOWN), "TRANSLATION_KIND"
)
_NAMES = tuple(one.name for one in Relationship)
_RELATIONSHIPS = enum_numbers(pb.ConceptRelationship, _NAMES, "CONCEPT_RELATIONSHIP")


def facts_from(checker: Checker, request: pb.TranslateCodeRequest) -> PatientFacts:
    """Return what the request says of the patient."""
    age = request.age_years if request.HasField("age_years") else None
    is_age = age is None or (isfinite(age) and 0 <= age <= _MAX_AGE_YEARS)
    checker.want("age_years", is_age, f"got {age}, want 0 to {_MAX_AGE_YEARS}")
    return PatientFacts(age if is_age else None, _SEXES.get(request.sex, ""))


def put_translation(to: pb.Translation, translation: Translation, source: System) -> None:
    """Fill in what became of a code."""
    to.asked = translation.asked
    if translation.kind is TranslationKind.UNKNOWN:
        error = UnknownCodeError(f"code: got another one, want a code of {source.value} as loaded")
        to.error.CopyFrom(to_status(error))
        return
    to.kind = _KINDS[translation.kind]
    put_titles(to.targets, translation.targets)
    for option in translation.options:
        _put_option(to.options.add(), option)


def _put_option(to: pb.TranslationOption, option: MapOption) -> None:
    to.relationship = _RELATIONSHIPS[option.relationship.name]
    to.scenario = option.scenario
    to.advice.extend(option.advice)
    for part in option.parts:
        choices = to.parts.add().choices
        for one in part.choices:
            choices.add(code=one.code, title=one.title, note=one.note)


def put_map_source(to: pb.MapSource, release: MapRelease) -> None:
    """Fill in where a crosswalk comes from."""
    to.kind = release.kind.value
    to.source_system, to.target_system = release.source_system.value, release.target_system.value
    to.version, to.source = release.version, release.source
    to.content_hash, to.code_count = release.content_hash, release.code_count


def put_titles(to: Any, titles: tuple[CodeTitle, ...]) -> None:
    """Fill in codes with their titles."""
    for item in titles:
        to.add(code=item.code, title=item.title)
