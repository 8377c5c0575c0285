"""Two cohorts beside each other: sizes, overlap, and what fields say about each."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from apollo_spark.engines.base import Engine
from apollo_spark.engines.fields import answer_fields
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.profile import FieldProfile
from apollo_spark.model.request import VerbRequest
from apollo_spark.model.suppressed import Count
from apollo_spark.operations.answering import answering
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.opening import People, load_cohort, open_cohort
from apollo_spark.operations.disclosing import Disclosure, open_disclosure, question_of
from apollo_spark.operations.field_lists import read_field_list
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.changes import add_change
from apollo_spark.operations.guarded.profiles import guarded_profiles
from apollo_spark.query.cohorts.members import main_key
from apollo_spark.query.extract import ExtractRequest, build_extract_per_entity, find_fields
from apollo_spark.query.values import ValueMode
from apollo_spark.verbs.cohort.difference import differences_of_shares, standardised_difference
from apollo_spark.verbs.cohort.summary import ValueSummary, summarise, summary_of_profile

MOST_FIELDS = 100
"""Fields that are compared where none is named."""


class CompareRequest(VerbRequest):
    """What a person asks for: the options of `apollo cohort compare`.

    Attributes:
        first: A cohort.
        second: Another one.
        fields: The fields; by default those of the main entity but its key.
        engine: Who answers.
    """

    verb = "cohort compare"

    first: str
    second: str
    fields: str | None = None
    engine: str = "auto"


class FieldSummaries(Record):
    """One field of both cohorts, and how far they are apart in standard deviations.

    Attributes:
        field: The field, and its title.
        first, second: What its values say about each cohort.
        standardised_difference: How far they are apart; of several values in a cell None.
        differences_by_value: Of several values in a cell how far the share of each is apart.
    """

    field: str
    title: str | None
    first: ValueSummary
    second: ValueSummary
    standardised_difference: float | None
    differences_by_value: dict[str, float | None] = Field(default_factory=dict)


class CohortComparison(Record):
    """Two cohorts: their versions and sizes, how many people are in both, and their fields."""

    first: str
    second: str
    sizes: tuple[Count, Count]
    both: Count
    only_first: Count
    only_second: Count
    fields: tuple[FieldSummaries, ...]


def compare(asker: Asker, request: CompareRequest) -> CohortComparison:
    """Compare two cohorts.

    Raises:
        NotFoundError: A cohort or a field is not there, or not to be seen.
    """
    fields = None if request.fields is None else read_field_list(request.fields)
    with answering(asker.lake, request.engine, asker.read_settings()) as engine:
        found = compare_cohorts(asker.lake, (request.first, request.second), fields, engine)
    if fields is None and len(found.fields) == MOST_FIELDS:
        asker.say(f"note: the first {MOST_FIELDS} fields are compared; --fields names others")
    return found


def compare_cohorts(
    lake: Lake, names: tuple[str, str], fields: Sequence[str] | None, engine: Engine
) -> CohortComparison:
    """Compare two cohorts: see `compare`."""
    records = [load_cohort(lake, each) for each in names]
    people = [open_cohort(lake, each) for each in records]
    keys = [each.keys(engine).read_all().column(0).combine_chunks() for each in people]
    if keys[0].type != keys[1].type:
        # A later version may have retyped the key.
        keys = [each.cast(pa.string()) for each in keys]
    both = int(pc.sum(pc.is_in(keys[0], value_set=keys[1])).as_py() or 0)
    paths = _default_fields(people[0]) if fields is None else tuple(fields)
    for each in people:
        if paths:
            find_fields(each.dataset.scope, paths)
    disclosure = open_disclosure(
        lake,
        people[0].dataset,
        engine,
        names=[*people[0].cohorts, str(people[1].dataset.record), *people[1].cohorts],
    )
    if disclosure is not None:
        return guarded_comparison(disclosure, records, people, keys, paths)
    return CohortComparison(
        first=str(records[0]),
        second=str(records[1]),
        sizes=(len(keys[0]), len(keys[1])),
        both=both,
        only_first=len(keys[0]) - both,
        only_second=len(keys[1]) - both,
        fields=tuple(_compared(people, each, engine) for each in paths),
    )


def guarded_comparison(
    disclosure: Disclosure,
    records: Sequence[CohortRecord],
    people: Sequence[People],
    keys: Sequence[pa.Array],
    paths: Sequence[str],
) -> CohortComparison:
    """Return what is given of a comparison where a cohort or its dataset is guarded."""
    sheet, engine, least = Sheet(), disclosure.engine, disclosure.limit.least
    first, second, both, only_second, only_first = add_change(
        sheet, keys[0], keys[1], (question_of(people[0]), question_of(people[1]))
    )
    found = []
    for path in paths:
        fields = [find_fields(each.only.scope, (path,))[0] for each in people]
        drafts = [
            guarded_profiles(each.only, engine, [(entity, (spec,))], sheet, least)
            for each, (entity, spec) in zip(people, fields, strict=True)
        ]
        found.append((path, fields[0][1].title, drafts))
    sheet.decide(disclosure)
    return CohortComparison(
        first=str(records[0]),
        second=str(records[1]),
        sizes=(sheet[first], sheet[second]),
        both=sheet[both],
        only_first=sheet[only_first],
        only_second=sheet[only_second],
        fields=tuple(
            _given_field(path, title, [each[0].finish(sheet) for each in drafts])
            for path, title, drafts in found
            if all(drafts)
        ),
    )


def _given_field(path: str, title: str | None, profiles: Sequence[FieldProfile]) -> FieldSummaries:
    first, second = (summary_of_profile(each) for each in profiles)
    is_of_numbers = first.mean is not None and second.mean is not None
    return FieldSummaries(
        field=path,
        title=title,
        first=first,
        second=second,
        # Shares of values that are not given are missing in a distance.
        standardised_difference=standardised_difference(first, second) if is_of_numbers else None,
    )


def _default_fields(people: People) -> tuple[str, ...]:
    scope = people.dataset.scope
    key, _ = main_key(scope)
    main = scope.dictionary.find_entity(scope.dictionary.main_entity)
    assert main is not None, "a dataset has a main entity"
    paths = (f"{main.name}.{each.name}" for each in main.fields if each.name != key)
    return tuple(paths)[:MOST_FIELDS]


def _compared(people: Sequence[People], path: str, engine: Engine) -> FieldSummaries:
    ((_, spec),) = find_fields(people[0].dataset.scope, (path,))
    first, second = _summaries(people, path, engine)
    return FieldSummaries(
        field=path,
        title=spec.title,
        first=first,
        second=second,
        # Values of one cell do not exclude each other: each is a share of its own.
        standardised_difference=None
        if spec.is_multi_select
        else standardised_difference(first, second),
        differences_by_value=differences_of_shares(first, second) if spec.is_multi_select else {},
    )


def _summaries(people: Sequence[People], path: str, engine: Engine) -> Iterator[ValueSummary]:
    request = ExtractRequest(fields=(path,), values=ValueMode.RAW)
    for each in people:
        only = each.only
        ((_, spec),) = find_fields(only.scope, (path,))
        (plan,) = build_extract_per_entity(only.scope, request).values()
        values = answer_fields(engine, plan, only.pins).read_all().column(0)
        yield summarise(values, spec, only.dictionary.find_coding(spec.coding_name))
