"""Services in a chart's answer: drugs given and the level of the visit, where releases of their systems are loaded."""

import shutil

import pytest

from codesets.importer import import_files
from engine.config import Config
from engine.errors import ReleaseError
from engine.live import Live
from engine.types import Chart, Document, Role, Setting

NOTE = (
    "Follow-up visit.\nAssessment: Left knee pain, hypertension.\n"
    "Plan: Continue lisinopril 10 mg. Today the left knee was injected with 40 mg of Kenalog."
)


def anweb_line(code, title):
    line = f"{code}00100" + "3" + title.ljust(80) + title[:28].ljust(28)
    return line.ljust(268) + "20200101" + "20200101" + " " * 8 + "N" + " " * 27


@pytest.fixture(scope="module")
def billing(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("billing")
    store = shutil.copytree(home, folder / "home")
    anweb = folder / "HCPC2026_JAN_ANWEB.txt"
    rows = [
        anweb_line("J3301", "Injection, triamcinolone acetonide, not otherwise specified, 10 mg"),
        anweb_line("A0080", "A ride in a made-up vehicle"),
    ]
    anweb.write_text("\r\n".join(rows) + "\r\n", encoding="ascii")
    # Made-up words in the layout of the AMA's tab-separated file: no descriptor of CPT is here.
    cpt = folder / "2026_LONGULT.TXT"
    cpt.write_text("".join(f"{code}\tMade-up words for {code}\r\n" for code in ("99202", "99212", "99213", "99214")))
    import_files(store, [anweb, cpt])
    return Live.open(Config(home=store, audit_dir=folder / "audit"))


def code(billing, setting=Setting.OUTPATIENT, **facts):
    return billing.pipeline.code(Chart("c", (Document(NOTE),), setting, **facts))


def test_a_visit_has_its_drugs_with_units_and_its_level(billing):
    coded = code(billing)
    services = [(s.system, s.code, s.units, s.role) for s in coded.suggestions if s.role is Role.PROCEDURE]
    assert services == [("hcpcs", "J3301", 4, Role.PROCEDURE), ("cpt", "99213", 1, Role.PROCEDURE)]
    assert [release.system for release in coded.header.releases] == ["icd10cm", "hcpcs", "cpt"]
    assert [f.mention.text for f in coded.findings if f.codes[0].system == "hcpcs"] == ["40 mg of Kenalog"]
    assert all(s.display for s in coded.suggestions)


def test_findings_are_given_as_they_are_answered(billing):
    given = []
    chart = Chart("c", (Document(NOTE), Document("Toradol. Nothing else.")), Setting.OUTPATIENT)
    coded = billing.pipeline.code(chart, on_findings=given.extend)
    assert given == coded.findings


def test_a_stay_and_a_chart_that_names_other_systems_have_none(billing):
    assert {s.system for s in code(billing, Setting.INPATIENT).suggestions} <= {"icd10cm", "icd10pcs"}
    assert {s.system for s in code(billing, systems=("icd10cm",)).suggestions} == {"icd10cm"}


def test_one_system_alone_may_be_asked_for(billing):
    assert {s.system for s in code(billing, systems=("icd10cm", "hcpcs")).suggestions} == {"icd10cm", "hcpcs"}


def test_without_a_release_a_system_that_is_asked_for_is_refused_with_what_to_import(pipeline):
    with pytest.raises(ReleaseError, match="cpt") as error:
        pipeline.code(Chart("c", (Document(NOTE),), Setting.OUTPATIENT, systems=("cpt",)))
    assert error.value.field == "systems"
    coded = pipeline.code(Chart("c", (Document(NOTE),), Setting.OUTPATIENT))
    assert {s.system for s in coded.suggestions} == {"icd10cm"}
