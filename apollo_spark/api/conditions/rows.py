"""Rows of an entity, as conditions speak of them: `study.visit.exists(...)`."""

from collections.abc import Sequence

from apollo_spark.api.conditions.compared import Field, RowCount, tree_of_condition
from apollo_spark.api.conditions.condition import Condition
from apollo_spark.errors import NotFoundError, Problem, UsageError
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.filter import Choice, ChosenRow, Exists
from apollo_spark.model.names import MEMBER_NAME
from apollo_spark.sources.suggest import find_near


class UnknownNameError(NotFoundError, AttributeError):
    """A name that is not in the dictionary, or not to be seen, asked for as an attribute."""


def unknown_name(text: str, name: str, known: Sequence[str]) -> UnknownNameError:
    """Return the refusal of a name, with the known one that was probably meant."""
    near = find_near(name, known)
    hint = "" if near is None else f" (did you mean {near!r}?)"
    problem = Problem(text + hint, suggestions=() if near is None else (near,))
    return UnknownNameError(f"{problem.text}.", problems=[problem])


class Rows:
    """Rows of an entity, and their fields as attributes.

    A field whose name is taken is found by `field`.
    """

    def __init__(self, entity: Entity, row: str | None = None) -> None:
        self._entity = entity
        self._row = row

    def __repr__(self) -> str:
        """Return the rows as a text writes them."""
        return f"<Rows {self._entity.name}{f' as {self._row}' if self._row else ''}>"

    def field(self, name: str) -> Field:
        """Return a field to make conditions of.

        Raises:
            UnknownNameError: There is none of that name.
        """
        if self._entity.find_field(name) is None:
            known = [each.name for each in self._entity.fields]
            raise unknown_name(f"There is no field {self._entity.name}.{name}", name, known)
        return Field(self._entity.name, name, self._row)

    def __getattr__(self, name: str) -> Field:
        """Return a field to make conditions of."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.field(name)

    def __dir__(self) -> list[str]:
        """Return what there is, with the fields."""
        return sorted({*super().__dir__(), *(each.name for each in self._entity.fields)})

    def named(self, name: str) -> "Rows":
        """Return rows with a name: any that are related to the same row of the main entity.

        Raises:
            UsageError: The name is not a letter followed by letters, digits or '_'.
        """
        if not MEMBER_NAME.match(name):
            raise UsageError("A name of rows is a letter, then letters, digits or '_'.")
        return Rows(self._entity, name)

    def exists(self, where: Condition | None = None) -> Condition:
        """Return that there is a row that fulfils a condition, or any row."""
        condition = None if where is None else tree_of_condition(where)
        return Condition(Exists(entity=self._entity.name, name=self._row, condition=condition))

    def count(self, where: Condition | None = None) -> RowCount:
        """Return how many rows fulfil a condition, or there are."""
        condition = None if where is None else tree_of_condition(where)
        return RowCount(self._entity.name, self._row, condition)

    def first(
        self, by: str | Field, fulfils: Condition, *, among: Condition | None = None
    ) -> Condition:
        """Return that the first row fulfils a condition.

        Args:
            by: The field of theirs that orders them; rows without a value are left out.
            fulfils: What the first row fulfils.
            among: What the rows fulfil that are chosen from.
        """
        return self._chosen(Choice.FIRST, by, fulfils, among)

    def last(
        self, by: str | Field, fulfils: Condition, *, among: Condition | None = None
    ) -> Condition:
        """Return that the last row fulfils a condition; see `first`."""
        return self._chosen(Choice.LAST, by, fulfils, among)

    def _chosen(
        self, choice: Choice, by: str | Field, fulfils: Condition, among: Condition | None
    ) -> Condition:
        name = by.path.field if isinstance(by, Field) else by
        self.field(name)
        return Condition(
            ChosenRow(
                choice=choice, entity=self._entity.name, name=self._row, by=name,
                among=None if among is None else tree_of_condition(among),
                condition=tree_of_condition(fulfils),
            )
        )  # fmt: skip
