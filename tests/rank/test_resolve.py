"""Default children and seventh characters, by hand from the Alphabetic Index, the tabular list and the guidelines."""

import pytest

from codesets.snapshot import Snapshot
from engine.rank.encounter import Encounter
from engine.rank.resolve import Resolver


@pytest.fixture(scope="module")
def resolver(snapshot: Snapshot) -> Resolver:
    """Resolve over the packaged release."""
    return Resolver(snapshot)


# Category or subcategory, and what the Alphabetic Index gives for its plain main term ("Asthma J45.909").
DEFAULTS = """
A41    A41.9    Sepsis
B02    B02.9    Herpes, zoster
B16    B16.9    Hepatitis, viral, type B (acute)
B27    B27.90   Mononucleosis, infectious
B57    B57.2    Chagas' disease (chronic): NOS is chronic with heart involvement
C18    C18.9    Neoplasm, intestine, large, colon
C34    C34.90   Neoplasm, lung
C50    C50.919  Neoplasm, breast
C50.4  C50.419  Neoplasm, breast, upper-outer quadrant
C80    C80.1    Cancer
C91.0  C91.00   Leukemia, acute lymphoblastic: not having achieved remission
C92    C92.90   Leukemia, myeloid
D50    D50.9    Anemia, iron deficiency
D57    D57.1    Disease, sickle-cell
D64    D64.9    Anemia
E03    E03.9    Hypothyroidism
E05    E05.90   Thyrotoxicosis
E10    E10.9    Diabetes, type 1
E11    E11.9    Diabetes, type 2
E13    E13.9    Diabetes, specified type NEC
E66    E66.9    Obesity
E78.0  E78.00   Hypercholesterolemia
F01    F01.50   Dementia, vascular
F03    F03.90   Dementia
F10.1  F10.10   Abuse, alcohol
F10.2  F10.20   Dependence, alcohol
F17    F17.200  Dependence, drug, nicotine
F17.21 F17.210  Dependence, drug, nicotine, cigarettes
F20    F20.9    Schizophrenia
F31    F31.9    Disorder, bipolar
F41    F41.9    Anxiety
G20    G20.A1   Parkinson's disease NOS
G30    G30.9    Alzheimer's disease
G35    G35.D    Sclerosis, multiple
G40    G40.909  Epilepsy: not intractable, without status epilepticus
G43    G43.909  Migraine: not intractable, without status migrainosus
G43.1  G43.109  Migraine, with aura
G47.3  G47.30   Apnea, sleep
G56.0  G56.00   Syndrome, carpal tunnel
H26    H26.9    Cataract
H40    H40.9    Glaucoma
H60    H60.90   Otitis, externa
H66    H66.90   Otitis, media
H91    H91.90   Loss, hearing
I20    I20.9    Angina
I21    I21.9    Infarct, myocardium
I22    I22.9    Infarct, myocardium, subsequent
I26    I26.99   Embolism, pulmonary
I48    I48.91   Fibrillation, atrial
I50    I50.9    Failure, heart
I50.2  I50.20   Failure, heart, systolic
I63    I63.9    Infarct, cerebral
I69    I69.90   Sequelae, cerebrovascular disease
I71    I71.9    Aneurysm, aorta
I73    I73.9    Disease, peripheral vascular
I82.40 I82.409  Thrombosis, vein, deep
I83    I83.90   Varix
I85    I85.00   Varix, esophagus
J11    J11.1    Influenza
J18    J18.9    Pneumonia
J20    J20.9    Bronchitis, acute
J44    J44.9    Disease, lung, obstructive
J45    J45.909  Asthma
J47    J47.9    Bronchiectasis
J81    J81.1    Edema, lung: chronic unless said to be acute
J96    J96.90   Failure, respiration
J96.0  J96.00   Failure, respiration, acute
K20    K20.90   Esophagitis
K21    K21.9    Disease, gastroesophageal reflux
K25    K25.9    Ulcer, stomach
K35    K35.80   Appendicitis, acute
K40    K40.90   Hernia, inguinal
K42    K42.9    Hernia, umbilical
K50    K50.90   Crohn's disease
K57    K57.90   Diverticulosis
K74    K74.60   Cirrhosis
K80    K80.20   Cholelithiasis
K85    K85.90   Pancreatitis, acute
L03    L03.90   Cellulitis
L40    L40.9    Psoriasis
L89    L89.90   Ulcer, pressure
L97    L97.909  Ulcer, lower limb
M06    M06.9    Arthritis, rheumatoid
M10    M10.9    Gout
M17    M17.9    Osteoarthritis, knee
M19    M19.90   Osteoarthritis
M25.5  M25.50   Pain, joint
M33    M33.90   Dermatopolymyositis
M54    M54.9    Dorsalgia
M54.5  M54.50   Pain, low back
M80    M80.00   Osteoporosis with current pathological fracture
M81    M81.0    Osteoporosis
N18    N18.9    Disease, kidney, chronic
N18.3  N18.30   Disease, kidney, chronic, stage 3
N30    N30.90   Cystitis
N40    N40.0    Hyperplasia, prostate
O00    O00.90   Pregnancy, ectopic
O14    O14.90   Pre-eclampsia
P36    P36.9    Sepsis, newborn
Q21    Q21.9    Defect, septal
R05    R05.9    Cough
R10    R10.9    Pain, abdominal
R11    R11.2    Nausea, with vomiting
R35    R35.89   Polyuria
R51    R51.9    Headache
R56    R56.9    Convulsions
S06.0  S06.0XA  Concussion NOS: loss of consciousness status unknown
S52.5  S52.509  Fracture, traumatic, radius, lower end
S72.0  S72.009  Fracture, traumatic, femur, neck
S82.5  S82.53   Fracture, tibia, medial malleolus: displaced unless said otherwise (I.C.19.c)
S93.4  S93.409  Sprain, ankle
T14    T14.90   Injury
Z34    Z34.90   Pregnancy, supervision, normal
"""


