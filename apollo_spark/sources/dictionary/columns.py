"""The columns of the three dictionary files, for reading and for writing them."""

from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of, list_names
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.sources.text_table import TextTable

SOURCE_COLUMN = "source_column"
OPEN_CODING = "is_open_coding"
FORMAT = "format"
FIELD_OWN = (SOURCE_COLUMN, OPEN_CODING, FORMAT)
"""Columns that the original does not know: they are written only where a field needs them."""
FIELD_REQUIRED = ("entity", "name", "type", "primary_key_type")
FIELD_OPTIONAL = (
    "coding_name",
    "concept",
    "description",
    "folder_path",
    "is_multi_select",
    "is_sparse_coding",
    "linkout",
    "longitudinal_axis_type",
    "referenced_entity_field",
    "relationship",
    "title",
    "units",
)
CODE_REQUIRED = ("coding_name", "code", "meaning")
CODE_OPTIONAL = ("concept", "display_order")
PARENT_CODE = "parent_code"
ENTITY_REQUIRED = ("entity",)
ENTITY_OPTIONAL = (
    "entity_title",
    "entity_description",
    "entity_label_plural",
    "entity_label_singular",
)
FOLDER_SEPARATOR = " > "
YES = "yes"


def check_field_columns(table: TextTable) -> tuple[Finding, ...]:
    """Check the header of the data dictionary."""
    found = _missing(table, FIELD_REQUIRED, "dictionary_columns")
    absent = [each for each in FIELD_OPTIONAL if each not in table.columns]
    if absent and not found:
        message = f"these columns are not there and are read as empty: {list_names(absent)}"
        found += (finding_of("dictionary_optional_columns", message, file=table.file),)
    return found + _unknown(table, (*FIELD_REQUIRED, *FIELD_OPTIONAL, *FIELD_OWN))


def check_code_columns(table: TextTable) -> tuple[Finding, ...]:
    """Check the header of the codings."""
    found = _missing(table, CODE_REQUIRED, "coding_columns")
    return found + _unknown(table, (*CODE_REQUIRED, *CODE_OPTIONAL, PARENT_CODE))


def check_entity_columns(table: TextTable) -> tuple[Finding, ...]:
    """Check the header of the entity dictionary."""
    found = _missing(table, ENTITY_REQUIRED, "dictionary_columns")
    return found + _unknown(table, (*ENTITY_REQUIRED, *ENTITY_OPTIONAL))


def has_columns(table: TextTable, required: tuple[str, ...]) -> bool:
    """Return whether all of these columns are there."""
    return set(required) <= set(table.columns)


def _missing(table: TextTable, required: tuple[str, ...], rule: str) -> tuple[Finding, ...]:
    absent = [each for each in required if each not in table.columns]
    if not absent:
        return ()
    message = f"these columns are missing: {list_names(absent)}"
    return (finding_of(rule, message, file=table.file),)


def _unknown(table: TextTable, known: tuple[str, ...]) -> tuple[Finding, ...]:
    unknown = [each for each in table.columns if each not in known]
    if not unknown:
        return ()
    if len(unknown) == len(table.columns):
        # It may be a file of people, whose first row must not be shown.
        message = "no column of such a file is here: is it another file, or its header missing?"
        return (finding_of("dictionary_extra_columns", message, file=table.file),)
    free = [each for each in known if each not in table.columns]
    names = ", ".join(f"'{each}'{did_you_mean(each, free)}" for each in unknown)
    message = f"these columns have no meaning here and are not read: {names}"
    return (finding_of("dictionary_extra_columns", message, file=table.file),)
