"""Combine cohorts: any of them, also such as are combinations themselves."""

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import UsageError
from apollo_spark.model.cohort import COMBINATIONS, CohortOperation, CohortStep
from apollo_spark.model.names import require_dataset_name
from apollo_spark.model.receipt import CohortReceipt
from apollo_spark.operations.cohorts.one_dataset import require_one_dataset
from apollo_spark.operations.cohorts.opening import People, count_people, dataset_of, load_cohort
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import Members
from apollo_spark.verbs.cohort.codings import united_codings
from apollo_spark.verbs.cohort.publishing import (
    CohortPlan,
    CohortRequest,
    PublishCohort,
    lists_of,
    reference_to,
)


class CombineCohortsRequest(CohortRequest):
    """What a person asks for: the options of `apollo cohort combine`.

    Attributes:
        operation: A word of `CohortOperation`.
        cohorts: The cohorts, in the order that `subtract` needs.
    """

    verb = "cohort combine"

    operation: str
    cohorts: tuple[str, ...]


class CombineCohorts(PublishCohort[CombineCohortsRequest]):
    """Publish a combination of cohorts as the next version of a cohort."""

    verb = "cohort combine"

    def make(self, engine: EmbeddedEngine) -> CohortPlan:
        """Return the combination that is asked for, with its people counted.

        Raises:
            UsageError: There is no such operation, or it is not of so many cohorts.
            NotFoundError: A cohort is not there.
            ConflictError: The cohorts are based on different versions or views.
        """
        request, lake = self.request, self.context.lake
        require_dataset_name(request.name)
        operation = _operation(request)
        records = [load_cohort(lake, each) for each in request.cohorts]
        require_one_dataset(lake, records)
        program = Program(lake)
        numbers = program.add(*records)
        step = CohortStep(operation=operation, of=tuple(range(len(records))))
        own = step.model_copy(update={"of": tuple(numbers)})
        dataset = dataset_of(lake, records[0])
        opened = lake.open_record(dataset)
        people = People(opened, Members((*program.steps, own)), program.lists)
        return CohortPlan(
            request=request,
            dataset=dataset,
            step=step,
            cohorts=tuple(map(reference_to, records)),
            codings=united_codings(each.codings for each in records),
            receipt=CohortReceipt(count=people.count(engine), of=count_people(opened, engine)),
            lists=lists_of(records),
            parents=tuple(dict.fromkeys(map(str, records))),
        )


def _operation(request: CombineCohortsRequest) -> CohortOperation:
    words = {each.value: each for each in COMBINATIONS}
    found = words.get(request.operation)
    if found is None:
        raise UsageError(
            f"{request.operation!r} does not combine cohorts.",
            fix=f"Choose one of {', '.join(words)}.",
        )
    is_alone = found is CohortOperation.COMPLEMENT
    if (len(request.cohorts) == 1) != is_alone or not request.cohorts:
        needed = "exactly one cohort" if is_alone else "two cohorts or more"
        raise UsageError(f"'{found}' takes {needed}, not {len(request.cohorts)}.")
    return found
