"""Extract rows and dictionaries of a dataset into files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from apollo_spark.engines.base import Engine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.engines.wide import build_wide
from apollo_spark.errors import UsageError
from apollo_spark.export.dictionary_csv import write_dictionary
from apollo_spark.export.rows import STANDARD_OUTPUT, format_of, require_free, write_rows
from apollo_spark.export.spreadsheets import require_spreadsheet, spreadsheet_safe
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.model.base import Record
from apollo_spark.model.names import parse_reference
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.answering import answering
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.people import open_for_reading
from apollo_spark.operations.context import say_nothing
from apollo_spark.operations.field_lists import read_field_list, read_wide_list
from apollo_spark.operations.guarded.persons import require_rows
from apollo_spark.operations.locating import Say, locate, require_no_rule
from apollo_spark.operations.written import Statement, Written
from apollo_spark.query.extract import (
    ExtractPlan,
    ExtractRequest,
    build_extract,
    build_extract_per_entity,
)
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import spark_statement
from apollo_spark.query.values import ValueMode
from apollo_spark.query.wide.plan import WidePlan, plan_wide
from apollo_spark.runtime.settings import LakeSettings


class ExtractFieldsRequest(VerbRequest):
    """What a person asks for: the options of `apollo extract fields`."""

    verb = "extract fields"

    name: str
    fields: str
    values: str = "raw"
    sparse_labels: bool = False
    wide: str | None = None
    per_entity: bool = False
    output: str | None = None
    force: bool = False
    engine: str = "auto"
    spreadsheet_safe: bool = False
    cohort: str | None = None
    filter: str | None = None
    sql: bool = False
    full: bool = False


class DictionaryRequest(VerbRequest):
    """What a person asks for: the options of `apollo extract dictionary`."""

    verb = "extract dictionary"

    name: str
    output: str
    force: bool = False


class WrittenDictionary(Record):
    """The files of a dictionary."""

    written: tuple[str, ...]


def extract(asker: Asker, request: ExtractFieldsRequest) -> Written | Statement:
    """Write the rows of an extract, or return its statements.

    Raises:
        NotFoundError: The record or a field is not there, or the rule of a view would be shown.
        UsageError: A file exists, or its ending names no format.
        BrokenPinError: A pinned table cannot be read.
    """
    if request.sql:
        return _statements(asker, request)
    settings = asker.read_settings()
    return Written(rows=extract_fields(asker.lake, request, settings=settings, say=asker.say))


def _statements(asker: Asker, request: ExtractFieldsRequest) -> Statement:
    opened, plans = plan_extract(asker.lake, request)
    require_no_rule(opened.record, full=request.full)
    where = locate(asker.lake)
    with _answering(asker.lake, request, plans, asker.read_settings) as engine:
        found = [_with_columns(engine, each, opened, asker.say) for each in plans.values()]
    statements = (spark_statement(each.tree, opened.pins, where) for each in found)
    return Statement(sql="\n".join(f"{each};" for each in statements))


Plans = Mapping[str, "ExtractPlan | WidePlan"]
"""Questions by entity, or one under the empty name."""


def plan_extract(
    lake: Lake, request: ExtractFieldsRequest, *, say: Say = say_nothing
) -> tuple[OpenDataset, Plans]:
    """Return the dataset and the questions of an extract, by entity where it is one each.

    Raises:
        NotFoundError: The record or a field is not there, or it is guarded.
        UsageError: The filter has no meaning.
        ConflictError: The cohort is based on another version.
    """
    opened = open_for_reading(
        lake, request.name, cohort=request.cohort, text=request.filter, say=say
    )
    require_rows(lake, opened)
    # On the command line words are parted by hyphens.
    mode = ValueMode(request.values.replace("-", "_"))
    asked = ExtractRequest(
        fields=read_field_list(request.fields),
        values=mode,
        sparse_labels=request.sparse_labels,
        wide=read_wide_list(request.wide),
    )
    return opened, build_plans(opened.scope, asked, per_entity=request.per_entity)


def build_plans(scope: QueryScope, request: ExtractRequest, *, per_entity: bool = False) -> Plans:
    """Return the questions of a request, by entity, or one under the empty name.

    Raises:
        NotFoundError: A field is not there.
        UsageError: The request has no meaning.
    """
    if request.wide:
        if per_entity:
            raise UsageError(
                "The wide form has one row for each row of the main entity, and --per-entity one "
                "file for each entity.",
                fix="Leave one of them out.",
            )
        return {"": plan_wide(scope, request)}
    if per_entity:
        return build_extract_per_entity(scope, request)
    return {"": build_extract(scope, request)}


def extract_fields(
    lake: Lake, request: ExtractFieldsRequest, *, settings: LakeSettings, say: Say
) -> dict[str, int]:
    """Write the rows of an extract and return how many by file, none for standard output.

    Raises:
        NotFoundError: The record or a field is not there.
        UsageError: A file exists, or its ending names no format.
        BrokenPinError: A pinned table cannot be read.
    """
    opened, plans = plan_extract(lake, request, say=say)
    targets = {entity: _target(request, entity) for entity in plans}
    for target in targets.values():
        require_free(target, force=request.force)
    if request.spreadsheet_safe:
        require_spreadsheet(targets.values())
    written: dict[str, int] = {}
    for each in plans.values():
        _warn_of_factor(each, say)
    with answering(lake, request.engine, settings) as engine:
        for entity, each in plans.items():
            plan = _with_columns(engine, each, opened, say)
            reader = answer_fields(engine, plan, opened.pins)
            if request.spreadsheet_safe:
                reader = spreadsheet_safe(reader)
            rows = write_rows(
                reader, targets[entity], format_of(targets[entity]), force=request.force
            )
            if targets[entity] != STANDARD_OUTPUT:
                say(f"wrote {rows:,} rows to {targets[entity]}")
                written[targets[entity]] = rows
            _tell_factor(plan, opened, rows, say)
    return written


def _target(request: ExtractFieldsRequest, entity: str) -> str:
    if not entity:
        return request.output or STANDARD_OUTPUT
    if request.output in (None, STANDARD_OUTPUT):
        raise UsageError(
            "One file for each entity cannot go to standard output.", fix="Add -o FILE.csv."
        )
    path = Path(str(request.output))
    return str(path.with_name(f"{path.stem}.{entity}{path.suffix}"))


@contextmanager
def _answering(
    lake: Lake,
    request: ExtractFieldsRequest,
    plans: Plans,
    read_settings: Callable[[], LakeSettings],
) -> Iterator[Engine | None]:
    """Give an engine where a statement needs one: only its columns have to be asked for."""
    if all(isinstance(each, ExtractPlan) for each in plans.values()):
        yield None
        return
    with answering(lake, request.engine, read_settings()) as engine:
        yield engine


def _with_columns(
    engine: Engine | None, plan: "ExtractPlan | WidePlan", opened: OpenDataset, say: Say
) -> ExtractPlan:
    """Return a question whose columns are known; those of a wide extract are asked for."""
    if isinstance(plan, ExtractPlan):
        return plan
    assert engine is not None, "columns are asked for"
    return build_wide(engine, plan, opened.pins, say)


def _warn_of_factor(plan: "ExtractPlan | WidePlan", say: Say) -> None:
    if isinstance(plan, ExtractPlan) and plan.multiplying:
        say(
            f"warning: rows of {' and '.join(plan.multiplying)} multiply each other, because they "
            "are independent of each other; --per-entity writes one file each"
        )


def _tell_factor(plan: ExtractPlan, opened: OpenDataset, rows: int, say: Say) -> None:
    """Say how much larger the answer is than the largest entity in it."""
    # How many rows a table has is not to be told where some of them are hidden.
    if not plan.multiplying or opened.is_limited:
        return
    largest = max(
        opened.pins[opened.scope.tables_of(each)[0].table].rows for each in plan.multiplying
    )
    say(f"warning: {rows:,} rows, {rows / max(largest, 1):.1f} times those of the largest of them")


def extract_dictionary(asker: Asker, request: DictionaryRequest) -> WrittenDictionary:
    """Write the three dictionary files of a dataset and return their paths.

    Raises:
        UsageError: A file exists and may not be overwritten.
    """
    record = asker.lake.load_record(parse_reference(request.name))
    texts = write_dictionary(asker.lake.load_dictionary(record))
    target = Path(request.output)
    with storage_access(f"Cannot make the folder {target}."):
        target.mkdir(parents=True, exist_ok=True)
    paths = {kind: target / f"{record.name}.{kind}.csv" for kind in texts}
    for path in paths.values():
        require_free(str(path), force=request.force)
    for kind, path in paths.items():
        with storage_access(f"Cannot write {path}."):
            path.write_text(texts[kind], encoding="utf-8", newline="")
    return WrittenDictionary(written=tuple(str(path) for path in paths.values()))
