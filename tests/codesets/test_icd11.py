"""ICD-11: the simple tabulation, WHO's maps, and clusters taken apart and checked."""

from datetime import date
from pathlib import Path

import pytest
from made_files import real_file, real_text

from codesets.claim_lines import validate_lines
from codesets.crosswalk import CrosswalkSource, Relationship
from codesets.errors import SourceError
from codesets.icd11 import Stem, is_cluster, looks_like, parse_cluster, read_tabulation
from codesets.icd11_maps import Equivalents, read_map, with_equivalents
from codesets.icd11_maps import looks_like as looks_like_map
from codesets.importer import import_files
from codesets.search import search_codes
from codesets.store import Releases, save_release
from codesets.types import System
from codesets.validate import CodeStatus

HEAD = (
    "Foundation URI\tLinearization URI\tCode\tBlockId\tTitle\tClassKind\tDepthInKind\tIsResidual\tChapterNo\t"
    "BrowserLink\tisLeaf\tPrimary tabulation\tGrouping1\tGrouping2\tGrouping3\tGrouping4\tGrouping5\t"
    "Version:2024 Jan 21 - 22:30 UTC\r\n"
)


def entity(
    kind: str, title: str, *, code: str = "", block: str = "", chapter: str = "01", leaf: bool = False, uri: str = "u"
) -> str:
    cells = (
        "f",
        uri,
        code,
        block,
        f'"{title}"',
        kind,
        "1",
        "False",
        chapter,
        '"=hyperlink(""x"",""browser"")"',
        str(leaf),
    )
    return "\t".join((*cells, "", "", "", "", "", "")) + "\r\n"


TABULATION = (
    "\ufeff"
    + HEAD
    + entity("chapter", "Infections")
    + entity("block", "- Gut infections", block="BlockL1-1A0")
    + entity("category", "- - Cholera", code="1A00", leaf=True)
    + entity("category", "- - Salmonella", code="1A09")
    + entity("category", "- - - Salmonella enteritis", code="1A09.0", leaf=True)
    + entity("block", "- Other", uri="http://id.who.int/77")
    + entity("category", "- - Something", code="1B00", leaf=True)
    + entity("chapter", "Extension Codes", chapter="X")
    + entity("category", "- First germ", code="XN8P1", chapter="X", leaf=True)
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    home = tmp_path_factory.mktemp("icd11")
    save_release(home, read_tabulation(TABULATION, name="tabulation.txt"))
    return Releases.open(home)


def test_entities_have_their_place_by_the_dashes_of_their_titles() -> None:
    assert looks_like(TABULATION)
    read = read_tabulation(TABULATION, name="tabulation.txt")
    assert (read.version, read.effective_from, read.effective_to) == ("2024-01", date(2024, 1, 1), None)
    assert [(node.code, node.title, node.parent, node.billable) for node in read.nodes] == [
        ("01", "Infections", "", False),
        ("BlockL1-1A0", "Gut infections", "01", False),
        ("1A00", "Cholera", "BlockL1-1A0", True),
        ("1A09", "Salmonella", "BlockL1-1A0", False),
        ("1A09.0", "Salmonella enteritis", "1A09", True),
        ("Block-77", "Other", "01", False),
        ("1B00", "Something", "Block-77", True),
        ("X", "Extension Codes", "", False),
        ("XN8P1", "First germ", "X", False),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABULATION.replace("Version:2024 Jan 21 - 22:30 UTC", "Version"), "without its edition"),
        (TABULATION + entity("category", "- - Again", code="1A00"), "code 1A00: got it twice"),
        (TABULATION + entity("category", "- - - - - Deep", code="1C00"), "at most a level below the last"),
        (TABULATION + entity("category", "- Odd", code="1A"), "code: got '1A'"),
        (TABULATION + entity("window", "- Odd"), "ClassKind: got 'window'"),
        (TABULATION + "f\tu\t1C00\n", "got 3 cells"),
        ("\ufeff" + HEAD + entity("chapter", "Infections"), "no category that may be coded"),
        ("\ufeff" + HEAD, "no category that may be coded"),
    ],
)
def test_a_wrong_tabulation_is_refused(text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_tabulation(text, name="tabulation.txt")


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("1A00", (Stem("1A00"),)),
        ("1a00&xn8p1", (Stem("1A00", ("XN8P1",)),)),
        ("1A09.Y/FA11.Y", (Stem("1A09.Y"), Stem("FA11.Y"))),
        ("NC72.2&XK8G&XJ1C6/PB50", (Stem("NC72.2", ("XK8G", "XJ1C6")), Stem("PB50"))),
    ],
)
def test_a_cluster_is_taken_apart(text: str, stems: tuple[Stem, ...]) -> None:
    assert parse_cluster(text) == stems
    assert is_cluster(text) is (len(text) > 4)


