"""A store of small tables of edits in the publishers' layouts; codes of services and their pairs are invented."""

from datetime import date
from pathlib import Path

from codesets.edit_importer import read_edits
from codesets.edit_store import EditTables, save_edits
from codesets.store import Releases, save_release
from codesets.types import Node, Note, NoteKind, ReleaseSource, System
from engine.claims.from_json import claim_from
from engine.claims.records import CheckedClaim, ClaimAlert
from engine.edits.payer_rules import RuleSet
from engine.edits.run import ClaimChecker

PTP_HEADER = (
    "CPT only copyright 2023 American Medical Association.  All rights reserved.\t\t\t\t\t\t\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
)
# Column 1, column 2, effective, deletion, indicator: worked by hand in test_ptp.py.
PTP_ROWS = (
    ("U9001", "U9002", "20240101", "*", "0", "More extensive procedure"),
    ("U9001", "U9003", "20240101", "*", "1", "Misuse of Column Two code with Column One code"),
    ("U9003", "U9004", "20200101", "20240331", "0", "Mutually exclusive procedures"),
    ("U9005", "U9006", "20240101", "*", "9", "Sequential procedure"),
    ("U9007", "99213", "20240101", "*", "1", "CPT Manual or CMS manual coding instruction"),
    # Taken back, and in force again.
    ("U9008", "U9009", "20100101", "20151231", "0", "Mutually exclusive procedures"),
    ("U9008", "U9009", "20240401", "*", "0", "Mutually exclusive procedures"),
)
PTP = PTP_HEADER + "".join(f"{a}\t{b}\t\t{c}\t{d}\t{e}\t{f}\n" for a, b, c, d, e, f in PTP_ROWS)
MUE = (
    '"CPT codes, descriptions and other data only are copyright 2023 AMA.\nAll rights reserved.",,,\n'
    '"HCPCS/\nCPT Code","Practitioner Services MUE Values","MUE Adjudication Indicator","MUE Rationale"\n'
    "U9001,2,1 Line Edit,Prescribing Information\n"
    "U9002,2,2 Date of Service Edit: Policy,Anatomic Consideration\n"
    "U9003,3,3 Date of Service Edit: Clinical,Clinical: Data\n"
    "U9004,0,3 Date of Service Edit: Clinical,CMS Policy\n"
)
ADD_ONS = (
    "Add-On Code\tAOC Edit Type\tPrimary Code\tPrimary Code Eff Dt\tPrimary Code Del Dt\n"
    "U9101\t1\tU9001\t20130401\t\n"
    "U9102\t2\tCCCCC\t20130401\t\n"
    "U9103\t3\tU9001\t20130401\t\n"
    "U9103\t3\tCCCCC\t20130401\t\n"
    "U9104\t1\tU9001\t20130401\t20231231\n"
)
MCE_DIAGNOSES = (
    "code\tstart\tend\tflags\n"
    "E119\t20151001\t20270331\tqadm\n"
    "F0280\t20151001\t20270331\tmanifestation\n"
    "J189\t20151001\t20270331\t\n"
    "N859\t20151001\t20240930\tfemale\n"
    "N859\t20241001\t20270331\t\n"
    "O80\t20151001\t20270331\tmaternity\n"
    "P599\t20151001\t20270331\tnewborn\n"
    "Z00129\t20151001\t20270331\tpediatric|unacceptable\n"
    "M810\t20151001\t20270331\tadult\n"
    "M1710\t20151001\t20270331\tunspecified\n"
    "Z5189\t20151001\t20270331\treqsdx|unacceptable\n"
    "Y6551\t20151001\t20270331\tecodepdx|wrngproc\n"
    "Z302\t20161001\t20270331\tncov_z302\n"
    "C9100\t20151001\t20270331\tncov6\n"
    "E1022\t20151001\t20270331\tdiabtypeI\n"
    "Z370\t20151001\t20270331\tdelout|unacceptable\n"
    "B001\t20151001\t20230930\t\n"
)
MCE_PROCEDURES = (
    "code\tstart\tend\tflags\n"
    "0DTJ4ZZ\t20151001\t20270331\t\n"
    "00F3XZZ\t20151001\t20270331\tnoncovered\n"
    "02YA0Z0\t20151001\t20270331\tlcov\n"
    "0U570ZZ\t20161001\t20240930\tfemale|ncov_z302\n"
    "0U570ZZ\t20241001\t20270331\tncov_z302\n"
    "30233AZ\t20151001\t20270331\tncov6\n"
    "0SR20JZ\t20151001\t20270331\tncov12agele60\n"
    "0FYG0Z0\t20151001\t20270331\tlcov|ncov45\n"
    "0TY00Z0\t20151001\t20270331\tkidneyxp|lcov\n"
    "5A1955Z\t20151001\t20270331\tlos\n"
    "10D00Z0\t20181001\t20270331\tcsect\n"
)
PLACES = (
    "pos_code\tpos_type\tpos_name\n"
    "11\tNon-Facility\tOffice\n"
    "21\tFacility\tInpatient Hospital\n"
    "22\tFacility\tOn Campus\n"
    "24\tFacility\tSurgery Centre\n"
)
COVERAGE = (
    "policy\ttitle\tcontractor\tcode\tdiagnosis\tcovered\teffective\tend\n"
    "L1\tImaging\t\tU9201\tJ18.9\tyes\t2020-01-01\t\n"
    "L1\tImaging\t\tU9201\tE11.-\tyes\t2020-01-01\t\n"
    "L1\tImaging\t\tU9201\tE11.65\tno\t2020-01-01\t\n"
    "L2\tTest\t13102\tU9202\tJ18.9\tyes\t2020-01-01\t2024-06-30\n"
    "L3\tTest\t06102\tU9202\tE11.9\tyes\t2020-01-01\t\n"
)
FILES = (
    ("ccipra-v302r0-f1.TXT", PTP),
    ("ccioph-v302r0-f1.TXT", PTP_HEADER + "U9001\tU9003\t\t20240101\t*\t0\tMore extensive procedure\n"),
    ("MCR_MUE_PractitionerServices_Eff_07-01-2024.csv", MUE),
    ("AOC_V2024Q1-MCR.txt", ADD_ONS),
    ("mce_v44_icd10cm.tsv", MCE_DIAGNOSES),
    ("mce_v44_icd10pcs.tsv", MCE_PROCEDURES),
    ("pos_codes_2024.tsv", PLACES),
    ("coverage.tsv", COVERAGE),
)
_CODE_FIRST = (Note(NoteKind.CODE_FIRST, "the underlying condition"),)
DIAGNOSES = (
    Node("E11", "Type 2 diabetes mellitus", "", False),
    Node("E11.9", "Type 2 diabetes mellitus without complications", "E11", True),
    Node("E11.65", "Type 2 diabetes mellitus with hyperglycemia", "E11", True),
    Node("E10.22", "Type 1 diabetes mellitus with diabetic chronic kidney disease", "", True),
    Node("C91.00", "Acute lymphoblastic leukemia not having achieved remission", "", True),
    Node("F02.80", "Dementia in other diseases classified elsewhere, without disturbance", "", True, _CODE_FIRST),
    Node("J18.9", "Pneumonia, unspecified organism", "", True),
    Node("M17.10", "Unilateral primary osteoarthritis, unspecified knee", "", True),
    Node("M17.11", "Unilateral primary osteoarthritis, right knee", "", True),
    Node("M17.12", "Unilateral primary osteoarthritis, left knee", "", True),
    Node("M81.0", "Age-related osteoporosis", "", True),
    Node("N85.9", "Noninflammatory disorder of uterus", "", True),
    Node("O80", "Encounter for full-term uncomplicated delivery", "", True),
    Node("P59.9", "Neonatal jaundice, unspecified", "", True),
    Node("W19.XXXA", "Unspecified fall, initial encounter", "", True),
    Node("Y65.51", "Performance of wrong procedure on correct patient", "", True),
    Node("Z00.129", "Routine child health examination", "", True),
    Node("Z30.2", "Encounter for sterilization", "", True),
    Node("Z37.0", "Single live birth", "", True),
    Node("Z51.89", "Encounter for other specified aftercare", "", True),
)
OLD_ONLY, NEW_ONLY = Node("B00.1", "Herpes, old code", "", True), Node("B00.2", "Herpes, new code", "", True)
_HCPCS_CODES = [*(f"U{n}" for n in range(9001, 9010)), "U9101", "U9102", "U9103", "U9104", "U9201", "U9202", "U9203"]


