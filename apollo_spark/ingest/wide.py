"""Write the rows of an entity to several tables at once: each file is parsed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.plan import ClinicalPlan, PlannedEntity
from apollo_spark.ingest.write import (
    Excluded,
    WrittenEntity,
    excluded_lines,
    faults_of,
    write_entities,
)
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.pin import TablePin
from apollo_spark.tables.layout import arrow_schema, cut_entity
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.staging import StageTarget, StageTask, run_stage
from apollo_spark.workers.values.hashing import ContentHash

WrittenTables = tuple[dict[str, WrittenEntity], dict[str, TablePin]]
"""What was read and found wrong by entity, and the pin of each table."""


@dataclass
class WrittenTable:
    """What the tasks wrote for one table."""

    files: list[WrittenFile] = field(default_factory=list)
    content: ContentHash = field(default_factory=ContentHash)


@dataclass(frozen=True)
class EntityTables:
    """The tables of an entity by name, with their columns; the first holds every row."""

    entity: Entity
    columns: Mapping[str, tuple[str, ...]]

    @property
    def schemas(self) -> dict[str, pa.Schema]:
        """What each table stores."""
        return {name: columns_of(self.entity, names) for name, names in self.columns.items()}


def columns_of(entity: Entity, names: Sequence[str]) -> pa.Schema:
    """Return some columns of an entity as a table stores them."""
    schema = arrow_schema(entity)
    return pa.schema([schema.field(each) for each in names])


def plan_tables(plan: ClinicalPlan) -> tuple[EntityTables, ...]:
    """Return the tables of the entities of a load: one for each that is not too wide."""
    found = []
    for entity in plan.dictionary.entities:
        cut = cut_entity(plan.dictionary.relations, entity, plan.max_columns)
        names = [entity.name, *(f"{entity.name}.{each}" for each in range(2, len(cut) + 1))]
        found.append(EntityTables(entity, dict(zip(names, cut, strict=True))))
    return tuple(found)


def table_schemas(plan: ClinicalPlan) -> dict[str, pa.Schema]:
    """Return the columns of all tables of a load, by their names."""
    return {name: schema for each in plan_tables(plan) for name, schema in each.schemas.items()}


def wide_slices(plan: ClinicalPlan) -> dict[str, tuple[TableSlice, ...]]:
    """Return the tables of the entities that have several."""
    return {
        each.entity.name: tuple(
            TableSlice(table=name, fields=tuple(columns[1:]) if number else None)
            for number, (name, columns) in enumerate(each.columns.items())
        )
        for each in plan_tables(plan)
        if len(each.columns) > 1
    }


def write_plan(
    runner: TaskRunner, plan: ClinicalPlan, folders: Mapping[str, str], *, excluded: Excluded
) -> tuple[dict[str, WrittenEntity], dict[str, WrittenTable]]:
    """Write the rows of a load; narrow entities all in one go.

    Args:
        runner: Who runs the tasks.
        plan: The load.
        folders: The folder of each table, by its name.
        excluded: Lines of rows to leave out.

    Returns:
        What was read and found wrong by entity, and what was written by table.
    """
    wide = {each.entity.name: each for each in plan_tables(plan) if len(each.columns) > 1}
    narrow = [each for each in plan.entities if each.spec.entity not in wide]
    written = write_entities(
        runner, narrow, folder_of=lambda name: folders[name], excluded=excluded
    )
    tables = {name: WrittenTable(each.files, each.content) for name, each in written.items()}
    for entity in plan.entities:
        if (cut := wide.get(entity.spec.entity)) is not None:
            targets = [(folders[name], schema) for name, schema in cut.schemas.items()]
            found, parts = write_tables(runner, entity, targets, excluded=excluded)
            written[entity.spec.entity] = found
            tables |= zip(cut.columns, parts, strict=True)
    return written, tables


def write_drafts(
    runner: TaskRunner,
    plan: ClinicalPlan,
    publication: Publication,
    *,
    excluded: Excluded,
    before: WrittenTables | None = None,
) -> WrittenTables:
    """Write the rows of a load as unpublished versions of its tables.

    Args:
        runner: Who runs the tasks.
        plan: The load.
        publication: Gives the tables.
        excluded: Lines of rows to leave out.
        before: What was written with fewer lines left out, or none: only entities that have such
            lines are written again.
    """
    schemas = table_schemas(plan)
    drafts = {each: publication.table(each) for each in schemas}
    publication.step("write rows")
    folders = {name: draft.folder for name, draft in drafts.items()}
    chosen = plan if before is None else _only_with_lines(plan, excluded)
    written, tables = write_plan(runner, chosen, folders, excluded=excluded)
    pins = {}
    for name in (each for each in schemas if each in tables):
        drafts[name].commit(tables[name].files, schemas[name])
        pins[name] = drafts[name].pin(content_hash=tables[name].content.hex())
    entities, known = before or ({}, {})
    return {**entities, **written}, {**known, **pins}


def _only_with_lines(plan: ClinicalPlan, lines: Excluded) -> ClinicalPlan:
    """Return a load of those entities alone that have some of the lines."""
    concerned = (each for each in plan.entities if any(lines.get(file.path) for file in each.files))
    return replace(plan, entities=tuple(concerned))


def write_tables(
    runner: TaskRunner,
    entity: PlannedEntity,
    targets: Sequence[tuple[str, pa.Schema]],
    *,
    excluded: Excluded,
) -> tuple[WrittenEntity, tuple[WrittenTable, ...]]:
    """Write the rows of an entity, some columns to each table.

    Args:
        runner: Who runs the tasks.
        entity: The rows.
        targets: The folder and the columns of each table.
        excluded: Lines of rows to leave out.

    Returns:
        What was read and found wrong, with the rows of the first table, and every table.
    """
    places = tuple(StageTarget(folder, schema, tuple(schema.names)) for folder, schema in targets)
    tasks = [
        StageTask(entity.spec, block, places, excluded_lines(excluded.get(block.file.path)))
        for block in entity.blocks
    ]
    tables = tuple(WrittenTable() for _ in targets)
    written = WrittenEntity(entity.spec.entity)
    for task, result in zip(tasks, runner.run(run_stage, tasks), strict=True):
        parts = zip(tables, result["files"], result["hashes"], strict=True)
        for table, file, content in parts:
            if file is not None:
                table.files.append(WrittenFile(**file))
            table.content += ContentHash(**content)
        written.found.extend(faults_of(task, result))
        written.odd.update(result["odd"])
    written.files, written.content = tables[0].files, tables[0].content
    return written, tables
