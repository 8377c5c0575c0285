"""Which fields use which coding, and whether its codes fit them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.sources.code_values import CodeValue, parse_code
from apollo_spark.sources.dictionary.codings import CodingRows
from apollo_spark.sources.dictionary.field_rows import TYPES, FieldRow, FieldTable
from apollo_spark.sources.findings import finding_of_lines, list_names
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TextRow, TextTable

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
                where = f"coding '{name}' of field {list_names(each.path for each in typed)}"
                yield from _check_type(table.file, where, FieldType(type_), rows)
        several = [each.path for each in fields if each.is_multi_select]
        divided = [row for row in rows if ITEM_SEPARATOR in row["code"]]
        if several and divided:
            message = f"coding '{name}' of multi-select field {list_names(several)}: code "
            message += f"{_codes_of(divided)} holds '{ITEM_SEPARATOR}', which parts the values"
            yield _of_rows("code_type", message, table.file, divided)


def _check_type(
    file: str, where: str, type_: FieldType, rows: Sequence[TextRow]
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
    if wrong:
        message = f"{where}: code {_codes_of(wrong)} is no {type_}"
        yield _of_rows("code_type", message, file, wrong)
    if equal:
        message = f"{where}: code {_codes_of(equal)} is the same {type_} as another code"
        yield _of_rows("code_repeated", message, file, equal)


def _codes_of(rows: Sequence[TextRow]) -> str:
    return list_names(dict.fromkeys(each["code"] for each in rows))


def _of_rows(rule: str, message: str, file: str, rows: Sequence[TextRow]) -> Finding:
    lines = [each.line for each in rows]
    return finding_of_lines(rule, message, file=file, lines=lines, column="code")
