"""Filters of cohorts as JSON of the original, read and written, and as sentences."""

from typing import Any

from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Comparison, Operator
from apollo_spark.operations.cohorts.opening import dataset_of
from apollo_spark.query.filters.pheno.check import read_filter_json
from apollo_spark.query.filters.pheno.write import write_pheno
from apollo_spark.query.filters.prose import describe_filter
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter
from apollo_spark.sources.option_text import read_json_option


def filter_text_of(given: str, dictionary: DataDictionary) -> str:
    """Return the text of a filter that is given as JSON: a path, `-` for stdin, or the JSON.

    Raises:
        NotFoundError: The file, or a name in the filter, is not there.
        UsageError: It is not a filter, or has no meaning; all that is wrong is listed.
    """
    tree = read_filter_json(read_json_option(given, "filter"), dictionary)
    return write_filter(tree or _everybody(dictionary))


def filter_json_of(lake: Lake, record: CohortRecord) -> dict[str, Any]:
    """Return what the JSON of a cohort says of its filter as JSON: it, or why there is none."""
    if record.step.text is None or record.cohorts:
        made_of = "other cohorts" if record.cohorts else "a list of ids"
        return _refused(f"the cohort is made of {made_of}")
    dictionary = lake.open_record(dataset_of(lake, record)).dictionary
    try:
        written = write_pheno(parse_filter(record.step.text), dictionary)
    except UsageError as refused:
        return _refused(*(each.text for each in refused.problems))
    return {"filter_json": written, "filter_json_problems": []}


def filter_prose_of(lake: Lake, record: CohortRecord) -> str | None:
    """Return the own filter of a cohort as a sentence, None where it has none."""
    if record.step.text is None:
        return None
    dictionary = lake.open_record(dataset_of(lake, record)).dictionary
    return describe_filter(parse_filter(record.step.text), dictionary)


def _refused(*why: str) -> dict[str, Any]:
    return {"filter_json": None, "filter_json_problems": list(why)}


def _everybody(dictionary: DataDictionary) -> Comparison:
    """Return a condition that everybody fulfils: a row has a key."""
    main = dictionary.find_entity(dictionary.main_entity)
    assert main is not None, "a dataset has a main entity"
    key = main.primary_key or main.fields[0].name
    return Comparison(entity=main.name, field=key, operator=Operator.IS_NOT_MISSING)
