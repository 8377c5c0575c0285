"""The refusal of a filter: all that is wrong with it, as a text and as values."""

from collections.abc import Sequence

from apollo_spark.errors import Problem, UsageError

LISTED = 100
"""Problems that are written out; all are counted."""


def refuse_filter(problems: Sequence[Problem]) -> UsageError:
    """Return the refusal of a filter that cannot be read; it holds places, and no value."""
    one = problems[0]
    # One sentence with its fix needs no list.
    if len(problems) == 1 and one.text.endswith("."):
        what = f"The filter cannot be read: {one.place}."
        return UsageError(what, why=one.text, fix=one.expected, problems=problems)
    return UsageError(list_problems("The filter cannot be read", problems), problems=problems)


def list_problems(what: str, problems: Sequence[Problem]) -> str:
    """Return a text with a line for each problem; of very many, for the first ones."""
    lines = [f"{what}:", *map(_line_of, problems[:LISTED])]
    if len(problems) > LISTED:
        lines.append(f"- and {len(problems) - LISTED:,} more")
    return "\n".join(lines)


def _line_of(problem: Problem) -> str:
    where = f"{problem.place}: " if problem.place else ""
    # A sentence of its own says what to write; elsewhere the text has it already.
    fix = f" {problem.expected}" if problem.text.endswith(".") and problem.expected else ""
    return f"- {where}{problem.text}{fix}"
