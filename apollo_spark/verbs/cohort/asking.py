"""Count a cohort, list its ids, say what it is: over what its dataset shows now."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.cohorts.opening import People, load_cohort, open_cohort
from apollo_spark.operations.cohorts.people import people_by_filter
from apollo_spark.operations.over_dataset import describe_over_dataset
from apollo_spark.query.cohorts.text import describe_step
from apollo_spark.verbs.cohort.filter_forms import filter_json_of, filter_prose_of
from apollo_spark.workers.values.texts import format_column


def people_asked_for(
    lake: Lake, name: str | None, *, source: str | None = None, text: str | None = None
) -> People:
    """Return the people of a cohort, or those of a dataset or a cohort for whom a filter holds.

    Raises:
        UsageError: Neither or both are named, or the filter has no meaning.
        NotFoundError: Something is not there, or not to be seen.
    """
    if (name is None) == (source is None) or (source is None) != (text is None):
        raise UsageError(
            "Name a cohort, or a dataset and a filter.",
            fix="Write NAME[@V], or --from DATASET[@V] --filter TEXT.",
        )
    if name is not None:
        return open_cohort(lake, load_cohort(lake, name))
    opened = lake.open(parse_reference(str(source)))
    return people_by_filter(lake, opened, str(text))


def list_ids(people: People, engine: Engine) -> Iterator[str]:
    """Yield the ids as texts, in the order of the key.

    Raises:
        UsageError: An id is not one line.
    """
    for batch in people.keys(engine):
        texts = format_column(batch.column(0))
        if (
            pa.types.is_string(batch.column(0).type)
            and pc.any(pc.match_substring_regex(texts, "[\r\n]")).as_py()
        ):
            raise UsageError(
                "An id holds an end of line, so that it cannot be listed as one.",
                fix="Extract the key: apollo extract fields COHORT --fields ENTITY.KEY.",
            )
        yield from texts.to_pylist()


def count_now(lake: Lake, record: CohortRecord) -> int:
    """Return how many people are in a cohort: as it was published, if nobody was withdrawn."""
    if not lake.withdrawn_from(record):
        return record.published_count
    return open_cohort(lake, record).count(EmbeddedEngine(lake.tables))


def describe_cohort(lake: Lake, record: CohortRecord) -> dict[str, Any]:
    """Return a cohort as the JSON object that `show --json` prints.

    Its count is that of now where people were withdrawn from what it reads.
    """
    own = {
        "operation": record.step.operation.value,
        "cohorts": [each.version for each in record.cohorts],
        "filter": describe_step(record.step, [each.version for each in record.cohorts]),
        "filter_prose": filter_prose_of(lake, record),
        **filter_json_of(lake, record),
        "count": count_now(lake, record),
        "count_published": record.count,
    }
    return describe_over_dataset(lake, record, own)
