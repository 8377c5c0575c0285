"""Rows of a table that a rule hides."""

from pydantic import Field

from apollo_spark.model.base import Record
from apollo_spark.model.names import MemberName


class RowGuard(Record):
    """Rows of a table that a rule hides.

    A row is shown if its `column` holds a value of `field` in a row of `entity` that the rule
    shows; of a rule that takes rows out, if it holds none of a row that is taken out.

    Attributes:
        rule: The place of the rule among the record's rules.
        column: A column of the guarded table.
        entity: An entity of the rule's own tables.
        field: A field of that entity.
    """

    rule: int = Field(ge=0)
    column: str
    entity: MemberName
    field: MemberName
