"""Descriptions of guarded records: what they are, and of their numbers what is decided."""

from collections.abc import Mapping
from typing import Any, TypeVar

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.suppressed import Count, Suppressed
from apollo_spark.operations.cohorts.opening import open_cohort
from apollo_spark.operations.disclosing import given_count, limit_of, open_disclosure
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.hiding import without_numbers
from apollo_spark.operations.guarded.rows import read_people

R = TypeVar("R", bound=PublishedRecord)

UNDECIDED = ("receipt", "withdrawn", "inputs", "pins", "assays")
"""Parts of a description whose numbers are not shown; versions of tables are none."""


def guarded_description(
    lake: Lake, record: PublishedRecord, shown: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a description with what is given of its numbers, where the record is guarded.

    Args:
        lake: Where it is.
        record: The record.
        shown: Its description.
    """
    limit = limit_of(lake, record)
    if limit is None:
        return dict(shown)
    hidden = Suppressed(fewer_than=limit.least, why="rest")
    found: dict[str, Any] = {
        name: _without(name, value, hidden) if name in UNDECIDED else value
        for name, value in shown.items()
    }
    found["guard"] = limit.as_json()
    if isinstance(record, CohortRecord):
        engine = EmbeddedEngine(lake.tables)
        found["count"] = given_count(lake, open_cohort(lake, record), engine)
        # Of before somebody was withdrawn.
        found["count_published"] = hidden if shown["withdrawn"] else found["count"]
    if isinstance(record, DatasetRecord):
        found["entities"] = _entities(lake, record, shown["entities"], hidden)
        found["not_counted"] = []
    return found


def _without(name: str, value: Any, hidden: Suppressed) -> Any:
    """Return a part without its numbers; the version of a table is a number of nothing."""
    if name != "pins":
        return without_numbers(value, hidden)
    # A content hash begins with the number of rows.
    kept = ("table", "version", "location", "path", "files_digest")
    hashed = {"content_hash": None}
    return [
        {
            **{key: each[key] for key in kept if key in each},
            "rows": hidden,
            **(hashed if "content_hash" in each else {}),
        }
        for each in value
    ]


def _entities(
    lake: Lake, record: DatasetRecord, entities: Mapping[str, Any], hidden: Suppressed
) -> dict[str, Any]:
    """Return the entities: everybody is counted, and rows of others are not."""
    engine, opened = EmbeddedEngine(lake.tables), lake.open_record(record)
    disclosure = open_disclosure(lake, opened, engine)
    main: Count = hidden
    if disclosure is not None and entities.get(record.main_entity, {}).get("primary_key"):
        sheet = Sheet()
        cell = read_people(opened, engine).count(sheet)
        sheet.decide(disclosure)
        main = sheet[cell]
    return {
        name: {**each, "rows": main if name == record.main_entity else hidden}
        for name, each in entities.items()
    }


def shown_record_of(lake: Lake, record: R) -> R:
    """Return a record as Python users see it: of what is guarded without what has numbers."""
    limit = limit_of(lake, record) if lake.registry.snapshot().guards else None
    if limit is None:
        return record
    names = ("pins", "kept", "rules", "assays", "profiles")
    update: dict[str, Any] = {each: () for each in names if each in type(record).model_fields}
    if isinstance(record, CohortRecord):
        update["count"] = Suppressed(fewer_than=limit.least, why="rest")
    return record.model_copy(update=update)
