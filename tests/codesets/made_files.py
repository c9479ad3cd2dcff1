"""Small files made up in the publishers' formats, so that every reader can be tested without the real ones."""

import gzip
import os
from datetime import date
from pathlib import Path

import pytest

from codesets.icd10cm import fiscal_year
from codesets.types import Node, Note, NoteKind, ReleaseSource, System

# Where the real files lie on the machines of the project; a fresh checkout has none of them.
DATA = Path(os.environ.get("CHARTCODER_DATA", Path(__file__).parents[3] / "shared" / "data"))


def real_file(name: str) -> Path:
    """Return a file of the development data; skips the test where there is none."""
    path = DATA / "codesets" / name
    if not path.exists():
        pytest.skip(f"development data is absent: {path} (set CHARTCODER_DATA)")
    return path


def real_text(name: str) -> str:
    """Return the text of a file of the development data, unpacked; skips the test where there is none."""
    data = real_file(name).read_bytes()
    plain = gzip.decompress(data) if name.endswith(".gz") else data
    try:
        return plain.decode("utf-8-sig")
    except UnicodeDecodeError:
        return plain.decode("cp1252", "replace")


TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
  <version>2026</version>
  <introduction><introSection type="title"><title>made up</title></introSection></introduction>
  <chapter>
    <name>1</name>
    <desc>Certain infectious and parasitic diseases (A00-B99)</desc>
    <includes><note>diseases generally recognized as communicable</note></includes>
    <excludes2><note>carrier of infectious disease (Z22.-)</note></excludes2>
    <sectionIndex><sectionRef first="A00" last="A09" id="A00-A09">Intestinal</sectionRef></sectionIndex>
    <section id="A00-A09">
      <desc>Intestinal infectious diseases (A00-A09)</desc>
      <diag><name>A00</name><desc>Cholera</desc>
        <excludes1><note>food poisoning (A05.-)</note><note>typhoid (A01.0-)</note></excludes1>
        <diag><name>A00.0</name><desc>Cholera due to Vibrio cholerae 01, biovar cholerae</desc>
          <inclusionTerm><note>Classical cholera</note></inclusionTerm></diag>
        <diag><name>A00.9</name><desc>Cholera, unspecified</desc></diag>
      </diag>
    </section>
    <section id="B20">
      <desc>Human immunodeficiency virus [HIV] disease (B20)</desc>
      <useAdditionalCode><note>code for all manifestations</note></useAdditionalCode>
      <diag><name>B20</name><desc>Human immunodeficiency virus [HIV] disease</desc>
        <codeFirst><note>HIV complicating pregnancy (O98.7-)</note></codeFirst>
        <codeAlso><note>any <i>other</i>
          condition</note></codeAlso></diag>
    </section>
  </chapter>
  <chapter>
    <name>19</name>
    <desc>Injury (S00-T88)</desc>
    <section id="S80-S89">
      <desc>Injuries to the knee and lower leg (S80-S89)</desc>
      <diag><name>S82</name><desc>Fracture of lower leg</desc>
        <sevenChrNote><note>The appropriate 7th character is to be added</note></sevenChrNote>
        <sevenChrDef>
          <extension char="A">initial encounter</extension>
          <extension char="D">subsequent encounter</extension>
          <extension char="S">sequela</extension>
        </sevenChrDef>
        <diag><name>S82.0</name><desc>Fracture of patella</desc>
          <sevenChrDef><extension char="B">initial, open</extension></sevenChrDef>
          <diag><name>S82.00</name><desc>Unspecified fracture of patella</desc>
            <diag><name>S82.001</name><desc>Unspecified fracture of right patella</desc></diag>
          </diag>
        </diag>
        <diag><name>S82.9</name><desc>Unspecified fracture of lower leg</desc></diag>
      </diag>
    </section>
    <section id="T07">
      <desc>Injuries involving multiple body regions (T07)</desc>
      <diag><name>T07</name><desc>Unspecified multiple injuries</desc>
        <sevenChrDef><extension char="A">initial encounter</extension></sevenChrDef></diag>
    </section>
  </chapter>
</ICD10CM.tabular>
"""

# The nodes that follow from TABULAR by the conventions, worked out by hand: code, whether billable.
TABULAR_NODES = [
    ("1", False), ("A00-A09", False), ("A00", False), ("A00.0", True), ("A00.9", True), ("B20", True),
    ("19", False), ("S80-S89", False), ("S82", False), ("S82.0", False), ("S82.00", False), ("S82.001", False),
    ("S82.001B", True), ("S82.9", False), ("S82.9XXA", True), ("S82.9XXD", True), ("S82.9XXS", True),
    ("T07", False), ("T07.XXXA", True),
]  # fmt: skip

INDEX = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index>
  <version>2026</version>
  <title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>
  <letter><title>C</title>
    <mainTerm><title>Cholera<nemod>(Asiatic) (epidemic)</nemod></title><code>A00.9</code>
      <term level="1"><title>due to</title>
        <term level="2"><title>Vibrio cholerae 01</title><code>A00.0</code></term></term>
      <term level="1"><title>classical</title><code>A00.0</code></term></mainTerm>
    <mainTerm><title>Dementia in</title><code>G30.9</code><manif>F02.80</manif></mainTerm>
    <mainTerm><title>Consumption</title><see>Tuberculosis</see></mainTerm>
    <mainTerm><title>Fracture, traumatic</title><code>S82.-</code><seeAlso>Injury</seeAlso></mainTerm>
  </letter>
</ICD10CM.index>
"""

