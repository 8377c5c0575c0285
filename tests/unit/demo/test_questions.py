"""The three questions of the tour, on rows small enough to count by eye."""

from apollo_spark.demo.codings import build_codings
from apollo_spark.demo.questions import codes_under, count_by, mean_by


def test_rows_are_counted_by_two_columns() -> None:
    rows = [
        {"sex": "Female", "smokes": "Smokes"},
        {"sex": "Male", "smokes": "Smokes"},
        {"sex": "Male", "smokes": "Smokes"},
        {"sex": "Male", "smokes": ""},
    ]

    assert count_by(rows, "smokes", "sex") == (
        "            Female  Male\n"
        "(no value)       0     1\n"
        "Smokes           1     2"
    )  # fmt: skip


def test_numbers_are_averaged_by_group_without_the_missing_ones() -> None:
    rows = [
        {"visit": "10", "litres": "3.0"},
        {"visit": "2", "litres": "2.5"},
        {"visit": "2", "litres": "2.0"},
        {"visit": "2", "litres": ""},
    ]

    assert mean_by(rows, "visit", "litres") == (
        "visit  rows  mean\n"
        "2         2  2.25\n"
        "10        1  3.00"
    )  # fmt: skip


def test_a_branch_holds_all_codes_below_it() -> None:
    parents = {"L": (), "LA": ("L",), "LA1": ("LA",), "H": (), "HL": ("L", "H")}

    assert codes_under(parents, "L") == {"L", "LA", "LA1", "HL"}
    assert codes_under(parents, "H") == {"H", "HL"}


def test_indented_codes_become_a_tree_in_depth_first_order() -> None:
    places = [row for row in build_codings() if row.coding_name == "region"]

    assert [(row.code, row.parent_code, row.display_order) for row in places] == [
        ("100", "", 1),
        ("110", "100", 2),
        ("120", "100", 3),
        ("200", "", 4),
        ("210", "200", 5),
        ("220", "200", 6),
    ]


def test_a_concept_is_read_from_its_brackets() -> None:
    (found,) = [row for row in build_codings() if row.code == "crp"]

    assert (found.meaning, found.concept) == ("C-reactive protein", "EFO:0004458")
