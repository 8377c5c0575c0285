"""The codings of the lung study: what its codes mean."""

from typing import NamedTuple


class CodeRow(NamedTuple):
    """One row of codings.csv, in the order of its columns."""

    coding_name: str
    code: str
    meaning: str
    concept: str
    display_order: int
    parent_code: str


# One line per code, as "code meaning"; a concept is in brackets. Two blanks of indent put a
# code under the line above. All of it is invented for this study.
TEXTS = {
    "sex": """
1 Female
2 Male
""",
    "smoking": """
never Never smoked
former Stopped smoking
current Smokes
""",
    "no_answer": """
-1 Did not answer
-3 Prefers not to say
""",
    "no_day": """
1900-01-01 Does not remember the day
""",
    "no_contact": """
1900-01-01T00:00:00Z No further contact planned
""",
    "no_test": """
-1 Test not possible
-2 Test not repeatable
""",
    "no_result": """
-1 Sample not usable
-2 Below the limit of the method
""",
    "exposure": """
dust Mineral or metal dust
fumes Fumes and gases
flour Flour and grain
mould Mould at home
smoke Smoke of others at home
""",
    "breathlessness": """
0 Only with hard effort
1 When hurrying or uphill
2 Slower than people of the same age
3 Stops after 100 metres
4 When dressing
""",
    "visit_kind": """
planned Planned visit
unplanned Visit because of complaints
""",
    "hospital_kind": """
university University hospital
district District hospital
""",
    "region": """
100 North
  110 North coast
  120 North hills
200 South
  210 South plain
  220 South valley
""",
    "symptom": """
10 Breathing
  11 Breathless at rest
  12 Breathless on effort
  13 Wheezing
20 Cough
  21 Dry cough
  22 Cough with phlegm
30 General
  31 Tired
  32 Fever
  33 Lost weight
""",
    "drug": """
salbutamol Salbutamol, inhaled
formoterol Formoterol, inhaled
tiotropium Tiotropium, inhaled
budesonide Budesonide, inhaled
prednisolone Prednisolone, by mouth
pirfenidone Pirfenidone, by mouth
""",
    "time_of_day": """
morning In the morning
noon At noon
evening In the evening
night At night
""",
    "effect": """
1 Dry mouth
2 Hoarse voice
3 Trembling
4 Fast heartbeat
5 Nausea
6 Rash
""",
    "lab_test": """
crp C-reactive protein [EFO:0004458]
haemoglobin Haemoglobin [EFO:0004509]
eosinophils Eosinophils [EFO:0004842]
creatinine Creatinine [EFO:0004518]
""",
    "diagnosis": """
L Lungs
  LA Airways
    LA1 Asthma
      LA11 Asthma, allergic
      LA12 Asthma, not allergic
    LA2 Chronic obstructive lung disease
      LA21 Obstructive disease, mostly bronchitis
      LA22 Obstructive disease, mostly emphysema
    LA3 Widened airways
  LI Lung tissue
    LI1 Lung fibrosis of unknown cause
    LI2 Sarcoidosis of the lungs
  HL Heart strain caused by the lungs
H Heart and vessels
  H1 High blood pressure
  H2 Coronary heart disease
  H3 Heart failure
  HL Heart strain caused by the lungs
M Metabolism
  M1 Type 2 diabetes
  M2 Obesity
N Mind and sleep
  N1 Depression
  N2 Sleep apnoea
""",
}


def build_codings() -> tuple[CodeRow, ...]:
    """Return all rows of codings.csv."""
    return tuple(row for name, text in TEXTS.items() for row in _read(name, text))


def _read(name: str, text: str) -> list[CodeRow]:
    rows: list[CodeRow] = []
    above: dict[int, str] = {}
    for order, line in enumerate(text.strip("\n").split("\n"), start=1):
        bare = line.lstrip()
        level = (len(line) - len(bare)) // 2
        code, _, rest = bare.partition(" ")
        meaning, _, concept = rest.removesuffix("]").partition(" [")
        above[level] = code
        rows.append(CodeRow(name, code, meaning, concept, order, above.get(level - 1, "")))
    return rows
