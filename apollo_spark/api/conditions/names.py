"""Entities as attributes of what has a dictionary, and conditions that no entity has."""

from typing import Any, overload

from apollo_spark.api.conditions.compared import MeasuredValue
from apollo_spark.api.conditions.condition import Condition
from apollo_spark.api.conditions.rows import Rows, unknown_name
from apollo_spark.errors import UsageError
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.filter import InCohort
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.query.filters.pheno.check import filter_of_json, read_filter_json
from apollo_spark.query.filters.prose import describe_filter


class Names:
    """What conditions are made of: the entities of a dictionary as attributes.

    An entity whose name is taken is found in brackets, where there are some, or by `rows`.
    """

    dictionary: DataDictionary

    def __getattr__(self, name: str) -> Any:
        """Return the rows of an entity."""
        if name.startswith("_") or hasattr(type(self), name):
            raise AttributeError(name)
        return self.rows(name)

    def __dir__(self) -> list[str]:
        """Return what there is, with the entities."""
        return sorted({*super().__dir__(), *(each.name for each in self.dictionary.entities)})

    def rows(self, entity: str) -> Rows:
        """Return the rows of an entity, to make conditions of.

        Raises:
            UnknownNameError: There is no such entity.
        """
        found = self.dictionary.find_entity(entity)
        if found is None:
            known = [each.name for each in self.dictionary.entities]
            raise unknown_name(f"There is no entity {entity!r}", entity, known)
        return self._rows_of(found)

    def expression(self, assay: str, feature: str, unit: str | None = None) -> MeasuredValue:
        """Return what an assay measured of a feature in some sample of a person.

        Args:
            assay: The assay.
            feature: The id of a feature, or its symbol.
            unit: The unit; None where there is one alone.
        """
        return MeasuredValue("expression", assay, feature, unit)

    def in_cohort(self, cohort: Any) -> Condition:
        """Return that somebody is in a cohort: `NAME@2`, or a cohort that is open."""
        name = cohort if isinstance(cohort, str) else str(cohort.record)
        return Condition(InCohort(cohort=name))

    @overload
    def condition(self, text: str) -> Condition: ...

    @overload
    def condition(self, *, json: Any) -> Condition | None: ...

    def condition(self, text: str | None = None, *, json: Any = None) -> Condition | None:
        """Return a filter that is written as text, or as JSON of the original.

        Args:
            text: The text.
            json: The JSON, as text or as an object; one that means everybody gives None.

        Raises:
            UsageError: Not one of both is given, or it has no meaning; `problems` says why.
            NotFoundError: It has a name that is not there, or not to be seen.
        """
        if (text is None) == (json is None):
            raise UsageError("A condition is read from a text or from JSON.")
        if text is not None:
            # Which cohorts there are is known where the condition is used.
            return Condition(read_filter(text, self.dictionary, self._measured, lambda _: None))
        read = read_filter_json if isinstance(json, str) else filter_of_json
        found = read(json, self.dictionary)
        return None if found is None else Condition(found)

    def describe(self, condition: Condition | str | None) -> str:
        """Return a filter as an English sentence, with titles of fields and meanings of codes.

        Args:
            condition: A condition, or the text of one; None is everybody.

        Raises:
            UsageError: The text has no meaning.
            NotFoundError: It has a name that is not there, or not to be seen.
        """
        read = self.condition(condition) if isinstance(condition, str) else condition
        return describe_filter(None if read is None else read.tree, self.dictionary)

    @property
    def _measured(self) -> MeasuredValues | None:
        """What assays measured, None where nothing is known of them."""
        return None

    def _rows_of(self, entity: Entity) -> Rows:
        return Rows(entity)


class DictionaryNames(Names):
    """The entities of a dictionary alone, without a lake.

    Args:
        dictionary: The dictionary.
    """

    def __init__(self, dictionary: DataDictionary) -> None:
        self.dictionary = dictionary