def make_store(home: Path) -> None:
    """Write tables, two releases of ICD-10-CM and one of HCPCS into a store."""
    for name, table in read_edits(FILES):
        assert name
        save_edits(home, table)
    for version, first, last, nodes in (
        ("2024", date(2023, 10, 1), date(2024, 9, 30), (*DIAGNOSES, OLD_ONLY)),
        ("2025", date(2024, 10, 1), date(2025, 9, 30), (*DIAGNOSES, NEW_ONLY)),
    ):
        save_release(home, ReleaseSource(System.ICD10CM, version, first, last, "made for tests", nodes))
    services = [Node(code, "An invented service", "", True, added=date(2010, 1, 1)) for code in _HCPCS_CODES]
    services += [
        Node("U9301", "Was deleted", "", False, added=date(2010, 1, 1), terminated=date(2024, 6, 30)),
        Node("U9302", "Is to come", "", True, added=date(2024, 9, 1)),
        *(Node(name, "A modifier", "", False) for name in ("GA", "LT", "RT", "TC", "XS")),
        Node("ZZ", "A modifier that was", "", False, terminated=date(2020, 12, 31)),
    ]
    source = ReleaseSource(System.HCPCS, "2024-01", date(2024, 1, 1), None, "made for tests", tuple(services))
    save_release(home, source)