@pytest.mark.parametrize("text", ["", "&", "1A00&", "/1A00", "1A00//1A01", "1A00&XN 8", "\0", "1A00" + "&XN8P1" * 40])
def test_what_is_no_cluster_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cluster: got"):
        parse_cluster(text)


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("1A00", CodeStatus.VALID, "valid"),
        ("1A00&XN8P1", CodeStatus.VALID, "valid cluster"),
        ("1a09.0/1a00&xn8p1", CodeStatus.VALID, "valid cluster"),
        ("1A09", CodeStatus.NOT_BILLABLE, "a heading"),
        ("XN8P1", CodeStatus.NOT_BILLABLE, "an extension code"),
        ("1A00&1B00", CodeStatus.MALFORMED, "got a stem code after &"),
        ("XN8P1&XN8P1", CodeStatus.MALFORMED, "got an extension code first"),
        ("1A00&XN999", CodeStatus.UNKNOWN, "XN999: not a code of"),
        ("1A09&XN8P1", CodeStatus.NOT_BILLABLE, "1A09: a heading"),
        ("1A00&", CodeStatus.MALFORMED, "got part ''"),
        ("9Z99", CodeStatus.UNKNOWN, "not a code of icd11"),
    ],
)
def test_codes_and_clusters_are_checked_part_by_part(store: Releases, code: str, status: CodeStatus, said: str) -> None:
    (check,) = validate_lines(store, System.ICD11, [code], date(2026, 1, 1))
    assert check.status is status
    assert said in check.message


def test_titles_are_searched(store: Releases) -> None:
    assert search_codes(store, "salmonella enteritis")[0].code == "1A09.0"


ONE_HEAD = (
    "10ClassKind\t10DepthInKind\ticd10Code\ticd10Chapter\ticd10Title\t11ClassKind\t11DepthInKind\t"
    "ICD-11 FoundationURI\tLinearization (releaseURI)\ticd11Code\ticd11Chapter\ticd11Title\t2024-Jan-21\n"
)
URI = "http://id.who.int/icd/entity/"
ONE = (
    ONE_HEAD
    + f"block\t1\tA00-A09\tI\tGut\tblock\t1\t{URI}5\tx/5\t\t01\tGut\n"
    + f"category\t1\tA00\tI\tCholera\tcategory\t1\t{URI}6\tx/mms/6\t1A00\t01\tCholera\n"
    + f"category\t2\tA00.0\tI\tCholera one\tcategory\t1\t{URI}6\tx/mms/6\t1A00&XN8P1\t01\tCholera [one]\n"
    + f"category\t2\tA00.9\tI\tCholera, unsp\tcategory\t1\t{URI}6\tx/mms/6/unspecified\t1A0Z\t01\tCholera, unsp\n"
    + f"category\t1\tB09\tI\tRash\tblock\t3\t{URI}7\tx/7\t\t14\tViral exanthems\n"
    + f"category\t1\tB99\tI\tOther\tchapter\t1\t{URI}8\tx/8\t01\t01\tInfections\n"
)
FOUNDATION = (
    "10ClassKind\t10DepthInKind\ticd10Code\ticd10Chapter\ticd10Title\tICD-11 FoundationURI\ticd11Title\t2024-Jan-21\n"
    f"category\t1\tA00\tI\tCholera\t{URI}6\tCholera\tEquivalent\t0\n"
    f"category\t2\tA00.9\tI\tCholera\t{URI}6\tCholera\tEquivalent\t0\n"
    f"category\t2\tA00.0\tI\tCholera\t{URI}6\tCholera\tSubclass\t0\n"
)
BACK = (
    "Linearization (release) URI\ticd11Code\ticd11Chapter\ticd11Title\ticd10Code\ticd10Chapter\ticd10Title\t"
    "2024-Jan-21\nx\t01\t01\tInfections\tI\tI\tInfections\nx\t1A00\t01\tCholera\tA00.9\tI\tCholera, unspecified\n"
    "x\t1A09\t01\tSalmonella\tA00-A09\tI\tGut\n"
)


