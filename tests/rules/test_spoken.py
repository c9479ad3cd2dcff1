"""How diagnoses are announced and concluded in speech, by hand."""

import pytest

from engine.rules.spoken import is_announced, is_concluded


def place(marked: str) -> tuple[str, int, int]:
    """Return the text without its {braces}, and where the words in them begin and end."""
    begin, end = marked.index("{"), marked.index("}") - 1
    return marked.replace("{", "").replace("}", ""), begin, end


@pytest.mark.parametrize(
    ("marked", "is_one"),
    [
        ("[doctor] so for your first problem , the {cough} , we will wait", True),
        ("[doctor] your second problem is this {back pain}", True),
        ("[doctor] and then for your last condition of mild {asthma} let's continue", True),
        ("[doctor] okay . in terms of your {hypertension} , it is better", True),
        ("[doctor] impression . number two , {neck pain}", True),
        ("[doctor] as far as your severe left {knee pain} goes", True),
        ("[doctor] take this pill for your {pain}", False),
        ("[doctor] i think you have a {sprain}", False),
        ("[doctor] the problem gave you {fever}", False),
        ("[doctor] for your first problem , rest . the {cough} will go", False),
        ("[doctor] for your first problem\n[patient] {cough}", False),
    ],
)
def test_an_item_is_announced(marked: str, is_one: bool) -> None:
    text, begin, _ = place(marked)
    assert is_announced(text, begin) is is_one


@pytest.mark.parametrize(
    ("marked", "is_one"),
    [
        ("[doctor] i think you have a {sprain}", True),
        ("[doctor] this is what we call {carpal tunnel syndrome}", True),
        ("[doctor] that's {shingles}", True),
        ("[doctor] the diagnosis would be {gout}", True),
        ("[doctor] it was an exacerbation of {heart failure}", True),
        ("[doctor] your {diabetes} is under control", True),
        ("[doctor] from a {diabetes} standpoint", True),
        ("[doctor] let's keep treating your {depression}", True),
        ("[doctor] seizure , {stroke} , even worse", False),
        ("[doctor] some scar and {tendonitis}", False),
        ("[doctor] {tics} are common", False),
        ("[doctor] you are doing well . and {tendonitis}", False),
    ],
)
def test_a_diagnosis_is_concluded(marked: str, is_one: bool) -> None:
    text, begin, end = place(marked)
    assert is_concluded(text, begin, end) is is_one


def test_time_is_linear_in_what_stands_before() -> None:
    text = "so " * 100_000 + "asthma"
    for _ in range(200):
        assert not is_announced(text, len(text) - 6)
