"""Findings on a terminal: one line each, place first, never a value."""

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.export.messages import describe_findings
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.rules import Severity

REFUSE, QUARANTINE, WARN = Severity.REFUSE, Severity.QUARANTINE, Severity.WARN


def finding(rule: str = "cell_date", **changes: object) -> Finding:
    values = {"rule": rule, "severity": REFUSE, "message": "not a calendar date", **changes}
    return Finding.model_validate(values)


def lines(*numbers: int | None, value: str | None = None) -> tuple[Place, ...]:
    return tuple(Place(line=each, value=value) for each in numbers)


DATES = finding(
    file="visit.csv", line=14, column="date", count=312, places=lines(14, 20, 31, 44, value="x")
)


def test_a_finding_is_one_line_with_file_line_column_rule_and_how_often() -> None:
    assert describe_findings([DATES]) == (
        "visit.csv: line 14, column date: not a calendar date (cell_date), 312 times; "
        "first lines 14, 20, 31"
    )


def test_what_is_not_known_is_left_out() -> None:
    cut_off = finding("file_truncated", file="lab.csv.gz", message="the file is cut off")
    orphan = finding("entity_unreachable", entity="lab", message="nothing joins it")
    nowhere = finding("dictionary_empty", message="no rows")

    assert describe_findings([cut_off, orphan, nowhere]).splitlines() == [
        "lab.csv.gz: the file is cut off (file_truncated), once",
        "no rows (dictionary_empty), once",
        "entity lab: nothing joins it (entity_unreachable), once",
    ]


def test_the_worst_come_first_and_the_others_say_that_they_refuse_nothing() -> None:
    unused = finding("coding_unused", severity=WARN, file="codings.csv", message="unused")
    aside = finding("key_missing", severity=QUARANTINE, file="p.csv", message="no key", count=2)

    assert describe_findings([unused, aside, DATES]).splitlines() == [
        describe_findings([DATES]),
        "p.csv: no key (key_missing, quarantined), 2 times",
        "codings.csv: unused (coding_unused, warning), once",
    ]


def test_equal_findings_become_one_line_and_few_lines_are_all_named() -> None:
    repeated = [
        finding("field_repeated", file="d.csv", line=line, column="age", message="stands again")
        for line in (9, 3)
    ]

    assert describe_findings(repeated) == (
        "d.csv: line 3, column age: stands again (field_repeated), 2 times; lines 3, 9"
    )


def test_findings_of_several_entities_are_not_mixed() -> None:
    orphans = [finding("entity_unreachable", entity=each, message="unjoined") for each in "ab"]

    assert describe_findings(orphans).splitlines() == [
        "entity a: unjoined (entity_unreachable), once",
        "entity b: unjoined (entity_unreachable), once",
    ]


def test_every_check_is_shown_before_one_repeats_and_the_rest_is_counted() -> None:
    names = [
        finding("field_name", file="d.csv", line=line, message=f"name {line} is illegal")
        for line in range(2, 50)
    ]

    shown = describe_findings([*names, DATES], limit=3).splitlines()

    assert shown == [
        "d.csv: line 2: name 2 is illegal (field_name), once",
        "d.csv: line 3: name 3 is illegal (field_name), once",
        describe_findings([DATES]),
        "and 46 more in the report",
    ]
    assert describe_findings(names, limit=1, rest="").splitlines()[1:] == ["and 47 more"]


def test_a_name_cannot_move_the_cursor_or_begin_a_line_of_its_own() -> None:
    hostile = finding(file="a\x1b[2J\n.csv", column="b\u202ec", message="m\rx")

    assert describe_findings([hostile]) == (
        r"a\x1b[2J\n.csv: column b\u202ec: m\rx (cell_date), once"
    )


@given(st.text(min_size=1))
def test_a_value_changes_nothing(value: str) -> None:
    with_value = DATES.model_copy(update={"places": lines(14, 20, 31, 44, value=value)})
    bare = DATES.without_values()

    assert describe_findings([with_value]) == describe_findings([bare])
