"""A small study with every kind of field, relation and nasty text, for both engines."""

from datetime import date, datetime, timezone
from typing import Any

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from tests.support.dictionaries import dictionary

NASTY = (
    "it's; DROP TABLE patient; --",
    'say "hi" `there`',
    "${env:HOME} ${spark.app.name} $1 \\1 {x}",
    "C:\\new\\table\\u0041\\",
    "line\nfeed\ttab\r",
    "/* comment */ # % ? :name @v",
    "häßlich 東京 😀",
    "",
)

FIELDS = """
entity    name        type      primary_key_type  coding_name  is_sparse_coding  is_multi_select  referenced_entity_field  relationship
patient   patient_id  string    global            -            -                 -                -                        -
patient   hid         integer   -                 -            -                 -                hospital:hospital_id     many_to_one
patient   sex         integer   -                 sex          -                 -                -                        -
patient   weight      float     -                 gaps         yes               -                -                        -
patient   age         integer   -                 gaps         yes               -                -                        -
patient   born        date      -                 days         yes               -                -                        -
patient   seen        datetime  -                 days         yes               -                -                        -
patient   scores      integer   -                 gaps         yes               yes              -                        -
patient   habits      string    -                 habits       -                 yes              -                        -
patient   cancer      string    -                 long         -                 -                -                        -
patient   cancers     string    -                 long         -                 yes              -                        -
patient   many        float     -                 floats       yes               -                -                        -
patient   name        string    -                 -            -                 -                -                        -
hospital  hospital_id  integer  local             -            -                 -                -                        -
hospital  city        string    -                 -            -                 -                -                        -
visit     visit_id    integer   local             -            -                 -                -                        -
visit     of_patient  string    -                 -            -                 -                patient:patient_id       many_to_one
visit     reason      string    -                 habits       -                 -                -                        -
test      test_id     string    local             -            -                 -                -                        -
test      of_visit    integer   -                 -            -                 -                visit:visit_id           many_to_one
test      result      float     -                 -            -                 -                -                        -
note      note_of     string    -                 -            -                 -                patient:patient_id       many_to_one
note      note_text   string    -                 -            -                 -                -                        -
consent   signed_by   string    local             -            -                 -                patient:patient_id       one_to_one
consent   signed      date      -                 -            -                 -                -                        -
"""  # noqa: E501

CODINGS = """
coding_name  code        meaning
sex          0           female
sex          1           male
gaps         -1          did not answer
gaps         -3          does not know
days         1900-01-01  long ago
days         1901-02-03  not known
habits       a           smokes
"""


def hospital_dictionary() -> DataDictionary:
    """The study's dictionary; `long` and `floats` have more codes than a CASE takes."""
    lines = [f"floats  {number}.5  half past {number}" for number in range(-20, 120)]
    found = dictionary(FIELDS, codings=CODINGS + "long  x  y\n" + "\n".join(lines))
    kept = tuple(each for each in found.codings if each.name not in {"long", "habits"})
    return DataDictionary(
        main_entity=found.main_entity,
        entities=found.entities,
        relations=found.relations,
        codings=(*kept, _nasty("long", 150), _nasty("habits", 0)),
    )


def _nasty(name: str, plain: int) -> Coding:
    pairs = [(f"C{number}", f"disease {number}") for number in range(plain)]
    pairs += [("a", "smokes")] + [(text, text[::-1] + text) for text in NASTY if text]
    return Coding(
        name=name,
        rows=tuple(
            CodePlace(code=code, meaning=meaning, display_order=place)
            for place, (code, meaning) in enumerate(pairs, start=1)
        ),
    )


def _moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def _patient(key: str, **values: Any) -> dict[str, Any]:
    names = (spec.name for spec in hospital_dictionary().entities[0].fields)
    return dict.fromkeys(names) | {"patient_id": key} | values


