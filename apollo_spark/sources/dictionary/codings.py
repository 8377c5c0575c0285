"""The codings: what each says by itself, the order of its codes, and how they fit the fields."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.sources.dictionary.columns import PARENT_CODE
from apollo_spark.sources.dictionary.field_rows import TYPES, FieldRow, FieldTable
from apollo_spark.sources.dictionary.graph import find_cycles
from apollo_spark.sources.findings import NAMES_LIMIT, finding_of, finding_of_lines, list_names
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TextRow, TextTable
from apollo_spark.workers.values.code_values import CodeValue, parse_code

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
    return codings, (_of_rows("code_empty", message, table.file, empty),)


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
            yield _of_rows("code_repeated", message, file, found)


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


def _of_rows(
    rule: str, message: str, file: str, rows: Iterable[TextRow], column: str = "code"
) -> Finding:
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


ITEM_SEPARATOR = "|"
_RESERVED = re.compile(r"icd(9|10)(cm|pcs):")

CodingUses = Mapping[str, Sequence[FieldRow]]
"""The fields that use a coding, by its name, in the order of the first use."""


def collect_uses(table: FieldTable) -> CodingUses:
    """Return the fields by the coding that they name."""
    uses: dict[str, list[FieldRow]] = {}
    for each in table.fields:
        if each.row["coding_name"]:
            uses.setdefault(each.row["coding_name"], []).append(each)
    return uses


def check_known(
    table: FieldTable, uses: CodingUses, codings: CodingRows, file: str | None
) -> Iterator[Finding]:
    """Check that every coding that a field names is there; `file` is None where none was given."""
    for name, fields in uses.items():
        if name in codings:
            continue
        source = Path(file).name if file else "codings.csv"
        if _RESERVED.match(name):
            problem = f"is a reserved name; its codes are not built in and must be in {source}"
        elif file is None:
            problem = "is used, and no codings were given"
        else:
            problem = f"is not in {source}{did_you_mean(name, codings)}"
        paths = list_names(each.path for each in fields)
        message = f"coding '{name}' of field {paths} {problem}"
        lines = [each.line for each in fields]
        found = finding_of_lines(
            "coding_unknown", message, file=table.file, lines=lines, column="coding_name"
        )
        yield found.model_copy(update={"entity": fields[0].entity})


def check_unused(table: TextTable, uses: CodingUses, codings: CodingRows) -> Iterator[Finding]:
    """Warn about codings that no field uses: they are not kept."""
    unused = [name for name in codings if name not in uses]
    if unused:
        message = f"no field uses these codings, and they are left out: {list_names(unused)}"
        lines = [codings[name][0].line for name in unused]
        yield finding_of_lines(
            "coding_unused", message, file=table.file, lines=lines, column="coding_name"
        )


def check_fit(table: TextTable, uses: CodingUses, codings: CodingRows) -> Iterator[Finding]:
    """Check that the codes of a coding can be values of every field that uses it."""
    for name, fields in uses.items():
        rows = codings.get(name, ())
        by_type: dict[str, list[FieldRow]] = {}
        for each in fields:
            by_type.setdefault(each.word("type"), []).append(each)
        for type_, typed in by_type.items():
            if type_ in TYPES:
                yield from _check_type(table.file, name, typed, FieldType(type_), rows)
        several = [each.path for each in fields if each.is_multi_select]
        divided = [row for row in rows if ITEM_SEPARATOR in row["code"]]
        if several and divided:
            message = f"coding '{name}' of multi-select field {list_names(several)}: code "
            message += f"{_codes_of(divided)} holds '{ITEM_SEPARATOR}', which separates the values"
            yield _of_rows("code_type", message, table.file, divided)


def _check_type(
    file: str,
    name: str,
    fields: Sequence[FieldRow],
    type_: FieldType,
    rows: Sequence[TextRow],
) -> Iterator[Finding]:
    if type_ is FieldType.STRING:
        return
    wrong: list[TextRow] = []
    equal: list[TextRow] = []
    first_codes: dict[CodeValue, str] = {}
    for row in rows:
        value = parse_code(row["code"], type_)
        if value is None:
            wrong.append(row)
        elif first_codes.setdefault(value, row["code"]) != row["code"]:
            equal.append(row)
    if not wrong and not equal:
        return
    where = f"coding '{name}' of field {list_names(each.path for each in fields)}"
    if wrong:
        message = f"{where}: code {_codes_of(wrong)} is not of type {type_}"
        yield _of_rows("code_type", message, file, wrong)
    if equal:
        message = f"{where}: code {_codes_of(equal)} is the same {type_} as another code"
        yield _of_rows("code_repeated", message, file, equal)


def _codes_of(rows: Sequence[TextRow]) -> str:
    return list_names(dict.fromkeys(each["code"] for each in rows))
