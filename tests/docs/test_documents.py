"""Documents say what the code does: rules, words, exit codes."""

import re
from pathlib import Path

import pytest

from apollo_spark import errors
from apollo_spark.assays.types import ASSAY_TYPES
from apollo_spark.model.rules import RULES

CHECKOUT = Path(__file__).parents[2]


def document(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def test_every_rule_is_documented_with_its_severity() -> None:
    pages = "\n".join(each.read_text(encoding="utf-8") for each in CHECKOUT.glob("docs/*.md"))
    of_types = [rule for each in ASSAY_TYPES for rule in each.rules()]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (\w+) \| (\d*) \|$", pages, re.M)

    assert {row[0]: row[1:] for row in rows} == {
        rule.name: (rule.summary, rule.default.value, str(rule.original_code or ""))
        for rule in RULES.values()
    }
    assert of_types
    assert {rule.name for rule in of_types} <= set(RULES)


def test_every_exit_code_is_in_the_readme() -> None:
    codes = {
        each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.ApolloError)
    }

    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", document("README.md"), re.M)}

    assert shown == codes | {0}


@pytest.mark.parametrize("script", sorted(CHECKOUT.glob("scripts/*")), ids=lambda path: path.name)
def test_a_script_names_only_files_that_are_there(script: Path) -> None:
    if not script.is_file():
        return
    text = script.read_text(encoding="utf-8")
    for folder, names in re.findall(
        r"\b((?:apollo_spark|jobs|conf|tests)/[\w/]*)\{([\w,]+)\}", text
    ):
        for name in names.split(","):
            assert list(CHECKOUT.glob(f"{folder}{name}*")), f"{folder}{name}"
    for name in re.findall(r"\b(?:apollo_spark|jobs|conf|tests)/[\w/.-]*[\w]", text):
        assert list(CHECKOUT.glob(f"{name}*")), name


@pytest.mark.parametrize("page", sorted(CHECKOUT.glob("docs/**/*.md")), ids=lambda page: page.name)
def test_a_page_names_only_files_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:apollo_spark|docs|scripts|jobs|conf|tests)/[\w./-]+)`", text):
        assert (CHECKOUT / name).exists(), name