HOSPITAL_ROWS: dict[str, list[dict[str, Any]]] = {
    "patient": [
        _patient(
            "P2", hid=1, sex=0, weight=70.25, age=-1, born=date(1900, 1, 1),
            seen=_moment(2020, 5, 6, 7, 8, 9, 120000), scores=[-1, 5, -3, 7],
            habits=["a", NASTY[2]], cancer="C149",
            cancers=["C1", NASTY[0], "C1", NASTY[4]], many=7.5, name=NASTY[0],
        ),
        _patient(
            "P1", hid=2, sex=1, weight=-1.0, age=41, born=date(1950, 2, 3),
            seen=_moment(1900, 1, 1), scores=[-1], habits=[NASTY[5]], cancer=NASTY[3],
            cancers=[NASTY[6]], many=1e-5, name=NASTY[2],
        ),
        _patient(
            "P10", hid=1, sex=9, weight=1e16, born=date(1, 1, 1), seen=_moment(2020, 5, 6),
            scores=[], habits=[], cancer="not a code", cancers=["C2"], many=6.98901532170025e16,
        ),
        _patient("P3", weight=-3.0, many=0.1, cancers=["C1", NASTY[0], "C1", NASTY[4]]),
        _patient("Ä", hid=99, weight=123456.789, many=1.0, name=NASTY[6], cancers=[]),
    ],
    "hospital": [
        {"hospital_id": 1, "city": NASTY[1]},
        {"hospital_id": 2, "city": None},
        {"hospital_id": 3, "city": "nobody's"},
    ],
    "visit": [
        {"visit_id": 12, "of_patient": "P2", "reason": "a"},
        {"visit_id": 11, "of_patient": "P2", "reason": NASTY[3]},
        {"visit_id": 13, "of_patient": "P1", "reason": "other"},
        {"visit_id": 14, "of_patient": None, "reason": None},
        {"visit_id": 15, "of_patient": "nobody", "reason": None},
    ],
    "test": [
        {"test_id": "t1", "of_visit": 12, "result": 0.1},
        {"test_id": "t2", "of_visit": 12, "result": None},
        {"test_id": "t3", "of_visit": 13, "result": 5e-324},
    ],
    "note": [
        {"note_of": "P2", "note_text": NASTY[4]},
        {"note_of": "P2", "note_text": NASTY[7]},
        {"note_of": "P3", "note_text": None},
    ],
    "consent": [],
}  # fmt: skip


HOSTILE = ("a`b", 'a"b', "a'b", "--", "/*", "名前", "x--y`")
"""Names that no dictionary check lets through, and that quoting must survive all the same."""


def hostile_dictionary() -> DataDictionary:
    """A main entity and a child whose names are all hostile."""
    entities = tuple(
        Entity(
            name=name,
            primary_key=HOSTILE[1],
            fields=(
                FieldSpec(name=HOSTILE[1], type=FieldType.INTEGER),
                FieldSpec(name=HOSTILE[0], type=FieldType.INTEGER),
                *(
                    FieldSpec(
                        name=each,
                        type=FieldType.STRING,
                        coding_name=HOSTILE[0],
                        is_sparse=True,
                        is_multi_select=each == HOSTILE[6],
                    )
                    for each in HOSTILE[2:]
                ),
            ),
        )
        for name in HOSTILE[:2]
    )
    relation = Relation(
        from_entity=HOSTILE[1],
        from_field=HOSTILE[0],
        to_entity=HOSTILE[0],
        to_field=HOSTILE[1],
        relationship=Relationship.MANY_TO_ONE,
    )
    return DataDictionary(
        main_entity=HOSTILE[0],
        entities=entities,
        relations=(relation,),
        codings=(_nasty(HOSTILE[0], 0),),
    )


def hostile_rows() -> dict[str, list[dict[str, Any]]]:
    """One main row for each nasty text, and two children each."""

    def row(key: int, parent: int) -> dict[str, Any]:
        text = NASTY[parent]
        return {
            HOSTILE[1]: key,
            HOSTILE[0]: parent,
            **{each: [text, "other"] if each == HOSTILE[6] else text for each in HOSTILE[2:]},
        }

    numbers = range(len(NASTY))
    return {
        HOSTILE[0]: [row(number, number) for number in numbers],
        HOSTILE[1]: [row(10 * number + part, number) for number in numbers for part in (1, 2)],
    }
