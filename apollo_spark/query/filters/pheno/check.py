"""A filter from the original's JSON, checked as one from a text is."""

from collections.abc import Sequence
from typing import Any

from apollo_spark.errors import Problem
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Filter
from apollo_spark.query.filters.check import check_filter, find_problems
from apollo_spark.query.filters.pheno.read import read_pheno
from apollo_spark.sources.filters.problems import refuse_filter
from apollo_spark.sources.strict_json import check_json, read_json


def read_filter_json(text: str, dictionary: DataDictionary) -> Filter | None:
    """Read a filter from JSON text, and check it against a dictionary; None means every row.

    Raises:
        UsageError: The text is not a filter, or a condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    return _read(*read_json(text), dictionary)


def filter_of_json(content: Any, dictionary: DataDictionary) -> Filter | None:
    """Read a filter from an object; see `read_filter_json`."""
    return _read(*check_json(content), dictionary)


def _read(content: Any, problems: Sequence[Problem], dictionary: DataDictionary) -> Filter | None:
    if content is None and problems:
        raise refuse_filter(problems)
    found = read_pheno(content, dictionary)
    problems = (*problems, *found.problems)
    if not problems:
        if found.tree is not None:
            check_filter(found.tree, dictionary, found.marks)
        return found.tree
    checked = () if found.tree is None else find_problems(found.tree, dictionary, found.marks)
    raise refuse_filter(tuple(dict.fromkeys((*problems, *checked))))
