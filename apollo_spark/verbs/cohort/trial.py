"""Test what a cohort means on a few invented rows: who must be in it, and who must not.

The rows become files of a folder of their own, which the embedded engine reads as it reads the
tables of a lake. Neither a lake nor Java is needed for a filter.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import CheckFailedError, DictionaryError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.cohort import CohortOperation, CohortRecord, CohortStep
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.opening import dataset_of, load_cohort
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import KEY, Members
from apollo_spark.query.filters.check import read_filter
from apollo_spark.query.scope import QueryScope
from apollo_spark.sources.dictionary.read import read_dictionary
from apollo_spark.sources.invented_rows import CohortTest, read_cohort_test, typed_rows
from apollo_spark.tables.layout import arrow_schema


class CohortTestRequest(VerbRequest):
    """What a person asks for: the options of `apollo cohort test`.

    Attributes:
        name: A cohort.
        from_name: A dataset, whose dictionary the filter is read with.
        filter: A filter instead of a cohort.
        file: The rows, and who must be in and out.
    """

    verb = "cohort test"

    name: str | None = None
    from_name: str | None = None
    filter: str | None = None
    file: str


class InventedPerson(Record):
    """Somebody of the rows of a test: by id, whether they must be meant, and whether they are."""

    id: str
    expected: bool
    found: bool


class CohortTrial(Record):
    """What a test found.

    Attributes:
        people: Everybody who is named in the test, in its order.
        failed: How many are not where they must be.
    """

    people: tuple[InventedPerson, ...]
    failed: int

    def require_passed(self) -> None:
        """Require that everybody is where they must be.

        Raises:
            CheckFailedError: Somebody is not; these are named, because they are invented.
        """
        wrong = [each for each in self.people if each.found != each.expected]
        if not wrong:
            return
        listed = "\n".join(
            f"- {each.id} must be {_word(each.expected)} and is {_word(each.found)}"
            for each in wrong
        )
        raise CheckFailedError(f"{len(wrong)} of {len(self.people)} people are wrong:\n{listed}")


@dataclass(frozen=True)
class _InventedTables:
    """The tables of a test, as what an engine reads: a file for each entity that has rows."""

    folder: Path
    tables: Mapping[str, pa.Table]

    def write(self) -> None:
        for place, each in enumerate(self.tables.values()):
            if each.num_rows:
                pq.write_table(each, self._path(place))

    @property
    def pins(self) -> dict[str, TablePin]:
        return {
            name: TablePin(
                table=name, table_id=name, location=name, version=0, schema_hash="", rows=0,
                files_digest="", content_hash="",
            )
            for name in self.tables
        }  # fmt: skip

    def files(self, pin: TablePin) -> Sequence[str]:
        if not self.tables[pin.table].num_rows:
            return []
        return [str(self._path(list(self.tables).index(pin.table)))]

    def schema(self, pin: TablePin) -> pa.Schema:
        return self.tables[pin.table].schema

    def _path(self, place: int) -> Path:
        # Names of entities are no names of files.
        return self.folder / f"{place}.parquet"


def try_cohort(asker: Asker, request: CohortTestRequest) -> CohortTrial:
    """Test a cohort, or a filter."""
    if (request.name is None) == (request.filter is None):
        raise UsageError("Name a cohort, or give a filter: one of them is tested.")
    if request.name is not None and request.from_name is not None:
        raise UsageError("--from goes with --filter: a cohort names its dataset itself.")
    if request.name is not None:
        return try_record(asker.lake, load_cohort(asker.lake, request.name), request.file)
    dictionary = None
    if request.from_name is not None:
        dictionary = asker.lake.open(parse_reference(request.from_name)).dictionary
    return try_filter(str(request.filter), request.file, dictionary)


def try_filter(
    text: str, file: str | Path, dictionary: DataDictionary | None = None
) -> CohortTrial:
    """Test what a filter means on a few invented rows, without a lake.

    Args:
        text: The filter.
        file: A YAML file with rows, and who of them must be in and out (`docs/cohorts.md`).
        dictionary: What the rows are of; by default the file says it.

    Raises:
        InputFileError: The file cannot be read.
        UsageError: The filter has no meaning, or the rows cannot be used.
        NotFoundError: The filter names something that is not there.
    """
    test = read_cohort_test(Path(file))
    dictionary = dictionary or _dictionary_of(test)
    read_filter(text, dictionary)
    step = CohortStep(operation=CohortOperation.FILTER, text=text)
    return find_meant(test, (step,), dictionary)


def try_record(lake: Lake, record: CohortRecord, file: str | Path) -> CohortTrial:
    """Test what a cohort means on a few invented rows.

    Raises:
        InputFileError: The file cannot be read.
        UsageError: The rows cannot be used, or the cohort is made of a list of ids.
    """
    program = Program(lake)
    program.add(record)
    if program.lists:
        raise UsageError(
            f"{record} is made of a list of ids, which means nobody of invented rows.",
            fix="Test a filter alone: --filter TEXT.",
        )
    dictionary = lake.open_record(dataset_of(lake, record)).dictionary
    return find_meant(read_cohort_test(Path(file)), program.steps, dictionary)


def find_meant(
    test: CohortTest, steps: Sequence[CohortStep], dictionary: DataDictionary
) -> CohortTrial:
    """Find who of the invented people is meant.

    Raises:
        UsageError: The rows cannot be used.
    """
    typed = typed_rows(test, dictionary)
    tables = {
        each.name: pa.Table.from_pylist(typed.rows[each.name], schema=arrow_schema(each))
        for each in dictionary.entities
    }
    with tempfile.TemporaryDirectory(prefix="apollo-test-") as folder:
        invented = _InventedTables(Path(folder), tables)
        invented.write()
        question = Members(tuple(steps)).keys(QueryScope(dictionary))
        answer = EmbeddedEngine(invented).run(question, invented.pins).read_all()
    meant = set(answer.column(KEY).to_pylist())
    people = tuple(
        InventedPerson(id=each, expected=expected, found=typed.keys[each] in meant)
        for each, expected in test.expected.items()
    )
    failed = sum(each.found != each.expected for each in people)
    return CohortTrial(people=people, failed=failed)


def _dictionary_of(test: CohortTest) -> DataDictionary:
    if "dictionary" not in test.files:
        raise UsageError(
            f"The test {test.name} names no dictionary.",
            fix="Write 'dictionary: FILE' into it, or name a dataset: --from NAME.",
        )
    reading = read_dictionary(
        test.files["dictionary"], test.files.get("codings"), test.files.get("entities")
    )
    if reading.dictionary is None:
        listed = "\n".join(f"- {each.message}" for each in reading.findings)
        raise DictionaryError(f"The dictionary of the test {test.name} cannot be used:\n{listed}")
    return reading.dictionary


def _word(is_in: bool) -> str:
    return "in" if is_in else "out"
