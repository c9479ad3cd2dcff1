"""A store with a small release of every code system and maps between them, made in the publishers' own layouts."""

from datetime import date
from pathlib import Path

from codesets.importer import import_files
from codesets.store import save_release
from codesets.types import Node, ReleaseSource, System

GEM_BACK = "E1152   25070 10111\nE1152   7854  10112\nE119    25000 10000\nR29700  NoDx  11000\n"
GEM = "25000 E119    10000\n25070 E1152   10000\n0010  A000    00000\n"
TITLES = "0010  Cholera due to first\n25000 Sugar, plain\n25070 Sugar with vessels\n7854  Gangrene\n"
PCS = (
    "00001 0TT     0 {0:60} Urinary System, Resection\n"
    "00002 0TT00ZZ 1 {0:60} Resection of Right Kidney, Open Approach\n"
    "00003 0TT04ZZ 1 {0:60} Resection of Right Kidney, Percutaneous Endoscopic Approach\n"
).format("Short")
TABLES = """<ICD10PCS.tabular><version>2026</version><pcsTable>
<axis pos="1"><title>Section</title><label code="0">Medical and Surgical</label></axis>
<axis pos="2"><title>Body System</title><label code="T">Urinary System</label></axis>
<axis pos="3"><title>Operation</title><label code="T">Resection</label><definition>All out</definition></axis>
<pcsRow><axis pos="4"><title>Body Part</title><label code="0">Kidney, Right</label></axis>
<axis pos="5"><title>Approach</title><label code="0">Open</label><label code="4">By scope</label></axis>
<axis pos="6"><title>Device</title><label code="Z">No Device</label></axis>
<axis pos="7"><title>Qualifier</title><label code="Z">No Qualifier</label></axis></pcsRow>
</pcsTable></ICD10PCS.tabular>"""
DEFINITIONS = """<ICD10PCS.definitions><version>2026</version><section code="0"><title>Medical and Surgical</title>
<axis pos="4"><title>Body Part</title><terms><title>Kidney, Right</title><includes>Renal bean</includes></terms></axis>
</section></ICD10PCS.definitions>"""
_RF2 = (
    "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\tmapGroup\tmapPriority\tmapRule\tmapAdvice\t"
    "mapTarget\tcorrelationId\tmapCategoryId\n"
)
_CHILD = "IFA 445518008 | Age at onset of clinical finding (observable entity) | < 18.0 years"
_SNOMED = "\t20260301\t1\t900000000000207008\t6011000124106\t44054006\t1\t"
RULES = (
    f"{_RF2}a{_SNOMED}1\t{_CHILD}\tIF CHILD CHOOSE A00.0\tA00.0\t447561005\t447637006\n"
    f"b{_SNOMED}2\tOTHERWISE TRUE\tALWAYS E11.9\tE11.9\t447561005\t447637006\n"
)


def hcpcs_line(code: str, kind: str, text: str, ended: str = "") -> str:
    """Make a record of the contractor file: coverage D, added in 2020."""
    line = f"{code:>5}00100{kind}{text:<80}{'Short':<28}"
    return f"{f'{line:<229}D':<268}2020010120200101{ended:<8}N".ljust(320) + "\n"


HCPCS = hcpcs_line("J0120", "3", "Injection of something") + hcpcs_line("NU", "7", "New equipment", "20260630")


def make_systems(home: Path, downloads: Path) -> None:
    """Write the releases and maps into a store, by way of files in a folder."""
    first, last = date(2025, 10, 1), date(2026, 9, 30)
    codes = {
        "A00.0": "Cholera one",
        "E11.52": "Sugar with vessels and gangrene",
        "E11.9": "Sugar",
        "R29.700": "Score 0",
    }
    nodes = tuple(Node(code, title, "", billable=True) for code, title in codes.items())
    save_release(home, ReleaseSource(System.ICD10CM, "2026", first, last, "made for tests", nodes))
    files = {
        "2018_I10gem.txt": GEM_BACK,
        "2018_I9gem.txt": GEM,
        "CMS32_DESC_LONG_DX.txt": TITLES,
        "icd10pcs_order_2026.txt": PCS,
        "icd10pcs_tables_2026.xml": TABLES,
        "icd10pcs_definitions_2026.xml": DEFINITIONS,
        "Map.txt": RULES,
        "HCPC2026_JAN_ANWEB.txt": HCPCS,
    }
    for name, text in files.items():
        (downloads / name).write_text(text, encoding="utf-8")
    import_files(home, [downloads / name for name in files])