def test_the_map_forward_keeps_clusters_and_says_what_is_no_code() -> None:
    read = read_map(ONE, name="10To11MapToOneCategory.txt")
    assert isinstance(read, CrosswalkSource)
    assert (read.source_system, read.target_system, read.version) == (System.ICD10, System.ICD11, "2024-01")
    assert {code: [row.target for row in rows] for code, rows in read.rows.items()} == {
        "A00": ["1A00"], "A00.0": ["1A00&XN8P1"], "A00.9": ["1A0Z"], "B09": [""], "B99": [""],
    }  # fmt: skip


def test_equivalence_is_said_only_of_the_very_entity() -> None:
    crosswalk, same = read_map(ONE, name="one"), read_map(FOUNDATION, name="foundation")
    assert isinstance(crosswalk, CrosswalkSource)
    assert isinstance(same, Equivalents)
    rows = with_equivalents(crosswalk, same).rows
    # A00.9 leads to a residual category, and A00.0 is a subclass.
    assert [code for code, found in rows.items() if found[0].relationship is Relationship.EQUIVALENT] == ["A00"]
    assert {row.rule for found in rows.values() for row in found} == {""}


def test_the_map_backward_leaves_chapters_and_blocks_out() -> None:
    read = read_map(BACK, name="11To10MapToOneCategory.txt")
    assert isinstance(read, CrosswalkSource)
    assert {code: rows[0].target for code, rows in read.rows.items()} == {"1A00": "A00.9", "1A09": ""}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ONE.replace("2024-Jan-21", "today"), "without its date"),
        (ONE_HEAD, "without a row"),
        (ONE + "category\t1\tA01\n", "line 8: got 3 cells"),
        (BACK + "x\t1A00\t01\tCholera\tA00.9\tI\tAgain\n", "code 1A00: got it twice"),
    ],
)
def test_a_wrong_map_is_refused(text: str, message: str) -> None:
    assert looks_like_map(text)
    with pytest.raises(SourceError, match=message):
        read_map(text, name="map.txt")


def test_the_published_files_are_read_whole_and_their_clusters_hold(tmp_path: Path) -> None:
    folder = "icd11_2024-01"
    names = ("SimpleTabulation-ICD-11-MMS-en.zip", "10To11MapToOneCategory.txt", "11To10MapToOneCategory.txt")
    import_files(tmp_path, [real_file(f"{folder}/{name}") for name in names])
    releases = Releases.open(tmp_path)
    assert releases.release(System.ICD11).release.code_count == 34_663
    forward = read_map(real_text(f"{folder}/10To11MapToOneCategory.txt"), name="one")
    assert isinstance(forward, CrosswalkSource)
    clusters = [row.target for rows in forward.rows.values() for row in rows if is_cluster(row.target)]
    # WHO's own clusters: 826 in the file; of a sample, each code is in the tabulation and in its place.
    assert len(clusters) == 826
    checks = validate_lines(releases, System.ICD11, clusters[::20])
    assert {check.status for check in checks} <= {CodeStatus.VALID, CodeStatus.NOT_BILLABLE}