def open_checker(home: Path, rules: RuleSet | None = None) -> ClaimChecker:
    """Open what checks claims against a store."""
    return ClaimChecker(EditTables.open(home), Releases.open(home), rules)


def visit(*lines: object, **facts: object) -> dict[str, object]:
    """Make a professional claim of 2024-08-01 in an office; a line is a code, or the fields of one."""
    made = [line if isinstance(line, dict) else {"code": line} for line in lines]
    return {
        "kind": "PROFESSIONAL",
        "from_date": "2024-08-01",
        "place": "11",
        "diagnoses": ["J18.9"],
        "lines": made,
        **facts,
    }


def stay(*diagnoses: str, **facts: object) -> dict[str, object]:
    """Make an inpatient claim of a woman of 40 years, 2024-08-01 to 2024-08-10."""
    return {
        "bill_type": "0111",
        "from_date": "2024-08-01",
        "through_date": "2024-08-10",
        "sex": "FEMALE",
        "age_years": 40,
        "discharge_status": "01",
        "diagnoses": list(diagnoses),
        **facts,
    }


def check(checker: ClaimChecker, claim: dict[str, object]) -> CheckedClaim:
    """Check a claim that is written as JSON."""
    return checker.check(claim_from(claim))


def alerts(checker: ClaimChecker, claim: dict[str, object]) -> list[ClaimAlert]:
    """Return the alerts on a claim, but for those that say what was not checked."""
    return [a for a in check(checker, claim).alerts if a.kind not in ("not_checked", "table_outdated")]


def said(checker: ClaimChecker, claim: dict[str, object]) -> list[str]:
    """Return the kind and severity of each alert."""
    return [f"{alert.kind} {alert.severity.value}" for alert in alerts(checker, claim)]
