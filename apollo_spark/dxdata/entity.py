"""An entity under the names that notebooks know, and its rows."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from apollo_spark.api.dataset import Dataset as OpenDataset
from apollo_spark.dxdata.cohort import CohortSql
from apollo_spark.dxdata.engine import Engine, as_engine
from apollo_spark.dxdata.field import Field, field_of
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.dictionary import Entity as StoredEntity

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame


class _Asked(NamedTuple):
    """What rows are asked for: columns, options of the dataset, which of them, and as what."""

    columns: list[str]
    options: dict[str, Any]
    filter_sql: str | None
    limit: int | None
    lists: list[str]


class Entity:
    """An entity of one version of a dataset.

    Args:
        dataset: The version.
        stored: The entity.
    """

    def __init__(self, dataset: OpenDataset, stored: StoredEntity) -> None:
        self._dataset = dataset
        self._stored = stored
        self.name = stored.name
        self.primary_key = stored.primary_key
        self.entity_title = stored.title
        self.entity_label_singular = stored.label_singular
        self.entity_label_plural = stored.label_plural
        self.entity_description = stored.description
        self.database_name: str | None = None
        self.database_id: str | None = None

    def __repr__(self) -> str:
        """Return the entity with its name."""
        return f'<Entity "{self.name}">'

    @cached_property
    def fields(self) -> list[Field]:
        """The fields, in the order of the dictionary."""
        codings = self._dataset.dictionary
        return [
            field_of(each, self, codings.find_coding(each.coding_name))
            for each in self._stored.fields
        ]

    @property
    def longitudinal_axis(self) -> Field | None:
        """The field that says when a row was measured, if one does."""
        return next((each for each in self.fields if each.longitudinal_axis_type), None)

    def __getitem__(self, name: str) -> Field:
        """Return a field by name."""
        return self.find_field(name)

    def find_field(self, name: str | None = None, title: str | None = None) -> Field:
        """Return the one field with a name, or with exactly a title.

        Raises:
            NotFoundError: There is no such field, or several have the title.
        """
        spec = self._dataset[self.name].find_field(name, title=title)
        return next(each for each in self.fields if each.name == spec.name)

    def find_fields(
        self,
        filter_fn: Callable[[Field], bool] | None = None,
        *,
        name_regex: str | None = None,
        title_regex: str | None = None,
        names: Iterable[str] | None = None,
    ) -> Iterator[Field]:
        """Yield the fields that fulfil all conditions given.

        Args:
            filter_fn: Whether a field is meant.
            name_regex: The name matches from its beginning.
            title_regex: The title matches from its beginning.
            names: The name is one of these.
        """
        wanted = None if names is None else set(names)
        for each in self.fields:
            if (
                (filter_fn is None or filter_fn(each))
                and (wanted is None or each.name in wanted)
                and (name_regex is None or re.match(name_regex, each.name))
                and (title_regex is None or re.match(title_regex, each.title or ""))
            ):
                yield each

    def retrieve_fields(  # noqa: PLR0917 the order that notebooks know
        self,
        engine: Any,
        fields: Iterable[Field | str] | None = None,
        names: Iterable[str] | None = None,
        titles: Iterable[str] | None = None,
        filter_sql: str | None = None,
        coding_values: str = "raw",
        limit: int | None = None,
        column_aliases: Mapping[str, str] | None = None,
        array_as_string: bool = False,
    ) -> "DataFrame | pd.DataFrame":
        """Return fields, named by field in the order asked for; the primary key is always there.

        Args:
            engine: From `connect`, or a Spark session; it decides the form of the answer.
            fields: Fields, or names.
            names: Names of fields.
            titles: Titles of fields, exactly as they are.
            filter_sql: `cohort.sql`, or on Spark any statement that gives keys of the main entity.
            coding_values: `raw` codes, `replace` by meanings, or `exclude` sparse codes.
            limit: At most so many rows.
            column_aliases: New names of columns, by name of the field.
            array_as_string: Give several values as one text of JSON.

        Raises:
            NotFoundError: A field is not there.
            UsageError: The filter or `coding_values` has no meaning here.
        """
        answers = as_engine(engine)
        columns = self._columns(fields, names, titles)
        options: dict[str, Any] = {"coding_values": coding_values}
        if isinstance(filter_sql, CohortSql):
            options["cohort"], filter_sql = filter_sql.cohort, None
        lists = [
            each for each in columns if array_as_string and self.find_field(each).is_multi_select
        ]
        asked = _Asked(columns, options, filter_sql, limit, lists)
        renamed = {each: (column_aliases or {}).get(each, each) for each in columns}
        if answers.session is None:
            return self._in_pandas(asked).rename(columns=renamed)
        return self._in_spark(answers, asked).toDF(*renamed.values())

    def _columns(
        self,
        fields: Iterable[Field | str] | None,
        names: Iterable[str] | None,
        titles: Iterable[str] | None,
    ) -> list[str]:
        given = [each if isinstance(each, str) else each.name for each in fields or ()]
        given += list(names or ())
        given += [self.find_field(title=each).name for each in titles or ()]
        columns = list(dict.fromkeys(given)) or [each.name for each in self.fields]
        if self.primary_key is not None and self.primary_key not in columns:
            columns.append(self.primary_key)
        lost = [each for each in columns if self._stored.find_field(each) is None]
        if lost:
            listed = ", ".join(f"{self.name}.{each}" for each in lost)
            raise NotFoundError(f"These fields cannot be found: {listed}.")
        return columns

    def _in_pandas(self, asked: _Asked) -> Any:
        if asked.filter_sql is not None:
            raise UsageError(
                "A statement written by hand filters on Spark alone.",
                fix="Pass filter_sql=cohort.sql, or connect to Spark.",
            )
        frame: Any = self._dataset.retrieve_entity(
            self.name, asked.columns, to="pandas", **asked.options
        )
        frame = frame if asked.limit is None else frame.head(asked.limit)
        for each in asked.lists:
            frame[each] = [_as_text(value) for value in frame[each]]
        return frame

    def _in_spark(self, engine: Engine, asked: _Asked) -> "DataFrame":
        from pyspark.sql import functions

        frame: DataFrame = self._dataset.retrieve_entity(
            self.name, asked.columns, to="spark", spark=engine.require_session(), **asked.options
        )
        if asked.filter_sql is not None:
            key = self._dataset.primary_entity.primary_key
            if self.name != self._dataset.dictionary.main_entity or key is None:
                raise UsageError("A statement filters the main entity alone.")
            people = engine.execute(asked.filter_sql).to_spark().toDF(key)
            frame = frame.join(people, on=key, how="left_semi").select(*asked.columns)
        frame = frame if asked.limit is None else frame.limit(asked.limit)
        for each in asked.lists:
            frame = frame.withColumn(each, functions.to_json(each))
        return frame


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    return json.dumps(list(value), ensure_ascii=False, separators=(",", ":"), default=str)
