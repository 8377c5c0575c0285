"""A dataset as SQL for a catalog: a view for each entity and assay unit, at the pinned versions."""

from collections.abc import Iterator

from sqlglot import exp

from apollo_spark.assays.base import ReadAssay
from apollo_spark.assays.types import type_of
from apollo_spark.engines.base import TableFiles
from apollo_spark.errors import UsageError
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.names import parse_reference
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.guarded.persons import require_rows
from apollo_spark.operations.locating import locate, require_no_rule
from apollo_spark.operations.written import Statement
from apollo_spark.query.sql import column, labelled, spark_statement, sql_name

DIALECTS = ("databricks", "spark")


class SqlRequest(VerbRequest):
    """What a person asks for: the options of `apollo extract sql`."""

    verb = "extract sql"

    name: str
    dialect: str = "databricks"
    schema_name: str | None = None
    grant: tuple[str, ...] = ()
    full: bool = False


def create_views(asker: Asker, request: SqlRequest) -> Statement:
    """Return statements that make views of everything that a dataset shows, and grant them.

    The views hold the rows and columns that the dataset shows. Whoever may use them must not be
    able to read the tables: that is what the catalog is for.

    Raises:
        NotFoundError: The dataset is not there, or the rule of a view would be shown.
        UsageError: Spark's own dialect has no grants, or the dialect is not known.
    """
    if request.dialect not in DIALECTS:
        raise UsageError(f"The dialect is one of {', '.join(DIALECTS)}, not {request.dialect!r}.")
    if request.grant and request.dialect != "databricks":
        raise UsageError("Spark has no grants.", fix="Use --dialect databricks.")
    lake = asker.lake
    opened = lake.open(parse_reference(request.name))
    require_rows(lake, opened)
    require_no_rule(opened.record, full=request.full)
    schema = tuple((request.schema_name or opened.record.name).split("."))
    statements = [f"CREATE SCHEMA IF NOT EXISTS {sql_name(*schema)}"]
    groups = [sql_name(each) for each in request.grant]
    statements += [f"GRANT USE SCHEMA ON SCHEMA {sql_name(*schema)} TO {each}" for each in groups]
    for title, tree in _questions(lake.tables, opened):
        view = sql_name(*schema, title)
        query = spark_statement(tree, opened.pins, locate(lake), pretty=True)
        statements.append(f"CREATE OR REPLACE VIEW {view} AS\n{query}")
        statements += [f"GRANT SELECT ON VIEW {view} TO {each}" for each in groups]
    return Statement(sql="\n".join(f"{each};" for each in statements))


def _questions(files: TableFiles, opened: OpenDataset) -> Iterator[tuple[str, exp.Select]]:
    """Yield the name and the question of each view."""
    for entity in opened.dictionary.entities:
        fields = [each.name for each in entity.fields]
        shown = [labelled(column(entity.name, each), each) for each in fields]
        source = opened.scope.source(entity.name, fields)
        yield entity.name, exp.select(*shown).from_(source, copy=False)
    for assay in opened.record.assays:
        yield from type_of(assay).questions(ReadAssay(files, opened, assay))
