"""`chartcoder translate`: codes carried to another system or release, as TranslateCode does."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import click

from codesets.crosswalk import MapRelease
from codesets.map_rules import PatientFacts
from codesets.mapping import MapOption, MapPart
from codesets.translate import Translation, TranslationKind
from codesets.translate import translate as translate_codes
from codesets.types import System
from engine.cli.failures import SOME_FAILED
from engine.cli.lookup import check_lengths
from engine.cli.settings import SYSTEMS, json_option, open_releases, read_day
from engine.cli.streams import write_line
from engine.config import Config

_WITHOUT_TARGET = {
    TranslationKind.UNKNOWN: "not a code of the source system as loaded",
    TranslationKind.NO_MAP: "the map says that there is no code for it",
    TranslationKind.UNMAPPED: "the map does not have it",
}
_DAY = "YYYY-MM-DD"


@click.command(short_help="Carry codes to another system or release.")
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option(
    "--from", "source", type=click.Choice(SYSTEMS), default="icd10cm", show_default=True, help="Their system."
)
@click.option("--to", "target", type=click.Choice(SYSTEMS), help="System wanted. [default: the same]")
@click.option("--from-date", "source_day", type=read_day, metavar=_DAY, help="Day on which the codes were in force.")
@click.option("--to-date", "target_day", type=read_day, metavar=_DAY, help="Day on which the answers are to be.")
@click.option("--age", "age_years", type=click.FloatRange(0, 150), help="Patient's age in years (SNOMED CT rules).")
@click.option("--sex", type=click.Choice(("female", "male")), help="Patient's sex (SNOMED CT rules).")
@json_option
@click.pass_obj
def translate(
    config: Config,
    codes: tuple[str, ...],
    source: str,
    target: str | None,
    source_day: date | None,
    target_day: date | None,
    age_years: float | None,
    sex: str | None,
    as_json: bool,
) -> None:
    """Carry codes to another system by an imported crosswalk, or to another release of their own system.

    \b
    chartcoder translate 250.70 --from icd9cm --to icd10cm
    chartcoder translate E11.52 --to icd9cm
    chartcoder translate R51 --from-date 2020-01-01
    chartcoder translate 73211009 --from snomedct --to icd10cm --age 7 --sex female

    Codes joined by + are reported together; each line of an option is one of them, its choices separated by |. Exit
    status 1 if a code has no target.
    """
    check_lengths(codes)
    system = System(source)
    made = translate_codes(
        open_releases(config),
        codes,
        source=system,
        target=System(target) if target else system,
        source_day=source_day,
        target_day=target_day,
        facts=PatientFacts(age_years, sex or ""),
    )
    for translation in made.translations:
        if as_json:
            write_line(
                json.dumps({**asdict(translation), "maps": [asdict(one) for one in made.maps]}, ensure_ascii=False)
            )
        else:
            for line in _lines(translation):
                write_line(line)
    for one in () if as_json else made.maps:
        write_line(map_line(one))
    if any(translation.kind in _WITHOUT_TARGET for translation in made.translations):
        raise click.exceptions.Exit(SOME_FAILED)


def _lines(translation: Translation) -> Iterator[str]:
    said = _WITHOUT_TARGET.get(translation.kind, "")
    yield f"{translation.asked:12} {translation.kind.value:10} {said}".rstrip()
    if not translation.options:
        yield from (f"    {target.code:10} {target.title}".rstrip() for target in translation.targets)
    for option in translation.options:
        yield from _option_lines(option)


def _option_lines(option: MapOption) -> Iterator[str]:
    advice = f"  ({'; '.join(option.advice)})" if option.advice else ""
    yield f"  {option.relationship.value}{f', scenario {option.scenario}' if option.scenario else ''}{advice}"
    for number, part in enumerate(option.parts):
        yield f"  {'+ ' if number else '  '}{_part(part)}"


def _part(part: MapPart) -> str:
    return " | ".join(
        f"{one.code} {one.title}".rstrip() + (f" [{one.note}]" if one.note else "") for one in part.choices
    )


def map_line(release: MapRelease) -> str:
    """Return a line that says where a crosswalk comes from."""
    pair = f"{release.source_system.value} to {release.target_system.value}"
    return (
        f"map       {release.version:8} {pair:24} {release.code_count:7} codes    {release.content_hash[:12]}  "
        f"{release.kind.value}: {release.source}"
    )
