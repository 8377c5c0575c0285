"""Profiles of fields: of everybody as counted at the load, of some people counted when asked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from apollo_spark.engines.base import Engine
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.coding import Coding
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.found_field import FoundField, FoundFields
from apollo_spark.model.names import parse_reference
from apollo_spark.model.profile import CountedFields, FieldProfile, Profiles
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.answering import answering
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.people import open_for_reading
from apollo_spark.operations.disclosing import limit_of, open_disclosure
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.profiles import guarded_profiles
from apollo_spark.operations.guarded.rows import read_people
from apollo_spark.operations.profiles.asking import ProfileQuestion
from apollo_spark.operations.profiles.reading import StoredProfiles
from apollo_spark.query.scope import QueryScope
from apollo_spark.sources.suggest import did_you_mean

Chosen = Sequence[tuple[Entity, Sequence[FieldSpec]]]
"""Fields by entity, in the order of the dictionary."""

CODES_NAMED = 20
"""Codes that are named of those in which a text was found."""


class ProfileRequest(VerbRequest):
    """What a person asks for: the options of `apollo profile`.

    Attributes:
        name: A dataset, or a cohort whose people are counted.
        patterns: Fields, or expressions for them; all fields where there is none.
        cohort: A cohort whose people are counted.
        filter: A filter that they fulfil.
        engine: Who counts what was not counted at the load.
    """

    verb = "profile"

    name: str
    patterns: tuple[str, ...] = ()
    cohort: str | None = None
    filter: str | None = None
    engine: str = "auto"


def profile(asker: Asker, request: ProfileRequest) -> Profiles:
    """Say what the values of fields are like.

    Raises:
        NotFoundError: Something is not there, or not to be seen.
        UsageError: A pattern or the filter cannot be read.
    """
    lake, say = asker.lake, asker.say
    opened = open_for_reading(
        lake, request.name, cohort=request.cohort, text=request.filter, say=say
    )
    chosen = choose_fields(opened.scope, request.patterns)
    named = lake.load(parse_reference(request.name), PublishedRecord)
    with answering(lake, request.engine, asker.read_settings()) as engine:
        found = profiles_of(lake, opened, chosen, engine)
    cohort = request.cohort or (str(named) if isinstance(named, CohortRecord) else None)
    return found.model_copy(update={"cohort": cohort, "filter": request.filter})


def profiles_of(lake: Lake, opened: OpenDataset, chosen: Chosen, engine: Engine) -> Profiles:
    """Return the profiles of fields of an open dataset: as counted at its load, or counted now.

    Args:
        lake: Where it is.
        opened: The dataset, perhaps with some of its people alone.
        chosen: The fields.
        engine: Who counts.
    """
    fields = CountedFields(opened.dictionary)
    if (guarded := _guarded(lake, opened, chosen, engine)) is not None:
        return guarded
    question = ProfileQuestion(opened, engine, fields)
    stored, counted = StoredProfiles(lake, opened, fields), CountedWhen()
    profiles = [
        each
        for entity, specs in chosen
        for each in _of_entity(question, stored, entity, specs, counted)
    ]
    return Profiles(
        dataset=str(opened.record),
        people=_pinned_people(opened) or question.people,
        counted=counted.word,
        profiles=tuple(profiles),
    )


def _guarded(lake: Lake, opened: OpenDataset, chosen: Chosen, engine: Engine) -> Profiles | None:
    """Return the profiles of a guarded dataset, counted from its rows; None where it is not."""
    whole = replace(opened, members=None, lists={}, cohorts=())
    disclosure = open_disclosure(lake, whole, engine, names=opened.cohorts)
    if disclosure is None:
        return None
    sheet = Sheet()
    people = read_people(opened, engine).count(sheet)
    found = guarded_profiles(opened, engine, chosen, sheet, disclosure.limit.least)
    sheet.decide(disclosure)
    profiles = tuple(each.finish(sheet) for each in found)
    return Profiles(
        dataset=str(opened.record), people=sheet[people], counted="now", profiles=profiles
    )


def _pinned_people(opened: OpenDataset) -> int | None:
    """Return how many people there are where a pin says it, because nobody is hidden."""
    main = opened.record.find_entity(opened.record.main_entity)
    if opened.is_limited or main is None:
        return None
    return opened.record.pin_of(main.slices[0].table).rows


@dataclass
class CountedWhen:
    """When fields were counted."""

    at_load: int = 0
    now: int = 0

    @property
    def word(self) -> Literal["load", "now", "both"]:
        """Say it."""
        if self.at_load and self.now:
            return "both"
        return "load" if self.at_load else "now"


def _of_entity(
    question: ProfileQuestion,
    stored: StoredProfiles,
    entity: Entity,
    specs: Sequence[FieldSpec],
    counted: CountedWhen,
) -> Iterator[FieldProfile]:
    """Yield the profiles of some fields of an entity, those that nobody has counted now."""
    found = {each.name: stored.find(entity, each) for each in specs}
    lacking = [each for each in specs if found[each.name] is None]
    fresh = iter(question.count(entity, lacking)) if lacking else iter(())
    counted.now += len(lacking)
    counted.at_load += len(specs) - len(lacking)
    for each in specs:
        known = found[each.name]
        yield next(fresh) if known is None else question.fields.profile(entity, each, known)


def choose_fields(scope: QueryScope, patterns: Sequence[str]) -> Chosen:
    """Return the fields that patterns mean.

    A pattern is a field, or an expression that is searched in the names `entity.field`, titles,
    folders and codings.

    Raises:
        NotFoundError: A pattern means no field.
        UsageError: It is no regular expression.
    """
    dictionary = scope.dictionary
    kept = {path for each in patterns for path in _meant(dictionary, each, suggests=scope.suggests)}
    return [
        (entity, specs)
        for entity in dictionary.entities
        if (
            specs := [
                each
                for each in entity.fields
                if not patterns or f"{entity.name}.{each.name}" in kept
            ]
        )
    ]


def _meant(dictionary: DataDictionary, pattern: str, *, suggests: bool) -> Sequence[str]:
    entity, _, field = pattern.partition(".")
    named = dictionary.find_entity(entity)
    if named is not None and named.find_field(field) is not None:
        return [pattern]
    wanted = _expression(pattern)
    found = [
        f"{entity.name}.{spec.name}"
        for entity, spec in dictionary.paths()
        if any(wanted.search(text) for text in _texts(entity, spec))
    ]
    if not found:
        known = (f"{entity.name}.{spec.name}" for entity, spec in dictionary.paths())
        hint = did_you_mean(pattern, known) if suggests else ""
        raise NotFoundError(f"No field matches {pattern!r}{hint}.")
    return found


def _texts(entity: Entity, spec: FieldSpec) -> tuple[str, ...]:
    folder = " > ".join(spec.folder_path)
    return f"{entity.name}.{spec.name}", spec.title or "", folder, spec.coding_name or ""


def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as wrong:
        raise UsageError(
            f"{pattern!r} is not a valid regular expression.",
            why=f"As a regular expression: {wrong}.",
        ) from None


def find_by_text(lake: Lake, opened: OpenDataset, text: str) -> FoundFields:
    """Return the fields in whose name, title, folder, units, coding or codes a text is.

    Args:
        lake: Where the dataset is.
        opened: It.
        text: What is searched, without regard to case; nothing finds all.
    """
    wanted = text.strip().casefold()
    codes = {each.name: _codes_with(each, wanted) for each in opened.dictionary.codings}
    people = _PeopleWithValue(lake, opened)
    found = []
    for entity, spec in opened.dictionary.paths():
        own = codes.get(spec.coding_name or "", ()) if wanted else ()
        said = (*_texts(entity, spec), spec.units or "")
        if own or any(wanted in each.casefold() for each in said):
            found.append(
                FoundField(
                    field=f"{entity.name}.{spec.name}",
                    title=spec.title,
                    units=spec.units,
                    coding=spec.coding_name,
                    folders=spec.folder_path,
                    codes=own[:CODES_NAMED],
                    **people.of(entity, spec),
                )
            )
    return FoundFields(fields=tuple(found))


def _codes_with(coding: Coding, wanted: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (code, meaning)
        for code, meaning in coding.meanings.items()
        if wanted in code.casefold() or wanted in meaning.casefold()
    )


class _PeopleWithValue:
    """How many people have a value of a field, where that was counted at the load.

    Args:
        lake: Where the dataset is.
        opened: It.
    """

    def __init__(self, lake: Lake, opened: OpenDataset) -> None:
        self._stored = StoredProfiles(lake, opened, CountedFields(opened.dictionary))
        # All people are counted nowhere but in the pin of a table of which nothing is hidden.
        self._all = _pinned_people(opened)
        self._is_guarded = limit_of(lake, opened.record, *opened.cohorts) is not None

    def of(self, entity: Entity, spec: FieldSpec) -> dict[str, Any]:
        """Return the people with a value and their share."""
        known = None if self._is_guarded else self._stored.find(entity, spec)
        if known is None:
            return {}
        people = known["people"]
        return {"people": people, "share": people / self._all if self._all else None}
