"""`apollo extract`: rows and dictionaries out of a dataset."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import (
    ask_here,
    current,
    perform_here,
    print_answer,
    print_outcome,
    print_plans,
)
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.terminal import print_json, put_data, say
from apollo_spark.errors import UsageError

if TYPE_CHECKING:
    from apollo_spark.assays.expression.read.matrix_memory import ReadEstimate

FILE = Option("csv, tsv or parquet by its ending; - is stdout.", "F", short="o")
FOLDER = Option("Folder; made if missing.", "DIR", short="o")
RULE_TOO = Option("Print a statement that shows the rule of a view.", kind="flag")
PEOPLE = {
    "cohort": Option("Those of the people of a cohort alone.", "C"),
    "filter": Option("Those of people who fulfil a filter alone.", "TEXT"),
}
SPARSE_LABELS = Option(
    "Numbers and dates stay such: what sparse codes mean has a column of its own, "
    "ENTITY.FIELD.label.",
    kind="flag",
)
WIDE = Option(
    "One row a person: fields of an entity become columns by a number, or by a date's order; "
    ":number, :order, :first or :last says how.",
    "ENTITY.FIELD[:HOW],...",
)
FIELDS = VerbOptions(
    "fields", "values", "sparse_labels", "wide", "per_entity", "output", "force",
    "spreadsheet_safe", "sql", "full", "engine", "cohort", "filter",
    required=("fields",),
    others={
        **PEOPLE,
        "fields": Option("entity.field,entity.field ... or a file with one a line.", "LIST|F"),
        "values": Option(
            "Codes as stored, as meanings, or without sparse codes.",
            choices=("raw", "decoded", "exclude-sparse"), default="raw",
        ),
        "sparse_labels": SPARSE_LABELS,
        "wide": WIDE,
        "per_entity": Option("Write one file for each entity.", kind="flag"),
        "output": FILE,
        "spreadsheet_safe": Option(
            "Put ' before text that a spreadsheet would take for a formula.", kind="flag"
        ),
        "full": RULE_TOO,
    },
    waits=False,
)  # fmt: skip
EXPRESSION = VerbOptions(
    "assay", "unit", "filter_json", "matrix", "additional_fields", "output", "force", "sql",
    "full", "dry_run", "cohort", "filter", "fields", "wide", "match",
    others={
        **PEOPLE,
        "match": Option(
            "In h5mu, a row for each row of ENTITY instead of each sample: samples of a person in "
            "all assays are one row.", "ENTITY",
        ),
        "fields": Option(
            "Fields of people and samples, decoded, in h5ad and h5mu; or a file with one a line.",
            "LIST|F",
        ),
        "wide": WIDE,
        "assay": Option("The assay; by default the first one, in h5mu all; there several.", "A"),
        "unit": Option("The unit; by default that of the first load.", "U"),
        "filter_json": Option(
            "A filter: a file, - for stdin, or the JSON itself; without one everything.", "F"
        ),
        "matrix": Option("A row for each sample, a column for each feature.", kind="flag"),
        "additional_fields": Option("Of feature_name, chrom, start, end, strand.", "LIST"),
        "output": FILE._replace(
            help="csv, tsv or parquet by its ending; h5ad and h5mu are matrices; - is stdout."
        ),
        "force": Option("Overwrite an existing file.", kind="flag"),
        "full": RULE_TOO,
        "dry_run": Option("Say how many rows and bytes it would be.", kind="flag"),
    },
    waits=False,
)  # fmt: skip
DICTIONARY = VerbOptions(
    "output", "force", required=("output",), others={"output": FOLDER}, waits=False
)
SEALED = VerbOptions(
    "output", "dry_run",
    required=("output",),
    others={
        "output": FOLDER._replace(help="Folder; not there, or empty."),
        "dry_run": Option("Count what it would hold, and write nothing.", kind="flag"),
    },
    waits=False,
)  # fmt: skip
SQL = VerbOptions(
    "dialect", "schema_name", "grant", "full",
    others={
        "dialect": Option("databricks or spark.", "D", default="databricks"),
        "schema_name": Option(
            "Where the views go; by default NAME.", "CATALOG.SCHEMA", spelled="schema"
        ),
        "grant": Option("Who may read the views.", "GROUP", "files"),
        "full": RULE_TOO._replace(help="Print statements that show the rule of a view."),
    },
    waits=False,
)  # fmt: skip


@click.group("extract")
def extract_command() -> None:
    """Write rows or dictionaries to files."""


@extract_command.command("fields")
@click.argument("name", metavar="NAME[@V]")
@FIELDS.add
def fields_command(**values: Any) -> None:
    """Extract fields of one or several entities, joined outward from the main entity."""
    from apollo_spark.verbs.ask.extract import plan_extract

    request = FIELDS.request("extract fields", values)
    if _must_be_checked_only(values):
        plan_extract(current().lake(), request)
    _extract(request, values)


@extract_command.command("expression")
@click.argument("name", metavar="NAME[@V]")
@EXPRESSION.add
def expression_command(**values: Any) -> None:
    """Extract expression values: feature_id,sample_id,expression, or a matrix."""
    from apollo_spark.assays.expression.read.extract import plan_expression

    request = EXPRESSION.request("extract expression", values)
    if _must_be_checked_only(values):
        plan_expression(current().lake(), request)
    _extract(request, values)


def _must_be_checked_only(values: dict[str, Any]) -> bool:
    """Whether data would go where the JSON object goes: then they are checked, and not written.

    Raises:
        UsageError: They are told to go there.
    """
    if not current().as_json:
        return False
    if values["output"] == "-":
        raise UsageError(
            "Data and the JSON object cannot both go to standard output.",
            fix="Name a file with -o, or leave --json out.",
        )
    return values["output"] is None and not values["sql"] and not values.get("dry_run")


def _extract(request: Any, values: dict[str, Any]) -> None:
    from apollo_spark.operations.written import Statement, Written

    if _must_be_checked_only(values):
        say("note: no data were written, because --json takes standard output; add -o F")
        print_json(Written(rows={}).as_json())
        return
    found = ask_here(request)
    if current().as_json:
        print_json(found.as_json())
    elif isinstance(found, Statement):
        put_data(found.sql)
    elif not isinstance(found, Written):
        _say_estimate(found)


def _say_estimate(found: "ReadEstimate") -> None:
    read = "" if found.stored_bytes is None else f", {found.stored_bytes:,} bytes read"
    say(
        f"{found.samples:,} samples x {found.features:,} features: at most {found.rows:,} rows, "
        f"{found.bytes:,} bytes in memory{read}"
    )


@extract_command.command("dictionary")
@click.argument("name", metavar="NAME[@V]")
@DICTIONARY.add
def dictionary_command(**values: Any) -> None:
    """Write the three dictionary files of a dataset."""
    found = ask_here(DICTIONARY.request("extract dictionary", values))
    if not current().as_json:
        for path in found.written:
            say(f"wrote {path}")
    print_answer(found, lambda _: "")


@extract_command.command("sealed")
@click.argument("name", metavar="NAME[@V]")
@SEALED.add
def sealed_command(**values: Any) -> None:
    """Write a copy that holds what NAME shows and no more, as a lake of its own."""
    outcome = perform_here(SEALED.request("extract sealed", values))
    print_plans(outcome)
    if outcome.plan is None:
        say(f"wrote a lake with {', '.join(outcome.published)} to {values['output']}")
    else:
        say("nothing was written: this was a dry run")
    print_outcome(outcome, lambda _: None)


@extract_command.command("sql")
@click.argument("name", metavar="NAME[@V]")
@SQL.add
def sql_command(**values: Any) -> None:
    """Print statements that make a view of each entity, at the pinned versions."""
    found = ask_here(SQL.request("extract sql", values))
    if current().as_json:
        print_json(found.as_json())
    else:
        put_data(found.sql)
