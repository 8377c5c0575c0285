"""Field profiles: what the values of a field are like."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.suppressed import Count
from apollo_spark.workers.profiles import spec as counted
from apollo_spark.workers.values.bins import bins_between, bound_of, text_of

Bound = int | float | str
"""A number, or a date or time as files write it."""


class CountedValue(Record):
    """A value of a field.

    Attributes:
        value: It, as files and codings write it.
        label: Its meaning.
        rows: Rows that have it.
        people: People who have it in any row.
        people_below: Of a tree: people who have it or a code below it.
    """

    value: str
    label: str | None = None
    rows: Count
    people: Count
    people_below: Count | None = None


class Bin(Record):
    """A bin of a histogram: it holds `start`, and not `end`."""

    start: Bound
    end: Bound
    count: Count


class FieldProfile(Record):
    """What the values of a field are like.

    Every row is one of those with a value, with sparse codes alone, or with nothing.

    Attributes:
        field: The field as `entity.field`.
        kind: What it is counted as: `key` (a key or a reference, whose values are never shown),
            `number`, `date` (also with a time), `codes`, or `text`.
        rows: Rows of the entity.
        present: Rows with a value that is no sparse code.
        sparse: Rows with sparse codes and no other value.
        missing: Rows with neither.
        people: People with such a value in any row.
        distinct: Different values; sparse codes are none.
        sparse_codes: The sparse codes that occur.
        values: The commonest codes, or texts where they are few and not of one row alone.
        values_left_out: How many further values there are.
        min, q1, median, q3, max: Of numbers and dates; of what is guarded `min` and `max` are the
            5 % and 95 % marks.
        mean, sd: Of numbers; the standard deviation is that of a sample.
        histogram: Of numbers and dates: `workers/values/bins.py` has the rule.
    """

    field: str
    title: str | None = None
    type: FieldType
    is_multi_select: bool = False
    units: str | None = None
    coding: str | None = None
    kind: Literal["key", "number", "date", "codes", "text"]
    rows: Count
    present: Count
    missing: Count
    sparse: Count
    people: Count
    distinct: Count
    sparse_codes: tuple[CountedValue, ...] = ()
    values: tuple[CountedValue, ...] = ()
    values_left_out: Count = 0
    min: Bound | None = None
    q1: Bound | None = None
    median: Bound | None = None
    q3: Bound | None = None
    max: Bound | None = None
    mean: float | None = None
    sd: float | None = None
    histogram: tuple[Bin, ...] = ()

    def as_json(self) -> Any:
        """Return it without what fields of its kind do not have."""
        return self.model_dump(mode="json", exclude_defaults=True) | {"type": str(self.type)}


class Profiles(Record):
    """Profiles of fields of one version, of all its people or of some.

    Attributes:
        dataset: The version of the dataset.
        cohort: The cohort whose people are counted.
        filter: The filter that they fulfil.
        people: How many people there are.
        counted: Whether it was counted at the `load` of the version, or `now`.
        profiles: The fields, in the order of the dictionary.
    """

    dataset: str
    cohort: str | None = None
    filter: str | None = None
    people: Count
    counted: Literal["load", "now", "both"]
    profiles: tuple[FieldProfile, ...]

    def as_json(self) -> Any:
        """Return it as JSON."""
        found = self.model_dump(mode="json", exclude={"profiles"})
        return found | {"profiles": [each.as_json() for each in self.profiles]}


@dataclass(frozen=True)
class CountedFields:
    """What each field of a dictionary is counted as."""

    dictionary: DataDictionary

    def of(self, entity: Entity, spec: FieldSpec) -> counted.CountedField:
        """Return what a field is counted as."""
        codes = self._codes_of(spec)
        kind = self._kind(entity, spec, has_codes=bool(codes.texts))
        return counted.CountedField(
            spec.name,
            kind,
            is_list=spec.is_multi_select,
            sparse=codes if spec.is_sparse and kind != counted.KEY else counted.NO_CODES,
            codes=codes if kind == counted.CODES else counted.NO_CODES,
        )

    def profile(self, entity: Entity, spec: FieldSpec, found: Mapping[str, Any]) -> FieldProfile:
        """Return what was counted of a field, with what the dictionary says of it.

        Args:
            entity: The entity.
            spec: The field.
            found: What a task counted, or a part holds.
        """
        coding = self.dictionary.find_coding(spec.coding_name)
        lists = {
            name: tuple(_labelled(each, coding) for each in found.get(name, ()))
            for name in ("sparse_codes", "values")
        }
        return FieldProfile(
            **{
                **found, **lists,
                "histogram": _bins(found),
                "field": f"{entity.name}.{spec.name}",
                "title": spec.title,
                "type": spec.type,
                "is_multi_select": spec.is_multi_select,
                "units": spec.units,
                "coding": spec.coding_name,
                "kind": self.of(entity, spec).kind,
            }
        )  # fmt: skip

    def _kind(self, entity: Entity, spec: FieldSpec, *, has_codes: bool) -> str:
        if spec.name == entity.primary_key or (entity.name, spec.name) in self._references:
            return counted.KEY
        if has_codes and not spec.is_sparse:
            return counted.CODES
        if spec.type in (FieldType.INTEGER, FieldType.FLOAT):
            return counted.NUMBER
        return counted.TEXT if spec.type is FieldType.STRING else counted.DATE

    @cached_property
    def _references(self) -> frozenset[tuple[str, str]]:
        """Every field that refers to another, or is referred to."""
        return frozenset(
            end
            for each in self.dictionary.relations
            for end in (
                (each.from_entity, each.from_field),
                (each.to_entity, each.to_field),
            )
        )

    def _codes_of(self, spec: FieldSpec) -> counted.Codes:
        coding = self.dictionary.find_coding(spec.coding_name)
        if coding is None:
            return counted.NO_CODES
        known = coding.name, spec.type
        if known not in self._codes:
            parents = coding.parents if coding.is_hierarchical else {}
            self._codes[known] = counted.Codes(str(spec.type), coding.codes, parents)
        return self._codes[known]

    @cached_property
    def _codes(self) -> dict[tuple[str, FieldType], counted.Codes]:
        return {}


def _bins(found: Mapping[str, Any]) -> tuple[Bin, ...]:
    """Return the bins: the bounds of values decide those of bins, and only counts are stored."""
    counts = found.get("histogram", ())
    if not counts:
        return ()
    if isinstance(counts[0], list):
        # The first profiles that were stored have the bounds beside each count.
        return tuple(Bin(start=start, end=end, count=count) for start, end, count in counts)
    ranges = bins_between(bound_of(found["min"]), bound_of(found["max"])).ranges
    return tuple(
        Bin(start=text_of(start), end=text_of(end), count=count)
        for (start, end), count in zip(ranges, counts, strict=True)
    )


def _labelled(found: Mapping[str, Any], coding: Coding | None) -> CountedValue:
    label = None if coding is None else coding.meanings.get(found["value"])
    return CountedValue(label=label, **found)
