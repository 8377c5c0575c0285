"""An entity of one version of a dataset, as Python users see it."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, overload

from typing_extensions import Unpack

from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.conditions.rows import Rows
from apollo_spark.api.forms import FieldOptions, Values
from apollo_spark.errors import NotFoundError
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.field import FieldSpec

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from apollo_spark.api.cohort import Cohort
    from apollo_spark.api.dataset import Dataset

Target = Literal["arrow", "pandas", "spark"]


class EntityHandle(Rows):
    """An entity of one version of a dataset; its fields as attributes make conditions."""

    def __init__(self, dataset: "Dataset", entity: Entity) -> None:
        super().__init__(entity)
        self._dataset = dataset

    def __repr__(self) -> str:
        """Return the entity with its name."""
        return f'<Entity "{self.name}">'

    @property
    def name(self) -> str:
        """The name."""
        return self._entity.name

    @property
    def primary_key(self) -> str | None:
        """The field that identifies a row, or None."""
        return self._entity.primary_key

    @property
    def fields(self) -> list[FieldSpec]:
        """The fields, in the order of the dictionary."""
        return list(self._entity.fields)

    def __getitem__(self, field: str) -> FieldSpec:
        """Return a field by name.

        Raises:
            NotFoundError: There is none of that name.
        """
        return self.find_field(name=field)

    def find_field(self, name: str | None = None, *, title: str | None = None) -> FieldSpec:
        """Return the one field with a name, or with exactly a title.

        Raises:
            NotFoundError: There is no such field, or several have the title.
        """
        found = [
            each
            for each in self._entity.fields
            if name == each.name or title == each.title is not None
        ]
        if len(found) != 1:
            what = f"name {name!r}" if name is not None else f"title {title!r}"
            raise NotFoundError(f"{len(found)} fields of {self.name!r} have the {what}.")
        return found[0]

    def find_fields(
        self,
        *,
        names: Iterable[str] | None = None,
        name_regex: str | None = None,
        title_regex: str | None = None,
    ) -> Iterator[FieldSpec]:
        """Yield the fields that fulfil all conditions given.

        Args:
            names: The name is one of these.
            name_regex: The name matches from its beginning.
            title_regex: The title matches from its beginning.
        """
        wanted = None if names is None else set(names)
        for each in self._entity.fields:
            if (
                (wanted is None or each.name in wanted)
                and (name_regex is None or re.match(name_regex, each.name))
                and (title_regex is None or re.match(title_regex, each.title or ""))
            ):
                yield each

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[FieldSpec | str] | None = None,
        *,
        names: Iterable[str] | None = None,
        to: Literal["arrow"] = "arrow",
        **options: Unpack[FieldOptions],
    ) -> "pa.Table": ...

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[FieldSpec | str] | None = None,
        *,
        names: Iterable[str] | None = None,
        to: Literal["pandas"],
        **options: Unpack[FieldOptions],
    ) -> "pd.DataFrame": ...

    @overload
    def retrieve_fields(
        self,
        fields: Iterable[FieldSpec | str] | None = None,
        *,
        names: Iterable[str] | None = None,
        to: Literal["spark"],
        **options: Unpack[FieldOptions],
    ) -> "DataFrame": ...

    def retrieve_fields(
        self,
        fields: Iterable[FieldSpec | str] | None = None,
        *,
        names: Iterable[str] | None = None,
        coding_values: Values = "raw",
        sparse_labels: bool = False,
        to: Target = "arrow",
        spark: "SparkSession | None" = None,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
    ) -> Any:
        """Return fields of this entity, with columns named by field; all where none is named.

        See `Dataset.retrieve_fields` for the arguments.
        """
        asked = [*(fields or ()), *(names or ())] or self._entity.fields
        chosen = [each if isinstance(each, str) else each.name for each in asked]
        dataset: Any = self._dataset
        return dataset.retrieve_entity(
            self.name,
            chosen,
            coding_values=coding_values,
            sparse_labels=sparse_labels,
            to=to,
            spark=spark,
            cohort=cohort,
            where=where,
        )
