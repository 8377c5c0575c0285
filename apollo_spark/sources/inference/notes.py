"""What is said to people of columns that were described without a dictionary."""

from collections.abc import Iterable, Iterator, Mapping

from apollo_spark.model.dictionary import DictionaryExtension
from apollo_spark.model.field import FieldType
from apollo_spark.sources.inference.infer import ColumnFacts

MOST_NAMES = 10
"""Fields that a note names."""


def notes_of_inference(
    extension: DictionaryExtension, facts: Mapping[str, ColumnFacts]
) -> Iterator[str]:
    """Yield what was decided of columns that could be read otherwise, and how to say otherwise."""
    own = extension.entity.name
    joining = {each.from_field for each in extension.relations}
    fields = {
        each.header: f"{own}.{each.name}" for each in extension.fields if each.name not in joining
    }
    measured = [fields[each] for each in facts if each in fields and facts[each].is_measurement]
    spelt = [
        fields[each]
        for each in facts
        if each in fields and facts[each].looks_like_number and facts[each].type in _TEXT
    ]
    coded = [f"{own}.{each.name}" for each in extension.fields if each.has_open_coding]
    if measured:
        yield (
            f"{list_some(measured)}: numbers, because all cells have as many decimals; zeros at "
            "the end are not kept. Give --dictionary to keep them as text."
        )
    if spelt:
        yield (
            f"{list_some(spelt)}: text, because numbers would not keep zeros, exponents or digits "
            "that tell cells apart. Give --dictionary to read numbers."
        )
    if coded:
        yield (
            f"{list_some(coded)}: few values that repeat, taken as codes; new values become codes "
            "later. Give --no-codings or --codings-of LIST to decide otherwise."
        )


_TEXT = (FieldType.STRING,)


def list_some(names: Iterable[str]) -> str:
    """Return the first of some names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
