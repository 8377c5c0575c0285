"""The rows of the codings: what each coding says by itself, and the order of its codes."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.findings import Finding
from apollo_spark.sources.dictionary.columns import PARENT_CODE
from apollo_spark.sources.dictionary.graph import find_cycles
from apollo_spark.sources.findings import NAMES_LIMIT, finding_of, finding_of_lines, list_names
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TextRow, TextTable

ORDER = "display_order"
CYCLES_LIMIT = 10
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}\Z")
_LAST = float("inf")

CodingRows = Mapping[str, Sequence[TextRow]]
"""The rows by the name of their coding, in the order of the file."""


def collect_codings(table: TextTable) -> tuple[CodingRows, tuple[Finding, ...]]:
    """Group the rows by coding; rows without a coding or a code are reported and left out."""
    codings: dict[str, list[TextRow]] = {}
    empty: list[TextRow] = []
    for row in table.rows:
        if row["coding_name"] and row["code"]:
            codings.setdefault(row["coding_name"], []).append(row)
        else:
            empty.append(row)
    if not empty:
        return codings, ()
    message = "a row of the codings has no coding name or no code"
    return codings, (_of_rows("code_empty", message, table.file, empty, "code"),)


def check_coding(file: str, name: str, rows: Sequence[TextRow]) -> Iterator[Finding]:
    """Check one coding by itself: repeated codes, orders, parents and cycles."""
    yield from _check_repeated(file, name, rows)
    unordered = [each for each in rows if each[ORDER] and not _WHOLE_NUMBER.match(each[ORDER])]
    if unordered:
        codes = list_names(each["code"] for each in unordered)
        message = f"coding '{name}': the display order of code {codes} is not a whole number"
        yield _of_rows("code_order", message, file, unordered, ORDER)
    known = {each["code"] for each in rows}
    orphans = [each for each in rows if each[PARENT_CODE] and each[PARENT_CODE] not in known]
    if orphans:
        parents = dict.fromkeys(each[PARENT_CODE] for each in orphans)
        hint = "".join(did_you_mean(each, known) for each in list(parents)[:1])
        message = f"coding '{name}': parent {list_names(parents)}{hint} is not a code of the coding"
        yield _of_rows("code_parent", message, file, orphans, PARENT_CODE)
    yield from _check_cycles(file, name, rows)


def _check_repeated(file: str, name: str, rows: Sequence[TextRow]) -> Iterator[Finding]:
    places: set[tuple[str, str]] = set()
    meanings: dict[str, str] = {}
    repeated: list[TextRow] = []
    ambiguous: list[TextRow] = []
    for row in rows:
        place = row["code"], row[PARENT_CODE]
        if meanings.setdefault(row["code"], row["meaning"]) != row["meaning"]:
            ambiguous.append(row)
        elif place in places:
            repeated.append(row)
        places.add(place)
    for found, problem in (
        (repeated, "occurs more than once under one parent"),
        (ambiguous, "has more than one meaning"),
    ):
        if found:
            codes = list_names(dict.fromkeys(each["code"] for each in found))
            message = f"coding '{name}': code {codes} {problem}"
            yield _of_rows("code_repeated", message, file, found, "code")


def _check_cycles(file: str, name: str, rows: Sequence[TextRow]) -> Iterator[Finding]:
    parents: dict[str, list[str]] = {each["code"]: [] for each in rows}
    lines: dict[tuple[str, str], int] = {}
    for row in rows:
        if row[PARENT_CODE] in parents:
            parents[row["code"]].append(row[PARENT_CODE])
            lines[row["code"], row[PARENT_CODE]] = row.line
    for cycle in islice(find_cycles(parents), CYCLES_LIMIT):
        shown = [*cycle[:NAMES_LIMIT], "...", cycle[0]] if len(cycle) > NAMES_LIMIT else None
        path = " under ".join(shown or [*cycle, cycle[0]])
        line = lines[cycle[-1], cycle[0]]
        message = f"coding '{name}': codes are under each other: {path}"
        yield finding_of("code_cycle", message, file=file, line=line, column=PARENT_CODE)


def _of_rows(rule: str, message: str, file: str, rows: Iterable[TextRow], column: str) -> Finding:
    lines = [each.line for each in rows]
    return finding_of_lines(rule, message, file=file, lines=lines, column=column)


def build_coding(name: str, rows: Sequence[TextRow]) -> Coding:
    """Place the codes of a sound coding in their order, numbered from 1.

    Given display orders decide among siblings, those without one follow in the order of the
    file. A flat coding keeps the rows of the file and gets ranks; a tree is walked depth first,
    and a code under two parents is met under both, its children under the first only.
    """
    ordered = sorted(rows, key=_given_order)
    if any(each[PARENT_CODE] for each in rows):
        walked = tuple(_walk(ordered))
        return _to_coding(name, walked, lambda at, _row: at)
    ranks = {each.line: rank for rank, each in enumerate(ordered, start=1)}
    return _to_coding(name, rows, lambda _at, row: ranks[row.line])


def _given_order(row: TextRow) -> float:
    return int(row[ORDER]) if row[ORDER] else _LAST


def _walk(ordered: Sequence[TextRow]) -> Iterator[TextRow]:
    children: dict[str, list[TextRow]] = {}
    for row in reversed(ordered):
        children.setdefault(row[PARENT_CODE], []).append(row)
    waiting = children.pop("", [])
    while waiting:
        row = waiting.pop()
        yield row
        waiting.extend(children.pop(row["code"], ()))


def _to_coding(name: str, rows: Sequence[TextRow], order: Callable[[int, TextRow], int]) -> Coding:
    places = tuple(
        CodePlace(
            code=row["code"],
            meaning=row["meaning"],
            concept=row["concept"],
            parent_code=row[PARENT_CODE],
            display_order=order(at, row),
        )
        for at, row in enumerate(rows, start=1)
    )
    return Coding(name=name, rows=places)
