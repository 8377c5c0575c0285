"""The fields of tiles: their values in a statement, and what the texts of answers mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec
from apollo_spark.query.aggregates.rows import ROWS
from apollo_spark.query.dialects import CodeRows
from apollo_spark.query.sql import cast, column, derived, labelled, literal
from apollo_spark.query.values import CASE_LIMIT, stored_form, text_of
from apollo_spark.workers.values.code_values import CodeValue, parse_code

_CODE, _LISTED = "c", "listed"


@dataclass(frozen=True)
class TileField:
    """A field of a tile.

    Attributes:
        path: It, as `entity.field`.
        spec: What it is.
        coding: Its coding.
    """

    path: str
    spec: FieldSpec
    coding: Coding | None = None

    @property
    def entity(self) -> str:
        """Whose field it is."""
        return self.path.partition(".")[0]

    @property
    def title(self) -> str:
        """What it is called, with its unit."""
        return f"{self.spec.label} ({self.spec.units})" if self.spec.units else self.spec.label

    @property
    def is_tree(self) -> bool:
        """Whether its codes are a tree."""
        return self.coding is not None and self.coding.is_hierarchical

    @cached_property
    def codes(self) -> Mapping[CodeValue, str]:
        """The code of each value that is one."""
        if self.coding is None:
            return {}
        found: dict[CodeValue, str] = {}
        for code in self.coding.codes:
            value = parse_code(code, self.spec.type)
            if value is not None:
                found.setdefault(value, code)
        return found

    def code_of(self, text: str) -> str:
        """Return the code that the text of a value stands for, the text where it is none."""
        if not self.codes:
            return text
        if text not in self._codes_by_text:
            value = parse_code(text, self.spec.type)
            self._codes_by_text[text] = text if value is None else self.codes.get(value, text)
        return self._codes_by_text[text]

    @cached_property
    def _codes_by_text(self) -> dict[str, str]:
        """What was asked before: a text may be in many rows of an answer."""
        return {}

    def label_of(self, code: str) -> str | None:
        """Return the meaning of a code."""
        return None if self.coding is None else self.coding.meanings.get(code)

    @property
    def stored(self) -> exp.Column:
        """The stored value in the rows."""
        return column(ROWS, self.path)

    def text(self, value: exp.Expr) -> exp.Expr:
        """Return a value as text."""
        return text_of(value, self.spec.type)

    def is_sparse(self, value: exp.Expr) -> exp.Expr | None:
        """Return whether a value is a sparse code; None where there are none."""
        if not self.spec.is_sparse or not self.codes:
            return None
        return is_one_of(value, tuple(self.codes), self)

    def is_sparse_text(self, text: str) -> bool:
        """Return whether the text of a value is that of a sparse code."""
        return self.spec.is_sparse and parse_code(text, self.spec.type) in self.codes

    def number(self) -> exp.Expr:
        """Return the value in the rows, missing where it is a sparse code."""
        if not self.spec.is_sparse or not self.codes:
            return self.stored
        if len(self.codes) <= CASE_LIMIT:
            # Not IN: DuckDB makes a join of it.
            ifs = [exp.If(this=literal(each), true=exp.Null()) for each in self.codes]
            return exp.Case(this=self.stored, ifs=ifs, default=self.stored)
        sparse = self.is_sparse(self.stored)
        assert sparse is not None, "there are codes"
        return exp.Case(ifs=[exp.If(this=sparse, true=exp.Null())], default=self.stored)

    def values_of(self, codes: Mapping[str, object] | tuple[str, ...]) -> tuple[CodeValue, ...]:
        """Return the values that some codes stand for."""
        wanted = set(codes)
        return tuple(value for value, code in self.codes.items() if code in wanted)


def is_one_of(value: exp.Expr, values: tuple[CodeValue, ...], field: TileField) -> exp.Expr:
    """Return whether a value is one of some, however many they are."""
    if len(values) <= CASE_LIMIT:
        return exp.In(this=value.copy(), expressions=[literal(each) for each in values])
    content = json.dumps([{_CODE: stored_form(each)} for each in values])
    rows = derived(exp.select(CodeRows(this=literal(content))), _LISTED)
    code = labelled(cast(column(_LISTED, _CODE), field.spec.type), _CODE)
    query = exp.select(code).from_(rows, copy=False)
    return exp.In(this=value.copy(), query=exp.Subquery(this=query))
