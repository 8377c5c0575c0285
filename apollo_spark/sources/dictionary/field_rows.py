"""The rows of the data dictionary: what each says about itself, and which names occur twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.model.names import find_name_problem
from apollo_spark.sources.dictionary.columns import FORMAT, OPEN_CODING, YES
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TextRow, TextTable
from apollo_spark.workers.values.formats import why_not_format
from apollo_spark.workers.values.tidying import tidy_name

TYPES = tuple(str(each) for each in FieldType)
KEY_ROLES = ("global", "local")
FLAGS = ("is_multi_select", "is_sparse_coding", OPEN_CODING)


@dataclass(frozen=True)
class FieldRow:
    """A row of the data dictionary under the names of its entity and field."""

    entity: str
    name: str
    row: TextRow

    @property
    def path(self) -> str:
        """Return `entity.field`."""
        return f"{self.entity}.{self.name}"

    @property
    def line(self) -> int:
        """Return the physical line of the row."""
        return self.row.line

    @property
    def is_multi_select(self) -> bool:
        """Return whether a cell holds several values."""
        return self.word("is_multi_select") == YES

    def word(self, column: str) -> str:
        """Return a cell that holds a name or a fixed word, without blanks around it."""
        return self.row[column].strip()

    def finding(self, file: str, rule: str, message: str, column: str) -> Finding:
        """Return a finding about a cell of the row."""
        text = f"field '{self.path}': {message}"
        return finding_of(
            rule, text, file=file, line=self.line, entity=self.entity or None, column=column
        )


@dataclass(frozen=True)
class FieldTable:
    """The fields of a data dictionary, each once, in the order of the file.

    `is_whole` is false when the file may hold fields that could not be read.
    """

    file: str
    fields: tuple[FieldRow, ...]
    is_whole: bool = True

    @cached_property
    def by_entity(self) -> Mapping[str, Mapping[str, FieldRow]]:
        """The fields by name by entity; entities in the order in which they first appear."""
        found: dict[str, dict[str, FieldRow]] = {}
        for each in self.fields:
            found.setdefault(each.entity, {})[each.name] = each
        return found

    @cached_property
    def global_keys(self) -> tuple[FieldRow, ...]:
        """The fields that say they are the key of the main entity: one, in a sound dictionary."""
        return tuple(each for each in self.fields if each.word("primary_key_type") == "global")


def collect_fields(table: TextTable) -> tuple[FieldTable, tuple[Finding, ...]]:
    """Name the rows of a data dictionary.

    Names that differ only by case are one name: such an entity is taken under its first spelling,
    and of a field that occurs twice only the first row is taken, so that one mistake does not
    show up under other rules as well.
    """
    entities: dict[str, FieldRow] = {}
    fields: dict[tuple[str, str], FieldRow] = {}
    findings: list[Finding] = []
    for row in table.rows:
        entity, name = row["entity"].strip(), row["name"].strip()
        each = FieldRow(entity, name, row)
        known = entities.setdefault(entity.lower(), each)
        findings += _check_entity_name(table.file, each, known)
        each = FieldRow(known.entity, name, row)
        first = fields.setdefault((entity.lower(), name.lower()), each)
        findings += _check_field_name(table.file, each, first)
    found = FieldTable(table.file, tuple(fields.values()), table.is_whole)
    return found, tuple(findings)


def _check_entity_name(file: str, field: FieldRow, known: FieldRow) -> Iterator[Finding]:
    problem = None
    if field is known:
        problem = find_name_problem(field.entity)
    elif field.entity != known.entity:
        problem = f"line {known.line} spells it '{known.entity}', and both are one name"
    if problem:
        message = f"entity '{field.entity}': {problem}"
        yield finding_of(
            "entity_name",
            message,
            file=file,
            line=field.line,
            entity=field.entity or None,
            column="entity",
        )


def _check_field_name(file: str, field: FieldRow, first: FieldRow) -> Iterator[Finding]:
    if field is not first:
        spelt = "" if field.name == first.name else f" as '{first.name}', which is the same name,"
        message = f"the field is{spelt} already on line {first.line}"
        yield field.finding(file, "field_repeated", message, "name")
    elif problem := find_name_problem(field.name):
        yield field.finding(file, "field_name", problem, "name")


def check_field(file: str, field: FieldRow) -> Iterator[Finding]:
    """Check the cells of one row that need no other row: type, flags, role, need of a coding."""
    type_ = field.word("type")
    if type_ not in TYPES:
        hint = " (did you mean 'float'?)" if type_ == "double" else did_you_mean(type_, TYPES)
        message = f"the type is '{type_}'{hint}, and not one of {', '.join(TYPES)}"
        yield field.finding(file, "field_type", message, "type")
    elif (format_ := field.row[FORMAT]) and (
        why := why_not_format(format_, FieldType(type_).value)
    ):
        message = f"'{format_}' is not a format of type {type_}: {why}"
        yield field.finding(file, "field_format", message, FORMAT)
    for flag in FLAGS:
        if field.word(flag) not in ("", YES):
            message = f"'{field.word(flag)}' is neither '{YES}' nor empty"
            yield field.finding(file, "flag_value", message, flag)
    yield from _check_key_role(file, field)
    if field.word("is_sparse_coding") == YES and not field.row["coding_name"]:
        message = "the field is sparse and has no coding"
        yield field.finding(file, "coding_of_sparse", message, "coding_name")


def _check_key_role(file: str, field: FieldRow) -> Iterator[Finding]:
    role = field.word("primary_key_type")
    if role not in ("", *KEY_ROLES):
        message = f"'{role}'{did_you_mean(role, KEY_ROLES)} is not global, local or empty"
        yield field.finding(file, "key_role", message, "primary_key_type")
    elif role and field.is_multi_select:
        message = "a field with several values in a cell cannot be a key"
        yield field.finding(file, "key_role", message, "primary_key_type")


def check_keys(table: FieldTable) -> Iterator[Finding]:
    """Check that there is one global key, and at most one key in each entity."""
    if not table.global_keys:
        message = "no field is the global key; one row needs 'global'"
        yield finding_of("key_global", message, file=table.file, column="primary_key_type")
    for each in table.global_keys[1:]:
        message = f"a second global key; the first is '{table.global_keys[0].path}'"
        message += f" on line {table.global_keys[0].line}"
        yield each.finding(table.file, "key_global", message, "primary_key_type")
    surplus = {each.path for each in table.global_keys[1:]}
    for fields in table.by_entity.values():
        keys = [each for each in fields.values() if each.word("primary_key_type") in KEY_ROLES]
        keys = [each for each in keys if each.path not in surplus]
        for each in keys[1:]:
            message = f"a second primary key; the first is '{keys[0].path}' on line {keys[0].line}"
            yield each.finding(table.file, "key_repeated", message, "primary_key_type")


def check_open_codings(table: FieldTable) -> Iterator[Finding]:
    """Check that an open coding can take new values, and is open wherever it is used."""
    codings: dict[str, FieldRow] = {}
    for each in table.fields:
        name, is_open = each.row["coding_name"], each.word(OPEN_CODING) == YES
        first = codings.setdefault(name, each)
        problem = _closing(each) if is_open else None
        if name and (first.word(OPEN_CODING) == YES) != is_open:
            problem = f"it is open for one field and not for '{first.path}'"
        if problem:
            message = f"coding '{name}': {problem}"
            yield each.finding(table.file, "coding_open", message, OPEN_CODING)


def _closing(field: FieldRow) -> str | None:
    """Return why values of a field cannot become codes."""
    if not field.row["coding_name"]:
        return "it is open, and there is none"
    if field.is_multi_select:
        return "a cell holds several values"
    if field.word("is_sparse_coding") == YES:
        return "the field is sparse, and values beside the codes are ordinary ones"
    if field.word("type") not in ("string", "integer"):
        return "only texts and whole numbers become codes"
    return None


def check_headers(table: FieldTable) -> Iterator[Finding]:
    """Check that no two fields of an entity are read from one column of the raw file."""
    for fields in table.by_entity.values():
        seen: dict[str, FieldRow] = {}
        for each in fields.values():
            header = tidy_name(each.row["source_column"]) or each.name
            first = seen.setdefault(header, each)
            if first is not each:
                message = f"it is read from column '{header}', as is '{first.path}'"
                yield each.finding(table.file, "field_repeated", message, "source_column")