@pytest.mark.parametrize(("code", "default"), [line.split()[:2] for line in DEFAULTS.strip().splitlines()])
def test_a_category_stands_for_the_child_that_the_index_names(resolver: Resolver, code: str, default: str) -> None:
    assert resolver.default_child(code) == default


@pytest.mark.parametrize("code", ["C90", "E87", "G89", "I23", "R19", "R68", "Z79", "Z90", "E11.5"])
def test_a_category_of_different_things_has_no_default(resolver: Resolver, code: str) -> None:
    assert resolver.default_child(code) == code


@pytest.mark.parametrize("code", ["I10", "E11.65", "S52.501A", "S52.501"])
def test_a_code_that_is_whole_or_lacks_the_seventh_character_alone_is_its_own_default(
    resolver: Resolver, code: str
) -> None:
    assert resolver.default_child(code) == code


def test_no_default_names_a_side_that_its_category_does_not(resolver: Resolver, snapshot: Snapshot) -> None:
    for code in snapshot.codes():
        if "-" in code or not code[0].isalpha() or len(code) > 6:
            continue
        words = set(snapshot.title(resolver.default_child(code)).lower().replace(",", " ").split())
        before = set(snapshot.title(code).lower().replace(",", " ").split())
        assert not (words - before) & {"right", "left"}, code


OPEN, OPEN_III = "open", "open_iii"


@pytest.mark.parametrize(
    ("code", "encounter", "completed"),
    [
        ("S52.509", Encounter(), "S52.509A"),
        ("S52.509", Encounter(opening=OPEN), "S52.509B"),
        ("S52.509", Encounter(opening=OPEN_III), "S52.509C"),
        ("S52.509", Encounter("subsequent"), "S52.509D"),
        ("S52.509", Encounter("subsequent", opening=OPEN), "S52.509E"),
        ("S52.509", Encounter("subsequent", opening=OPEN_III), "S52.509F"),
        ("S52.509", Encounter("subsequent", "delayed"), "S52.509G"),
        ("S52.509", Encounter("subsequent", "nonunion"), "S52.509K"),
        ("S52.509", Encounter("subsequent", "nonunion", OPEN), "S52.509M"),
        ("S52.509", Encounter("subsequent", "malunion"), "S52.509P"),
        ("S52.509", Encounter("subsequent", "malunion", OPEN_III), "S52.509R"),
        ("S52.509", Encounter("sequela"), "S52.509S"),
        ("S42.009", Encounter(opening=OPEN_III), "S42.009B"),
        ("S42.009", Encounter("subsequent", "nonunion"), "S42.009K"),
        ("S02.0", Encounter(opening=OPEN), "S02.0XXB"),
        ("M80.00", Encounter(), "M80.00XA"),
        ("M80.00", Encounter("subsequent", "malunion"), "M80.00XP"),
        ("S93.409", Encounter("subsequent"), "S93.409D"),
        ("W19", Encounter(), "W19.XXXA"),
        ("T07", Encounter(), "T07.XXXA"),
        ("S06.0XA", Encounter(), "S06.0XAA"),
        ("M1A.9", Encounter(), "M1A.9XX0"),
        ("M1A.9", Encounter(tophus="tophus"), "M1A.9XX1"),
        ("H40.10", Encounter(), "H40.10X0"),
        ("H40.113", Encounter(stage="severe"), "H40.1133"),
        ("H40.113", Encounter(stage="indeterminate"), "H40.1134"),
        ("O31.00", Encounter(), "O31.00X0"),
        ("O31.00", Encounter(fetus="2"), "O31.00X2"),
    ],
)
def test_the_seventh_character_says_what_the_encounter_was(
    resolver: Resolver, snapshot: Snapshot, code: str, encounter: Encounter, completed: str
) -> None:
    assert resolver.seventh(code, encounter=encounter) == completed
    assert snapshot.is_billable(completed)


@pytest.mark.parametrize(("side", "character"), [("right", "1"), ("left", "2"), ("bilateral", "3"), ("", "9")])
def test_the_seventh_character_of_diabetic_retinopathy_is_the_eye(
    resolver: Resolver, side: str, character: str
) -> None:
    assert resolver.seventh("E11.321", encounter=Encounter(), side=side) == f"E11.321{character}"


def test_characters_without_a_default_are_not_guessed(resolver: Resolver) -> None:
    # H34.81-: with macular edema, with neovascularization or stable; none says "unspecified".
    assert resolver.seventh("H34.811", encounter=Encounter()) == "H34.811"


def test_a_code_that_takes_no_seventh_character_stays(resolver: Resolver) -> None:
    assert resolver.seventh("E11.9", encounter=Encounter("sequela"), side="left") == "E11.9"
