"""Compare the columns of a data file with the fields of its entity.

A cell of a header that is not a name of the dictionary may be a person's: messages give its number,
and its text goes to the report.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from apollo_spark.model.dictionary import Entity
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.delimited import Header
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.inputs import DataFile
from apollo_spark.sources.suggest import did_you_mean, find_near
from apollo_spark.sources.text_options import advise, find_other

REPEATED = "header_repeated_column"
MISSING = "header_missing_column"
UNKNOWN = "header_unknown_column"
NUMBERS_LIMIT = 20
PAIRS_LIMIT = 20_000
"""Beyond so many pairs of names nothing is suggested: it would take longer than the load."""


def check_header(file: DataFile, header: Header, entity: Entity) -> tuple[Finding, ...]:
    """Compare the columns of a file with the fields of its entity, both ways."""
    wanted = {spec.header for spec in entity.fields}
    places: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(header.names, start=1):
        places[name].append(number)
    if not wanted & set(places):
        # It may be a row of data, whose values must not be shown.
        other = find_other(header.text, wanted, header.delimiter)
        why = "is the header missing?" if other is None else advise(other)
        text = f"no column of entity '{entity.name}' is here: {why}"
        found = [finding_of(MISSING, text)]
    else:
        found = [
            *_repeated(places, wanted, header.line),
            *_missing(places, entity),
            *_unknown(places, wanted, header.line),
        ]
    where = {"file": file.label, "entity": file.entity, "line": header.line}
    return tuple(each.model_copy(update=where) for each in found)


def list_numbers(numbers: Sequence[int]) -> str:
    """Return `column 3`, or `columns 3, 5 and 9` with the number of those that are left out."""
    shown = [str(each) for each in numbers[:NUMBERS_LIMIT]]
    rest = len(numbers) - len(shown)
    if len(numbers) == 1:
        return f"column {shown[0]}"
    if rest:
        return f"columns {', '.join(shown)} and {rest:,} more"
    return f"columns {', '.join(shown[:-1])} and {shown[-1]}"


def _repeated(
    places: Mapping[str, Sequence[int]], wanted: Collection[str], line: int
) -> Iterator[Finding]:
    for name, numbers in places.items():
        if len(numbers) == 1:
            continue
        known = name in wanted
        said = f"column '{name}' occurs {len(numbers)} times" if known else "the same name occurs"
        found = finding_of(REPEATED, f"{said}: {list_numbers(numbers)}")
        if known:
            yield found.model_copy(update={"column": name})
        else:
            yield found.model_copy(update={"places": (Place(line=line, value=name),)})


def _missing(places: Mapping[str, Sequence[int]], entity: Entity) -> Iterator[Finding]:
    wanted = {spec.header for spec in entity.fields}
    free = [name for name in places if name not in wanted]
    absent = [spec for spec in entity.fields if spec.header not in places]
    free = free if len(free) * len(absent) <= PAIRS_LIMIT else []
    for spec in absent:
        close = find_near(spec.header, free)
        hint = f" (is it column {places[close][0]}?)" if close is not None else ""
        text = f"field '{entity.name}.{spec.name}' has no column '{spec.header}'{hint}"
        yield finding_of(MISSING, text, column=spec.header)


def _unknown(
    places: Mapping[str, Sequence[int]], wanted: Collection[str], line: int
) -> Iterator[Finding]:
    """Yield one finding of all columns that are not fields."""
    unknown = [name for name in places if name not in wanted]
    if not unknown:
        return
    missing = [each for each in wanted if each not in places]
    missing = missing if len(missing) * len(unknown) <= PAIRS_LIMIT else []
    numbers = [each for name in unknown for each in places[name][:1]]
    verb = "is" if len(unknown) == 1 else "are"
    hints = [
        f"column {places[name][0]}{hint}"
        for name in unknown
        if (hint := did_you_mean(name, missing))
    ]
    hint = f"; {', '.join(hints)}" if hints else ""
    if len(hints) == len(unknown) == 1:
        hint = did_you_mean(unknown[0], missing)
    text = f"{list_numbers(numbers)} {verb} not in the dictionary{hint}"
    text += f"; a policy may leave unwanted columns out ({UNKNOWN}: warn)"
    values = tuple(Place(line=line, value=name) for name in unknown)
    yield finding_of(UNKNOWN, text).model_copy(update={"count": len(unknown), "places": values})
