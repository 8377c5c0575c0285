"""The options of verbs that make a version: each once, by the field of the request that it sets."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import click

from apollo_spark.cli.context import common_options, limit_options, split_names, wait_option

Command = TypeVar("Command", bound=Callable[..., Any])
Kind = Literal[
    "text", "flag", "files", "pairs", "names", "list", "texts", "markers", "folder", "hours",
    "number",
]  # fmt: skip


class Option(NamedTuple):
    """How a field of a request is given on the command line.

    Attributes:
        help: What it does.
        metavar: What its value is.
        kind: How its value is read: as text, a flag, files (repeated), pairs of entity and file
            (repeated), names (None where there is none), a list of names, texts as they are, or
            markers, separated by commas, a folder, hours, or a whole number.
        choices: The values that there are, where they are few.
        default: The value without it.
        spelled: Its name, where that is not the field's.
        short: One letter that says it too.
    """

    help: str
    metavar: str | None = None
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    default: str | None = None
    spelled: str | None = None
    short: str | None = None


def _choice(help_text: str, *choices: str, has_default: bool = True) -> Option:
    return Option(help_text, choices=choices, default=choices[0] if has_default else None)


OPTIONS: Mapping[str, Option] = {
    "as_name": Option("The name of the result.", "NAME", spelled="as"),
    "dictionary": Option("data_dictionary.csv", "F"),
    "codings": Option("codings.csv", "F"),
    "entities": Option("entity_dictionary.csv", "F"),
    "data": Option("Data files of an entity; may be repeated.", "ENTITY=FILE|DIR", "pairs"),
    "delete": Option("Keys of rows that go, under the header.", "ENTITY=FILE", "pairs"),
    "schema_tag": Option("Tag of like datasets.", "TAG", spelled="schema"),
    "encoding": Option("Encoding of the data files.", "E", default="utf-8"),
    "delimiter": Option(
        "What separates the cells of data files: a character, or tab; else files show it.", "D"
    ),
    "no_codings": Option("Infer no codings: values stay as they are.", kind="flag"),
    "codings_of": Option("The columns whose values are codes, and no others.", "LIST", "names"),
    "mode": _choice(
        "What the files add; by default their entity and columns say it.",
        "fields", "rows", "entity", has_default=False,
    ),
    "assay": Option("Name of the assay.", "A"),
    "unit": Option("count, expected_count, tpm, fpkm, fpkm_uq, rpkm or other:NAME.", "U"),
    "sources": Option(
        "Matrix, long file, manifest or outputs of a quantifier; may be repeated.",
        "FILE|DIR", "files", spelled="source",
    ),
    "format": Option(
        "matrix, long, manifest, salmon, kallisto ...; auto detects it.", "F", default="auto"
    ),
    "annotation": Option("GTF file or table of genes or transcripts.", "F"),
    "release": Option("Release of the annotation.", "TEXT"),
    "id_map": Option("csv with columns from and to: other ids to Ensembl.", "F"),
    "feature_ids": _choice("Whether ids must be ENSG or ENST.", "ensembl", "any"),
    "features": _choice("What files with different features do.", "refuse", "union"),
    "on_duplicate": _choice("What a repeated feature does.", "refuse", "sum", "mean", "first"),
    "sample_pattern": Option("Finds the sample id in a file's path.", "RE"),
    "sample_columns": Option(
        "Which columns of a matrix are samples: an expression searched in the header, or a file "
        "of their names, one a line.",
        "RE|F",
    ),
    "no_header": Option(
        "The files have no header; --samples or a manifest names the samples.", kind="flag"
    ),
    "samples": Option(
        "Names of the samples, separated by commas, in the order of columns or files.",
        "LIST", "list",
    ),
    "strand": _choice(
        "Which counts of STAR and of the GDC are taken.", "unstranded", "forward", "reverse"
    ),
    "replace": Option(
        "Keep nothing of the version before: no other units, no sample fields.", kind="flag"
    ),
    "link": Option("Fields that hold the same values.", "S_ENTITY.FIELD=T_ENTITY.FIELD"),
    "relationship": _choice(
        "Read from source to target; one_to_one between primary keys, else many_to_one.",
        "one_to_one", "many_to_one", "one_to_many", has_default=False,
    ),
    "on_clash": Option(
        "Names that both have: refuse, join, prefix:P or join,prefix:P.", "RULE", default="refuse"
    ),
    "name": Option("What the assay is called in the result.", "N"),
    "link_file": Option(
        "csv with a header: ids of samples, and values of the target's field.", "F"
    ),
    "sample_fields": Option("Fields of the samples that come along; all by default.", "LIST",
                            "names"),
    "no_sample_fields": Option("Leave the samples' own fields out.", kind="flag"),
    "fields": Option("Fields to keep, or a file with one a line.", "LIST|F"),
    "assays": Option("Assays to keep; an empty list keeps none.", "LIST", "names"),
    "rows": Option("Rows of the main entity to keep, as a filter.", "FILTER"),
    "missing": Option(
        "Texts that mean missing, separated by commas; empty always does.", "LIST", "markers"
    ),
    "policy": Option("YAML: what refuses, quarantines or warns.", "F"),
    "report": Option("Folder of the validation report.", "DIR", "folder"),
    "dry_run": Option("Run every check, write nothing to the lake.", kind="flag"),
    "apply": Option("Do it; by default only the plan.", kind="flag"),
    "full": Option("Say what views keep to themselves too.", kind="flag"),
    "only": Option("Of what is planned, do this alone.", "LIST", "texts"),
    "force": Option("Overwrite existing files.", kind="flag"),
    "engine": Option(
        "Who answers; auto starts no JVM on a local lake.",
        choices=("auto", "spark", "embedded"), default="auto",
    ),
    "sql": Option("Print the statement instead of the rows.", kind="flag"),
}  # fmt: skip

ONLY_PLANS = Option("Only plan, whatever --apply says.", kind="flag")
"""`--dry-run` of a verb that plans unless it is told to act."""
NO_OTHERS: Mapping[str, Option] = {}
ABOUT_ROWS = ("dictionary", "codings", "data", "missing", "policy", "report", "dry_run")
"""Options of every load."""
ABOUT_MATRICES = (
    "assay", "sources", "format", "id_map", "features", "on_duplicate", "sample_pattern",
    "sample_columns", "no_header", "samples", "delimiter", "strand",
)  # fmt: skip
"""Options of every verb that reads expression files."""


def _type_of(option: Option) -> click.ParamType[Any] | None:
    if option.kind == "hours":
        return click.FloatRange(min=0)
    if option.kind == "number":
        return click.INT
    return click.Choice(option.choices) if option.choices else None


class VerbOptions:
    """The options of one verb.

    Args:
        names: The fields of the request, in the order in which they are shown.
        required: Those that must be given.
        others: Fields whose option is another one in this command.
        waits: Whether it may wait for other writers.
    """

    def __init__(
        self,
        *names: str,
        required: Sequence[str] = (),
        others: Mapping[str, Option] = NO_OTHERS,
        waits: bool = True,
    ) -> None:
        self._waits = waits
        self._options = {name: others.get(name) or OPTIONS[name] for name in names}
        self._required = required

    def add(self, command: Command) -> Command:
        """Add them to a command, with --wait where it waits and those that every command has."""
        # Where an engine may be chosen, an answer may take long.
        command = limit_options(common_options(command), hidden="engine" not in self._options)
        if self._waits:
            command = wait_option(command)
        for name in reversed(self._options):
            command = self._as_click(name)(command)
        return command

    def _as_click(self, name: str) -> Callable[[Command], Command]:
        option = self._options[name]
        short = () if option.short is None else (f"-{option.short}",)
        words = *short, f"--{(option.spelled or name).replace('_', '-')}", name
        if option.kind == "flag":
            return click.option(*words, is_flag=True, help=option.help)
        # For click a default of None is a value: an option that has one is never missing.
        default: dict[str, Any] = {} if option.default is None else {"default": option.default}
        return click.option(
            *words,
            type=_type_of(option),
            multiple=option.kind in ("files", "pairs"),
            **default,
            show_default=option.default is not None,
            required=name in self._required,
            metavar=option.metavar,
            help=option.help,
        )

    def request(self, verb: str, values: Mapping[str, Any]) -> Any:
        """Return the request of a verb, from options and arguments as they were given.

        Raises:
            UsageError: A pair of entity and file is not one.
        """
        from apollo_spark.verbs.table import request_type

        wanted = request_type(verb)
        return wanted(
            **{
                name: self._read(name, value)
                for name, value in values.items()
                if name in wanted.model_fields
            }
        )

    def _read(self, name: str, value: Any) -> Any:
        kind = self._options[name].kind if name in self._options else "text"
        if kind == "pairs":
            from apollo_spark.sources.inputs import parse_data_option

            return tuple(parse_data_option(each) for each in value)
        if kind == "markers":
            return tuple(value.split(",")) if value else ()
        if kind == "folder":
            return str(Path(value)) if value else None
        if kind == "names":
            return split_names(value)
        if kind == "list" and value is None:
            return ()
        if kind in ("list", "texts") and value is not None:
            return tuple(each.strip() for each in value.split(","))
        return value
