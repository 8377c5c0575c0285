"""Give numbers of tables, or what is shown in their place, and say what becomes known by that."""

from collections.abc import Sequence
from dataclasses import dataclass

from apollo_spark.disclosure.deciding import Deciding
from apollo_spark.disclosure.memory import Asked, Memory
from apollo_spark.disclosure.people import digest_of
from apollo_spark.disclosure.sums import Sums
from apollo_spark.disclosure.table import EVERYBODY, Counted, Table, count_table
from apollo_spark.model.disclosure import Limit
from apollo_spark.model.suppressed import Count, Suppressed


@dataclass(frozen=True)
class Giver:
    """Decides about the tables of one answer.

    Attributes:
        limit: What holds for them.
        secret: The key of the lake.
        whole: The sums behind all people of the dataset.
        population: The question of whom the dataset shows.
        tables: What is asked for.
        counted: It, counted.
    """

    limit: Limit
    secret: bytes
    whole: Sums
    population: str
    tables: Sequence[Table]
    counted: Sequence[Counted]

    @classmethod
    def of(cls, limit: Limit, secret: bytes, everybody: Table, tables: Sequence[Table]) -> "Giver":
        """Count tables, which is done once, however often others are first to answer."""
        whole = count_table(everybody, secret).sums
        counted = [count_table(each, secret) for each in tables]
        return cls(limit, secret, whole, everybody.question, tables, counted)

    def give(self, memory: Memory) -> tuple[list[list[Count]], Memory]:
        """Return what is given of each cell of each table, and all that is known then.

        Args:
            memory: What is known already.
        """
        everybody = Asked(*[digest_of(self.population, self.secret)] * 2)
        if not memory.equal_to(self.whole):
            memory = memory.with_more(self.whole, [everybody], is_given=False)
        found = []
        for table, counted in zip(self.tables, self.counted, strict=True):
            asked = [self._asked(table, cell) for cell in range(table.cells)]
            decision = Deciding(
                counted, table.sums, memory, self.limit.least, asked, self.whole
            ).decide()
            memory = memory.with_more(decision.sums, decision.asked, is_given=True)
            found.append(
                [
                    self.limit.rounded(int(number))
                    if why is None
                    else Suppressed(fewer_than=self.limit.least, why=why)
                    for number, why in zip(counted.numbers, decision.why, strict=True)
                ]
            )
        return found, memory

    def _asked(self, table: Table, cell: int) -> Asked:
        question = table.question_of(cell)
        meaning = "" if question is None else self._digest(question)
        return Asked(self._digest(table.question), meaning)

    def _digest(self, question: str) -> str:
        """Return what stands for a question about whom the dataset shows."""
        both = [each for each in (self.population, question) if each != EVERYBODY]
        return digest_of("\n".join(both), self.secret)