NEOPLASM = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index>
  <version>2026</version>
  <indexHeading><head col="1">Neoplasm</head><head col="2">Malignant Primary</head></indexHeading>
  <letter><title>N</title>
    <mainTerm><title>Neoplasm, neoplastic</title><cell col="2">C80.1</cell><cell col="3">C79.9</cell>
      <term level="1"><title>skin NOS</title>
        <cell col="2">C44.90</cell><cell col="3">--</cell><cell col="4">-</cell></term>
    </mainTerm>
  </letter>
</ICD10CM.index>
"""

DRUG = NEOPLASM.replace("Malignant Primary", "Poisoning Accidental").replace(
    '<head col="1">Neoplasm</head>', '<head col="1">Substance</head>'
)
EXTERNAL = INDEX.replace("INDEX TO DISEASES and INJURIES", "EXTERNAL CAUSE of INJURIES INDEX")

ADDED = """code\tbillable\tlong_title
A001\t1\tCholera due to biovar eltor
A01\t0\tTyphoid fevers
A010\t1\tTyphoid fever
B201\t1\tHIV-1 disease
"""
REVISED = "code\told_long\tnew_long\nA000\tCholera due to Vibrio cholerae 01, biovar cholerae\tClassical cholera\n"
NO_LONGER_BILLABLE = "A009\nB20\n"


def hcpcs_record(
    code: str, kind: str, text: str, *, short: str = "", added: str = "", terminated: str = "", sequence: str = "00100"
) -> str:
    """Make one line of 320 characters of the contractor record file, by the columns of the CMS layout."""
    head = f"{code:>5}{sequence}{kind}{text:<80}{short:<28}"
    return f"{head:<268}{added:<8}{added:<8}{terminated:<8}N".ljust(320)


HCPCS = "\r\n".join(
    [
        "***Disclaimers\t\t",
        "*Inclusion of a procedure does not imply coverage",
        hcpcs_record(
            "A0080",
            "3",
            "Non-emergency transportation, per mile - vehicle provided by volunteer",
            short="Volunteer",
            added="19820101",
        ),
        hcpcs_record("A0080", "4", "(individual or organization), with no vested interest"),
        hcpcs_record("A4466", "3", "Garment, belt, sleeve", short="Garment", added="20100101", terminated="20161231"),
        hcpcs_record("A9600", "3", "Ends on the first day", added="20100101", terminated="20190101"),
        hcpcs_record(
            "J0120", "3", "Injection, tetracycline, up to 250 mg", short="Tetracyclin injection", added="19860101"
        ),
        hcpcs_record("AA", "7", "Anesthesia services performed personally by", short="Anesthesia", added="19820101"),
        hcpcs_record("AA", "8", "anesthesiologist"),
        "",
    ]
)
HCPCS_NAME = "HCPC2019_CONTR_ANWEB.txt"


def node(code: str, title: str = "", parent: str = "", *, billable: bool = True, notes: tuple[Note, ...] = ()) -> Node:
    """Make a node with a title of its own."""
    return Node(code, title or f"Title of {code}", parent, billable, notes)


def small_release(
    version: str = "2026", nodes: tuple[Node, ...] = (), *, system: System = System.ICD10CM
) -> ReleaseSource:
    """Make a release of a fiscal year; without nodes it has three."""
    first, last = fiscal_year(int(version))
    made = nodes or (
        node("1", billable=False),
        node("A00", parent="1", billable=False, notes=(Note(NoteKind.EXCLUDES1, "food poisoning (A05.-)"),)),
        node("A00.0", "Choléra 😀", parent="A00"),
    )
    return ReleaseSource(system, version, first, last, "made for tests", made)


def open_release(version: str, first: date, last: date | None, system: System = System.HCPCS) -> ReleaseSource:
    """Make a release of one node in force between two days."""
    return ReleaseSource(system, version, first, last, "made for tests", (node(f"A{version[-4:]}"),))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


PCS_NAME = "icd10pcs_order_2026.txt"


def pcs_order(*rows: tuple[str, str, str]) -> str:
    """Write an ICD-10-PCS order file by the CMS layout from (code, short title, long title); three characters head."""
    return "".join(
        f"{number:05} {code:7} {int(len(code) == 7)} {short:60} {long}\n"
        for number, (code, short, long) in enumerate(rows, 1)
    )


_RESECTION = "Resection of {} Kidney, {} Approach"
# A part of four tables: enough for sides, approaches, a bilateral value, contrast and a table without it.
PCS_CODES = (
    ("0TT", "Urinary System, Resection", "Urinary System, Resection"),
    ("0TT00ZZ", "Resection of R Kidney, Open", _RESECTION.format("Right", "Open")),
    ("0TT04ZZ", "Resection of R Kidney, Perc Endo", _RESECTION.format("Right", "Percutaneous Endoscopic")),
    ("0TT10ZZ", "Resection of L Kidney, Open", _RESECTION.format("Left", "Open")),
    ("0TT14ZZ", "Resection of L Kidney, Perc Endo", _RESECTION.format("Left", "Percutaneous Endoscopic")),
    ("0TT20ZZ", "Resection of Bi Kidney, Open", "Resection of Bilateral Kidneys, Open Approach"),
    ("BW2", "Imaging, Anatomical Regions, CT", "Imaging, Anatomical Regions, Computerized Tomography (CT Scan)"),
    ("BW2000Z", "CT Abdomen w H Osm", "Computerized Tomography (CT Scan) of Abdomen using High Osmolar Contrast"),
    ("BW20ZZZ", "CT Abdomen", "Computerized Tomography (CT Scan) of Abdomen"),
    ("BW4", "Imaging, Anatomical Regions, US", "Imaging, Anatomical Regions, Ultrasonography"),
    ("BW40ZZZ", "Ultrasonography of Abdomen", "Ultrasonography of Abdomen"),
)
PCS = pcs_order(*PCS_CODES)
