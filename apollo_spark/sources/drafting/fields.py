"""A field for each column of a file, with what was guessed about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from apollo_spark.model.coding import CodePlace, Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.guess import EMPTY, Certainty, Guess
from apollo_spark.sources.drafting.facts import DraftFacts
from apollo_spark.sources.drafting.units import unit_of
from apollo_spark.sources.inference.categories import looks_like_measure

ODD_SHARE = 0.05
"""Texts among numbers are odd where they are at most this share of the cells."""
READ_SEPARATOR = "|"
"""What parts the values of a multi-select cell that is loaded."""


@dataclass(frozen=True)
class ColumnDraft:
    """A column with the field that it is to be.

    Attributes:
        entity: The entity of the field.
        name: The name of the field.
        column: The header of the column.
        facts: What is known of its cells.
        type: The type that fits.
        is_joining: Whether it is a key, or refers to one: such a field has no codes.
    """

    entity: str
    name: str
    column: str
    facts: DraftFacts
    type: FieldType
    is_joining: bool = False

    def draft(self) -> tuple[FieldSpec, Coding | None, tuple[Guess, ...]]:
        """Return the field, its coding, and the guesses."""
        guesses = [*self._notes()]
        coding, is_sparse, is_several = None, False, False
        if not self.is_joining:
            coding, found = self._coding()
            is_sparse = coding is not None and found is not None and found.what == SPARSE
            is_several = found is not None and found.what == SEVERAL and coding is not None
            guesses += [found] if found else []
        unit = unit_of(self.column) if self._is_measured else None
        if unit is not None:
            sure = Certainty.LIKELY if unit.is_marked else Certainty.UNSURE
            guesses.append(self._guess("units", unit.unit, sure, "the header ends with it"))
        is_renamed = self.name != self.column
        spec = FieldSpec(
            name=self.name,
            type=self.type,
            format=self.facts.format if self.type is self.facts.type else None,
            coding_name=None if coding is None else coding.name,
            is_sparse=is_sparse,
            is_multi_select=is_several,
            is_open_coding=coding is not None and not (is_sparse or is_several),
            source_column=self.column if is_renamed else None,
            title=(unit.name if unit and unit.is_marked else self.column) if is_renamed else None,
            units=None if unit is None else unit.unit,
        )
        return spec, coding, tuple(guesses)

    @property
    def _is_measured(self) -> bool:
        return self.type in {FieldType.INTEGER, FieldType.FLOAT} and not self.is_joining

    def _coding(self) -> tuple[Coding | None, Guess | None]:
        """Return the codes of the column: of a category, among numbers, or several in a cell."""
        if self._is_measured and (marks := self.facts.marks.lonely):
            texts = tuple(map(str, marks))
            listed = ", ".join(texts)
            why = "far from all other numbers; what it means is not in the file"
            return self._coded(texts), self._guess(SPARSE, listed, Certainty.UNSURE, why)
        is_measure = self.type is FieldType.INTEGER and looks_like_measure(self.column)
        codes = None if is_measure else self.facts.column.codes
        separator = self.facts.lists.separator if self.type is FieldType.STRING else None
        if separator is not None:
            return self._several(separator)
        if codes is None:
            return None, None
        sure = Certainty.LIKELY if self.type is FieldType.STRING else Certainty.UNSURE
        why = "few different values, each of them repeated"
        return self._coded(codes), self._guess("coding", _count(codes, "code"), sure, why)

    def _several(self, separator: str) -> tuple[Coding | None, Guess]:
        items = self.facts.lists.items
        if separator == READ_SEPARATOR:
            why = "values that repeat, parted by '|'"
            guess = self._guess(SEVERAL, _count(items, "code"), Certainty.LIKELY, why)
            return self._coded(items), guess
        why = f"cells look like {len(items)} values parted by '{separator}'; a load parts by '|'"
        return None, self._guess(SEVERAL, "text", Certainty.UNSURE, why)

    def _coded(self, codes: tuple[str, ...]) -> Coding:
        places = tuple(
            CodePlace(code=code, meaning=code, display_order=order)
            for order, code in enumerate(codes, start=1)
        )
        return Coding(name=f"{self.entity}_{self.name}", rows=places)

    def _notes(self) -> Iterator[Guess]:
        """Yield what could be read otherwise."""
        facts = self.facts
        if not facts.filled:
            yield self._guess(EMPTY, "string", Certainty.UNSURE, "no cell has a value")
        elif facts.format is not None:
            yield self._format(facts.format)
        elif self.type is FieldType.STRING:
            yield from self._notes_on_text(facts)

    def _format(self, found: str) -> Guess:
        formats = self.facts.formats
        fitting = [each for each in formats.dates if each != found]
        if fitting:
            why = f"every cell fits, and so it does to {' and '.join(fitting)}"
            return self._guess("format", found, Certainty.UNSURE, why)
        sure = Certainty.LIKELY if self.facts.column.type is FieldType.INTEGER else Certainty.SURE
        return self._guess("format", found, sure, "every cell fits, and none other does")

    def _notes_on_text(self, facts: DraftFacts) -> Iterator[Guess]:
        if facts.formats.numbers:
            why = f"numbers written as {' or '.join(facts.formats.numbers)}: say which as format"
            yield self._guess("format", "string", Certainty.UNSURE, why)
        elif (
            facts.odd
            and facts.numbers
            and facts.filled - facts.numbers <= max(1, ODD_SHARE * facts.filled)
        ):
            why = f"all cells but {facts.filled - facts.numbers:,} are numbers"
            yield self._guess("text", "string", Certainty.UNSURE, why)
        elif facts.column.looks_like_number:
            why = "numbers would not keep zeros or digits that tell cells apart"
            yield self._guess("text", "string", Certainty.LIKELY, why)

    def _guess(self, what: str, proposed: str, certainty: Certainty, why: str) -> Guess:
        return Guess(
            entity=self.entity, field=self.name, what=what, proposed=proposed,
            certainty=certainty, why=why,
        )  # fmt: skip


def _count(codes: tuple[str, ...], word: str) -> str:
    return f"{len(codes)} {word}{'s' * (len(codes) != 1)}"


SPARSE = "sparse code"
SEVERAL = "multi-select"
