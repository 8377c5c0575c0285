"""The tree of entities: what exactly is said when there is no single path."""

from apollo_spark.sources.dictionary.field_rows import collect_fields
from apollo_spark.sources.dictionary.references import check_tree, collect_references
from tests.support.dictionaries import text_table


def check(*references: str) -> list[tuple[str, int | None, str]]:
    """Check entities a to e, each with a field `id`; `a b` is a reference from a to b."""
    rows = [
        f"{entity}  id  string  {'global' if entity == 'a' else '-'}  -  -" for entity in "abcde"
    ]
    for at, (source, target) in enumerate(each.split() for each in references):
        rows.append(f"{source}  to_{target}_{at}  string  -  {target}:id  many_to_one")
    header = "entity  name  type  primary_key_type  referenced_entity_field  relationship"
    fields, _ = collect_fields(text_table("\n".join([header, *rows]), file="fields.csv"))
    found = check_tree(fields, collect_references(fields))
    return [(each.rule, each.line, each.message) for each in found]


def test_references_in_both_directions_make_one_tree() -> None:
    assert check("a b", "c a", "c d", "e d") == []


def test_an_entity_that_nothing_joins_is_unreachable_with_all_that_hangs_on_it() -> None:
    assert check("a b", "e d", "d c") == [
        ("entity_unreachable", 4,
         "no path of references joins entity 'c' to the main entity 'a'; from it hang 'd', 'e'"),
    ]  # fmt: skip


def test_each_group_that_nothing_joins_is_told_once() -> None:
    found = check("a b", "c d")

    assert [(rule, line) for rule, line, _ in found] == [
        ("entity_unreachable", 5), ("entity_unreachable", 6),
    ]  # fmt: skip


def test_a_directed_cycle_is_named_from_its_first_entity_on() -> None:
    assert check("a b", "b c", "c a", "d a", "e a") == [
        ("entity_cycle", 9,
         "references make a cycle: a -> b -> c -> a; c.to_a_2 -> a.id (line 9) closes it"),
    ]  # fmt: skip


def test_a_diamond_is_a_second_path() -> None:
    assert check("b a", "c a", "d b", "d c", "e a") == [
        ("entity_paths", 10,
         ("d.to_c_3 -> c.id (line 10) joins 'd' and 'c' a second time; they are joined by "
         "d - b - a - c already")),
    ]  # fmt: skip


def test_two_references_between_two_entities_are_a_second_path() -> None:
    assert check("b a", "b a", "c a", "d a", "e a") == [
        ("entity_paths", 8,
         ("b.to_a_1 -> a.id (line 8) joins 'b' and 'a' a second time; they are joined by b - a "
         "already")),
    ]  # fmt: skip


def test_a_cycle_and_a_diamond_are_both_told() -> None:
    found = check("a b", "b a", "c a", "d a", "d c", "e a")

    assert [(rule, line) for rule, line, _ in found] == [("entity_cycle", 8), ("entity_paths", 11)]
