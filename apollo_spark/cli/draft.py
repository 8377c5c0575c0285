"""`apollo draft-dictionary`: propose a data dictionary for files that have none."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, print_answer
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.text import render_table
from apollo_spark.export.printable import printable
from apollo_spark.model.guess import EMPTY

if TYPE_CHECKING:
    from apollo_spark.verbs.draft_dictionary import WrittenDraft

DRAFT = VerbOptions(
    "output", "from_format", "main", "keys", "encoding", "delimiter", "missing", "force",
    required=("output",),
    others={
        "output": Option("Folder of the draft.", "DIR", short="o"),
        "from_format": Option(
            "The files are dictionaries in the format of another system.",
            choices=("redcap", "omop", "cbioportal"), spelled="from",
        ),
        "main": Option("The entity that all others are about.", "ENTITY"),
        "keys": Option(
            "The column that tells the rows of an entity apart; may be repeated.",
            "ENTITY=COLUMN", "pairs", spelled="key",
        ),
    },
    waits=False,
)  # fmt: skip
SHOWN = 40
"""Guesses that are shown; all of them are in a file."""
ORDER = ("unsure", "likely", "sure")


@click.command("draft-dictionary")
@click.argument("files", metavar="FILE|DIR|ENTITY=FILE ...", nargs=-1, required=True)
@DRAFT.add
def draft_dictionary_command(**values: Any) -> None:
    """Propose the dictionary of FILES, with what was guessed, and the command that loads them."""
    found = ask_here(DRAFT.request("draft-dictionary", values), needs_lake=False)
    print_answer(found, _render)


def _render(found: "WrittenDraft") -> str:
    lines = [
        f"{found.entities} entities, {found.fields} fields; main entity: {found.main_entity}",
        *(printable(f"wrote {path}") for path in found.written),
    ]
    if found.missing:
        lines.append(printable(f"these cells are read as missing: {', '.join(found.missing)}"))
    empty = sum(each.what == EMPTY for each in found.guesses)
    if empty:
        lines.append(f"columns without any value, taken as text: {empty:,}")
    guesses = sorted(
        (each for each in found.guesses if each.what != EMPTY),
        key=lambda each: ORDER.index(each.certainty),
    )
    if guesses:
        counts = Counter(str(each.certainty) for each in guesses)
        listed = ", ".join(f"{counts[each]} {each}" for each in ORDER if counts[each])
        lines += ["", f"{len(guesses)} guesses ({listed}); read them before you load:", ""]
        rows = [
            (
                str(each.certainty),
                f"{each.entity}.{each.field}" if each.field else each.entity,
                each.what, each.proposed, each.why,
            )
            for each in guesses[:SHOWN]
        ]  # fmt: skip
        lines.append(render_table(("how sure", "of", "what", "proposed", "why"), rows))
        if len(guesses) > SHOWN:
            lines.append(f"and {len(guesses) - SHOWN} more in guesses.csv")
    return "\n".join([*lines, "", printable(found.command)])
