"""The named checks: one table for the loader, the report, the policy and the documentation."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from apollo_spark.errors import EXIT_CODES_OF_RULES


class Severity(str, Enum):
    """What a finding does to the load."""

    REFUSE = "refuse"
    QUARANTINE = "quarantine"
    WARN = "warn"

    def __str__(self) -> str:
        """Return the word of the policy file."""
        return self.value


@dataclass(frozen=True)
class Rule:
    """A named check.

    `kind` is file, dictionary, value or clash and decides the exit code; `original_code` is the
    error number of the original product where one is known. A policy never softens what a
    dictionary breaks, but for rules that say so by `can_soften`.
    """

    name: str
    kind: str
    summary: str
    default: Severity = Severity.REFUSE
    original_code: int | None = None
    can_quarantine: bool = False
    can_soften: bool = False

    @property
    def exit_code(self) -> int:
        """Exit code of a load that this rule refuses."""
        return EXIT_CODES_OF_RULES[self.kind]


WARN = Severity.WARN


def file_rule(name: str, summary: str, default: Severity = Severity.REFUSE) -> Rule:
    """Return a rule on files as such."""
    return Rule(name=name, kind="file", summary=summary, default=default)


def _dictionary(
    name: str,
    summary: str,
    code: int | None = None,
    default: Severity = Severity.REFUSE,
    *,
    can_soften: bool = False,
) -> Rule:
    return Rule(
        name=name,
        kind="dictionary",
        summary=summary,
        default=default,
        original_code=code,
        can_soften=can_soften,
    )


def _value(name: str, summary: str, default: Severity = Severity.REFUSE) -> Rule:
    return Rule(name=name, kind="value", summary=summary, default=default, can_quarantine=True)


def content_rule(name: str, summary: str, default: Severity = Severity.REFUSE) -> Rule:
    """Return a rule on the content of an assay, where no single row could be set aside."""
    return Rule(name=name, kind="value", summary=summary, default=default)


def _clash(name: str, summary: str) -> Rule:
    return Rule(name=name, kind="clash", summary=summary)


FILE_RULES = (
    file_rule("file_missing", "the file or folder is there"),
    file_rule("file_empty", "a file has a header"),
    file_rule("file_not_text", "a file is text in the stated encoding"),
    file_rule("file_truncated", "a compressed file is whole"),
    file_rule(
        "file_too_large", "a file that is read whole, or one cell, is not larger than allowed"
    ),
    file_rule("file_damaged", "a compressed file can be decompressed"),
    file_rule("file_of_entity", "every entity has a file, and every file an entity"),
    file_rule("file_left_alone", "every file of a folder is read", WARN),
    file_rule("file_copied", "no two files of an entity have the same content"),
    file_rule("header_repeated_column", "a column occurs once in the header"),
    file_rule("header_repeated", "the header occurs once in a file"),
    file_rule("header_missing_column", "every field of the dictionary has a column"),
    file_rule("header_unknown_column", "every column is a field of the dictionary"),
    file_rule("row_length", "every row has as many cells as the header"),
    file_rule("row_too_long", "a row, and each of its cells, is shorter than 64 MB"),
    file_rule("quoting", "a quoted cell is quoted whole, and quotes inside it are doubled"),
    file_rule("line_end", "lines end with a line feed"),
)

DICTIONARY_RULES = (
    _dictionary("dictionary_empty", "the data dictionary has rows", 14),
    _dictionary("dictionary_columns", "the four mandatory columns are there", 15),
    _dictionary("dictionary_optional_columns", "the other columns are there", default=WARN),
    _dictionary("dictionary_extra_columns", "every column is known", default=WARN),
    _dictionary("entity_name", "an entity name is legal", 20),
    _dictionary("field_name", "a field name is legal", 25),
    _dictionary("field_repeated", "a field occurs once in its entity"),
    _dictionary("field_type", "a type is string, integer, float, date or datetime"),
    _dictionary("flag_value", "a flag is yes or empty"),
    _dictionary("field_format", "a format can be read, and is of dates or numbers"),
    _dictionary("key_role", "a primary key type is global, local or empty"),
    _dictionary("key_global", "there is exactly one global key"),
    _dictionary("key_repeated", "an entity has at most one primary key"),
    _dictionary("reference_form", "a reference is written entity:field"),
    _dictionary("reference_target", "a reference names a field that exists"),
    _dictionary("reference_type", "both sides of a reference have one type"),
    _dictionary(
        "reference_relationship", "a relationship is one_to_one, many_to_one or one_to_many"
    ),
    _dictionary("reference_to_itself", "a field does not refer to itself", default=WARN),
    _dictionary("entity_unreachable", "every entity is joined to the main entity", can_soften=True),
    _dictionary("entity_cycle", "references make no cycle"),
    _dictionary("entity_paths", "exactly one path leads from an entity to the main entity"),
    _dictionary("entity_title_unknown", "the entity dictionary names known entities"),
    _dictionary("entity_title_repeated", "an entity occurs once in the entity dictionary"),
    _dictionary("coding_columns", "the columns coding_name, code and meaning are there"),
    _dictionary("coding_unknown", "a coding that a field names is defined"),
    _dictionary("coding_unused", "a coding is used by a field", default=WARN),
    _dictionary("coding_of_sparse", "a sparse field has a coding"),
    _dictionary("coding_open", "an open coding takes texts or whole numbers wherever it is used"),
    _dictionary("code_empty", "a code is not empty"),
    _dictionary("code_repeated", "a code occurs once under each parent, with one meaning"),
    _dictionary("code_type", "a code can be a value of the fields that use it"),
    _dictionary("code_order", "a display order is a whole number"),
    _dictionary("code_parent", "a parent code is in the same coding"),
    _dictionary("code_cycle", "codes make no cycle"),
    _dictionary("policy_rule", "a policy names known rules and severities"),
)

VALUE_RULES = (
    _value("cell_integer", "a whole number of 64 bits"),
    _value("cell_whole_decimal", "a whole number has no decimals, not even zeros", WARN),
    _value("cell_float", "a finite number"),
    _value("cell_inexact", "a whole number is stored to its last digit"),
    _value("cell_date", "a calendar date"),
    _value("cell_datetime", "a date with a time of day"),
    _value("cell_partial_date", "a date has its day", WARN),
    _value("cell_code", "a value is a code of the field's coding"),
    _value("cell_empty_item", "no item of a multi-select is empty"),
    _value("key_missing", "a primary key is not empty"),
    _value("key_lookalike", "keys differ by more than blanks and characters that are not seen"),
    _value("key_unique", "a primary key occurs once"),
    _value("reference_missing", "a row refers to its parent", WARN),
    _value("reference_resolves", "a reference finds the row it names"),
    _value("reference_cardinality", "a relationship holds in the data"),
)

ASSAY_RULES = (
    file_rule("source_format", "a source has the stated format, or one that can be recognised"),
    content_rule("sample_repeated", "a sample occurs once"),
    content_rule("sample_present", "an added sample is not in the assay yet"),
    _dictionary("sample_entity", "the dictionary of an assay describes its samples alone"),
    _value("sample_unknown", "a row of the sample table has its sample in the assay"),
    content_rule("sample_without_row", "a sample of the assay has a row in the sample table", WARN),
)
"""What is checked of an assay of any type."""

MERGE_RULES = (
    content_rule("merge_unmatched_source", "a row of the source has its row in the target", WARN),
    content_rule("merge_unmatched_target", "a row of the target has its row in the source", WARN),
    content_rule("merge_nothing", "a linking file links samples to rows"),
    content_rule("merge_unused_link", "a row of a linking file links a sample of the assay", WARN),
)

EXTENSION_RULES = (
    _value("key_unmatched", "the key of a row of added fields is in the entity"),
    content_rule("delete_unmatched", "a key to delete is that of a row"),
    content_rule("delete_contradicted", "a key to delete is not that of a row given"),
    _clash("field_present", "an added field is not in the entity yet"),
    _clash("entity_present", "an added entity is not in the dataset yet"),
    _clash("coding_present", "a coding of the dataset is given with the codes that it has"),
)


class RuleTable(Mapping[str, Rule]):
    """Rules by name: those of all datasets, and behind them those that types of assays add.

    Commands that check nothing load no rule of a type: who adds some says how to get them.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._own = {each.name: each for each in rules}
        self._added: list[Callable[[], Iterable[Rule]]] = []

    def add(self, get_rules: Callable[[], Iterable[Rule]]) -> None:
        """Add the rules that a function returns."""
        self._added.append(get_rules)

    def __getitem__(self, name: str) -> Rule:
        """Return the rule of a name."""
        return self._own[name] if name in self._own else self._all()[name]

    def __iter__(self) -> Iterator[str]:
        """Yield all names."""
        return iter(self._all())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._all())

    def _all(self) -> dict[str, Rule]:
        added = chain.from_iterable(get_rules() for get_rules in self._added)
        return self._own | {each.name: each for each in added}


RULES = RuleTable(
    chain(
        *(FILE_RULES, DICTIONARY_RULES, VALUE_RULES),
        *(ASSAY_RULES, MERGE_RULES, EXTENSION_RULES),
    )
)
