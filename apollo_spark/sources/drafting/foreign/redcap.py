"""The data dictionary of a REDCap project: one entity of records, its forms as folders.

Columns are those of the export, or of the API (`field_name`, `form_name` ...). Of a checkbox each
choice is a column of its own, `NAME___CODE`, as exports of data have it.
"""

import re
from collections.abc import Iterator, Mapping

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.sources.drafting.foreign.collected import Collected
from apollo_spark.sources.text_table import TextRow, TextTable

ENTITY = "record"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("variable / field name", "field_name"),
    "form": ("form name", "form_name"),
    "section": ("section header", "section_header"),
    "type": ("field type", "field_type"),
    "label": ("field label", "field_label"),
    "choices": (
        "choices, calculations, or slider labels",
        "choices or calculations",
        "select_choices_or_calculations",
    ),
    "note": ("field note", "field_note"),
    "check": (
        "text validation type or show slider number",
        "text_validation_type_or_show_slider_number",
    ),
}
"""What a cell is, and the names of its column."""
REQUIRED = ("name", "type")
NUMBERS = {"integer": FieldType.INTEGER, "number": FieldType.FLOAT}
YES_NO = (("1", "Yes"), ("0", "No"))
TRUE_FALSE = (("1", "True"), ("0", "False"))
_TAGS = re.compile(r"<[^>]*>")
_CHOICE = re.compile(r"\s*([^,|]+?)\s*,\s*(.*?)\s*\Z", re.DOTALL)


def read_redcap(table: TextTable) -> Collected:
    """Return the fields of a project; what shows text alone holds no value and is left out."""
    fields: list[FieldSpec] = []
    codings: list[Coding] = []
    section = ("", "")
    for row in table.rows:
        form, header = _cell(row, "form"), _plain(_cell(row, "section"))
        if header or form != section[0]:
            # A header belongs to the fields below it too, as far as the form goes.
            section = form, header
        for spec, coding in _fields_of(row, section):
            fields.append(spec)
            codings += [coding] if coding else []
    return Collected({ENTITY: fields}, {ENTITY: fields[0].name} if fields else {}, codings, ENTITY)


def _cell(row: TextRow, what: str) -> str:
    return next((row[each].strip() for each in COLUMNS[what] if row[each]), "")


def _fields_of(row: TextRow, section: tuple[str, str]) -> Iterator[tuple[FieldSpec, Coding | None]]:
    name, kind = _cell(row, "name"), _cell(row, "type").lower()
    if kind in ("descriptive", "file", "signature") or not name:
        return
    if kind == "checkbox":
        for code, meaning in _choices(row):
            suffix = re.sub(r"[^a-z0-9_]", "_", code.lower())
            spec = _field(
                row, f"{name}___{suffix}", FieldType.INTEGER, f"{_label(row)}: {meaning}", section
            )
            yield _coded(spec, (("0", "Unchecked"), ("1", "Checked")))
        return
    choices = {"yesno": YES_NO, "truefalse": TRUE_FALSE}.get(kind) or (
        tuple(_choices(row)) if kind in ("radio", "dropdown") else ()
    )
    spec = _field(row, name, _type(row, kind, choices), _label(row), section)
    yield _coded(spec, choices) if choices else (spec, None)


def _type(row: TextRow, kind: str, choices: tuple[tuple[str, str], ...]) -> FieldType:
    check = _cell(row, "check").lower()
    if choices:
        is_whole = all(re.fullmatch("-?[0-9]+", code) for code, _ in choices)
        return FieldType.INTEGER if is_whole else FieldType.STRING
    if kind == "calc":
        return FieldType.FLOAT
    if kind == "slider":
        return FieldType.INTEGER
    if check.startswith("datetime"):
        return FieldType.DATETIME
    if check.startswith("date"):
        return FieldType.DATE
    return NUMBERS.get(check.partition("_")[0], FieldType.STRING)


def _field(
    row: TextRow, name: str, type_: FieldType, label: str, section: tuple[str, str]
) -> FieldSpec:
    folders = (section[0].replace("_", " ").strip(), section[1])
    return FieldSpec(
        name=name,
        type=type_,
        title=label or None,
        description=_plain(_cell(row, "note")) or None,
        folder_path=tuple(each.replace(">", "-") for each in folders if each),
    )


def _coded(
    spec: FieldSpec, choices: tuple[tuple[str, str], ...]
) -> tuple[FieldSpec, Coding | None]:
    coding = Coding(
        name=spec.name,
        rows=tuple(
            CodePlace(code=code, meaning=meaning, display_order=order)
            for order, (code, meaning) in enumerate(dict(choices).items(), start=1)
        ),
    )
    return spec.model_copy(update={"coding_name": coding.name}), coding


def _choices(row: TextRow) -> Iterator[tuple[str, str]]:
    """Yield codes with their meanings: `1, Never | 2, Former`."""
    for each in _cell(row, "choices").split("|"):
        if match := _CHOICE.match(each):
            yield match[1], _plain(match[2])


def _label(row: TextRow) -> str:
    return _plain(_cell(row, "label"))


def _plain(text: str) -> str:
    """Return a text without the tags of HTML that labels may have."""
    return " ".join(_TAGS.sub(" ", text).split())
