"""The questions about cohorts: how many people, who, who is left after each part."""

from typing import Any

from apollo_spark.model.base import Record
from apollo_spark.model.request import VerbRequest
from apollo_spark.model.suppressed import Count as GivenCount
from apollo_spark.model.suppressed import Suppressed
from apollo_spark.operations.answering import answering
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.cohorts.opening import People, load_cohort
from apollo_spark.operations.disclosing import given_count
from apollo_spark.operations.guarded.describing import guarded_description
from apollo_spark.operations.guarded.persons import require_people
from apollo_spark.verbs.ask.show import CohortDescription
from apollo_spark.verbs.cohort.asking import describe_cohort, list_ids, people_asked_for
from apollo_spark.verbs.cohort.attrition import Attrition, attrition_of


class PeopleRequest(VerbRequest):
    """Who is meant: a cohort, or people of a dataset by a filter.

    Attributes:
        name: The cohort.
        from_name: The dataset.
        filter: The filter.
        engine: Who answers.
    """

    name: str | None = None
    from_name: str | None = None
    filter: str | None = None
    engine: str = "auto"


class CountRequest(PeopleRequest):
    """What a person asks for: the options of `apollo cohort count`."""

    verb = "cohort count"


class AttritionRequest(PeopleRequest):
    """What a person asks for: the options of `apollo cohort attrition`."""

    verb = "cohort attrition"


class IdsRequest(VerbRequest):
    """What a person asks for: the options of `apollo cohort ids`."""

    verb = "cohort ids"

    name: str
    engine: str = "auto"


class ShowCohortRequest(VerbRequest):
    """What a person asks for: the options of `apollo cohort show`."""

    verb = "cohort show"

    name: str


class Count(Record):
    """How many people there are, or what is shown of guarded data in the place of it."""

    count: GivenCount

    def as_json(self) -> Any:
        """Return the count, or that it is not shown."""
        if isinstance(self.count, Suppressed):
            return self.count.as_json()
        return {"count": self.count}


class Ids(Record):
    """The ids of people, in the order of the key."""

    ids: tuple[str, ...]


def count(asker: Asker, request: CountRequest) -> Count:
    """Count the people of a cohort, or of a dataset by a filter."""
    people = _people(asker, request)
    with answering(asker.lake, request.engine, asker.read_settings()) as engine:
        return Count(count=given_count(asker.lake, people, engine))


def attrition(asker: Asker, request: AttritionRequest) -> Attrition:
    """Count who is left after each part, and by each part alone."""
    people = _people(asker, request)
    with answering(asker.lake, request.engine, asker.read_settings()) as engine:
        return attrition_of(asker.lake, people, engine)


def ids(asker: Asker, request: IdsRequest) -> Ids:
    """List the ids of the people of a cohort."""
    people = people_asked_for(asker.lake, request.name)
    require_people(asker.lake, people)
    with answering(asker.lake, request.engine, asker.read_settings()) as engine:
        return Ids(ids=tuple(list_ids(people, engine)))


def show(asker: Asker, request: ShowCohortRequest) -> CohortDescription:
    """Show what a cohort means."""
    record = load_cohort(asker.lake, request.name)
    shown = describe_cohort(asker.lake, record)
    return CohortDescription(shown=guarded_description(asker.lake, record, shown))


def _people(asker: Asker, request: PeopleRequest) -> People:
    people = people_asked_for(
        asker.lake, request.name, source=request.from_name, text=request.filter
    )
    for note in people.notes:
        asker.say(f"note: {note}")
    return people
