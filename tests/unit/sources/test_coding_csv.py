"""The order of codes: ranks of a flat coding, a walk through a tree."""

from apollo_spark.model.coding import Coding
from apollo_spark.sources.dictionary.codings import build_coding, check_coding
from tests.support.dictionaries import text_table


def build(text: str) -> Coding:
    return build_coding("any", text_table(text, file="codings.csv").rows)


def places(coding: Coding) -> list[tuple[str, str, int]]:
    return [(each.code, each.parent_code, each.display_order) for each in coding.rows]


def test_codes_without_an_order_keep_that_of_the_file() -> None:
    coding = build(
        """
        code  meaning
        b     B
        a     A
        """
    )

    assert places(coding) == [("b", "", 1), ("a", "", 2)]


def test_orders_of_a_flat_coding_become_ranks_and_the_rows_stay() -> None:
    coding = build(
        """
        code  meaning  display_order
        a     A        -
        b     B        30
        c     C        -5
        d     D        30
        """
    )

    assert places(coding) == [("a", "", 4), ("b", "", 2), ("c", "", 1), ("d", "", 3)]


def test_a_tree_is_walked_depth_first_with_siblings_by_their_order() -> None:
    coding = build(
        """
        code  meaning  display_order  parent_code
        A11   a11      1              A1
        B     b        2              -
        A2    a2       1              A
        A1    a1       2              A
        A     a        1              -
        """
    )

    assert places(coding) == [
        ("A", "", 1), ("A2", "A", 2), ("A1", "A", 3), ("A11", "A1", 4), ("B", "", 5),
    ]  # fmt: skip
    assert coding.codes == ("A", "A2", "A1", "A11", "B")


def test_a_code_under_two_parents_is_met_twice_and_its_children_once() -> None:
    coding = build(
        """
        code   meaning  parent_code
        lung   Lung     -
        virus  Virus    -
        flu    Flu      lung
        flu    Flu      virus
        h1n1   H1N1     flu
        """
    )

    assert places(coding) == [
        ("lung", "", 1), ("flu", "lung", 2), ("h1n1", "flu", 3), ("virus", "", 4),
        ("flu", "virus", 5),
    ]  # fmt: skip
    assert coding.parents["flu"] == ("lung", "virus")


def test_a_very_deep_tree_is_no_trouble() -> None:
    rows = ["code  meaning  parent_code", "c0  x  -"]
    rows += [f"c{at}  x  c{at - 1}" for at in range(1, 5000)]
    table = text_table("\n".join(rows), file="codings.csv")

    assert list(check_coding("codings.csv", "any", table.rows)) == []
    assert build_coding("any", table.rows).codes[-1] == "c4999"


def test_many_ways_down_to_a_code_are_no_trouble() -> None:
    rows = ["code  meaning  parent_code", "c0  x  -"]
    for at in range(60):
        rows += [f"{side}{at}  x  c{at}" for side in "ab"]
        rows += [f"c{at + 1}  x  {side}{at}" for side in "ab"]
    table = text_table("\n".join(rows), file="codings.csv")

    assert list(check_coding("codings.csv", "any", table.rows)) == []
    assert len(build_coding("any", table.rows).rows) == len(table.rows)


def test_every_cycle_is_named_with_its_codes() -> None:
    table = text_table(
        """
        code  meaning  parent_code
        a     A        c
        b     B        a
        c     C        b
        d     D        d
        e     E        -
        """,
        file="codings.csv",
    )

    found = list(check_coding("codings.csv", "any", table.rows))

    assert [(each.rule, each.line, each.message) for each in found] == [
        ("code_cycle", 3, "coding 'any': codes are under each other: a under c under b under a"),
        ("code_cycle", 5, "coding 'any': codes are under each other: d under d"),
    ]
