"""Operations that read input files: their engines, and what was decided about their cells."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, TypeVar

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.record import InputFile
from apollo_spark.operations.engines import LoadEngines, RowWriter
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.requests.files import FileRequest
from apollo_spark.operations.work import Plan, Receipt

# Five minutes on two cores; above this a person had rather know at once what is known.
MOST_LOOKED_AT = 20 * 1024**3


Request = TypeVar("Request", bound=FileRequest)


class FileOperation(Operation[Request, Plan, Receipt]):
    """A verb that reads input files: its tasks run on Spark or in threads."""

    makes_lake = True
    row_writer: ClassVar[RowWriter | None] = None
    """Makes the runner of tasks whose files Spark writes."""

    @contextmanager
    def engines(self, plan: Plan, lake: Lake) -> Iterator[LoadEngines]:
        """Open the engines that the settings and the size of the files ask for."""
        with self.context.opened_engines() as open_engines:
            self.context.step("open engines")
            opened = open_engines(lake, sum(each.size for each in plan.inputs))
            yield opened.written_by(self.row_writer)

    def notes_at_end(self, plan: Plan) -> tuple[str, ...]:
        """Return what was decided about cells that could have been meant otherwise."""
        found = self.coded_cells(plan)
        if found is None:
            return ()
        dictionary, entity = found
        return _notes_of_missing_codes(dictionary, self.request.missing, entity)

    def coded_cells(self, plan: Plan) -> tuple[DataDictionary, str | None] | None:  # noqa: ARG002
        """Return the dictionary of the cells that are read, and the entity where it is one."""
        return None


def may_look_further(inputs: Iterable[InputFile], on_step: OnStep) -> bool:
    """Say whether the rows of files are looked at by this process, though they are refused."""
    if sum(each.size for each in inputs) > MOST_LOOKED_AT:
        on_step(f"rows were not looked at: more than {MOST_LOOKED_AT >> 30} GB")
        return False
    on_step("look for what else is wrong")
    return True


def _notes_of_missing_codes(
    dictionary: DataDictionary, missing: Iterable[str], entity: str | None = None
) -> tuple[str, ...]:
    """Return a note for each coding that has a code which means missing.

    Args:
        dictionary: Fields and codings.
        missing: The texts that mean missing.
        entity: The entity whose rows are read; all where not given.
    """
    markers = set(missing)
    fields: dict[str, list[str]] = {}
    for owner, spec in dictionary.paths():
        if spec.coding_name is not None and entity in (None, owner.name):
            fields.setdefault(spec.coding_name, []).append(f"{owner.name}.{spec.name}")
    return tuple(
        f"{count:,} codes of the coding {coding.name} are texts that mean missing, and cells of "
        f"{_shown(fields[coding.name])} that hold them are missing; leave them out of --missing "
        "to keep the codes"
        for coding in dictionary.codings
        if coding.name in fields and (count := len(markers & set(coding.codes)))
    )


def _shown(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
