"""Every folder of the package is a word of the glossary."""

import re

from tests.docs.test_documents import CHECKOUT


def test_every_folder_is_in_the_glossary() -> None:
    text = (CHECKOUT / "GLOSSARY.md").read_text(encoding="utf-8")
    words = {word.strip() for row in re.findall(r"^\| ([^|]+) \|", text, re.M)
             for word in re.split("[,(]", row)}  # fmt: skip
    folders = {each.parent.name for each in (CHECKOUT / "apollo_spark").rglob("__init__.py")}

    folders -= {"apollo_spark"}
    lacking = [each for each in folders if words.isdisjoint({each, each.removesuffix("s")})]
    assert sorted(lacking) == []
