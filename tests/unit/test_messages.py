"""Every message is asserted by a test, but for those of a list that only gets shorter."""

from pathlib import Path

from tests.support.messages import messages_of, strings_of, unasserted

TESTS = Path(__file__).parents[1]
LIST = TESTS / "unit" / "messages_without_a_test.txt"


def test_every_message_has_a_test_or_is_on_the_list() -> None:
    messages = messages_of(TESTS.parent / "apollo_spark")
    listed = LIST.read_text(encoding="utf-8").splitlines()

    found = unasserted(list(messages), strings_of(TESTS))

    new = sorted(f"{messages[each][0]}: {each}" for each in found - set(listed))
    assert new == [], "no test asserts these: add a case, which is better than a line of the list"
    known = sorted(set(listed) - found)
    assert known == [], f"these are asserted by now, or gone: take them out of {LIST.name}"
    assert listed == sorted(set(listed))


def test_a_message_is_asserted_by_words_that_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        'raise UsageError(f"{name!r} has no stripe.", fix="Load it with one of its own.")\n'
        'raise UsageError(f"The entity {name} has no stripe.")\n'
        'raise AssertionError("nobody sees this one")\n'
        'print("this is not a message at all")\n'
    )
    first, second = messages_of(tmp_path)
    assert (first, second) == (
        "has no stripe. ... Load it with one of its own.",
        "The entity ... has no stripe.",
    )

    assert unasserted([first, second], "has no stripe") == {first, second}
    assert unasserted([first, second], "no stripe. Load it with one") == {second}
    assert unasserted([second, f"{second}"], "has no stripe") == set()


def test_what_documents_a_test_asserts_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text('"""has no stripe"""\nassert "no lock" in said\n')

    assert strings_of(tmp_path) == "no lock"
