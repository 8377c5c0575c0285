"""Plan to move cohorts to another dataset: what they mean there, and the record that says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.coding import Coding
from apollo_spark.model.cohort import CohortRecord, CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.filter import Filter
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import CohortReceipt
from apollo_spark.operations.cohorts.meaning import check_beside_cohorts, with_cohorts
from apollo_spark.operations.cohorts.opening import dataset_of
from apollo_spark.query.filters.reach import fields_needed
from apollo_spark.records.changes.renaming import NewNames, rename_in_filter, renamed
from apollo_spark.sources.filters.text import parse_filter
from apollo_spark.sources.filters.write import write_filter
from apollo_spark.verbs.cohort.codings import codings_of, united_codings
from apollo_spark.verbs.cohort.publishing import (
    CohortPlan,
    CohortRequest,
    lists_of,
    reference_to,
)
from apollo_spark.verbs.rebase.dataset import require_unbroken
from apollo_spark.verbs.rebase.meaning import MeaningComparison, compare_meaning


@dataclass(frozen=True)
class CohortMove:
    """What a cohort means in another dataset.

    Attributes:
        plan: What is published.
        before: The dataset that it leaves.
        after: The dataset that it goes to.
        entities: The entities whose rows it asks for, beside the main one.
        codings: What the codings that it asks for said before, by the names that they have then.
        ids: Its list of ids.
    """

    plan: CohortPlan
    before: DatasetRecord
    after: DatasetRecord
    entities: frozenset[str]
    codings: Mapping[str, Coding]
    ids: TablePin | None

    def with_questions_of(self, others: Iterable["CohortMove"]) -> "CohortMove":
        """Return the same with what the cohorts ask for that it is made of."""
        moves = list(others)
        return replace(
            self,
            entities=self.entities.union(*(each.entities for each in moves)),
            codings=dict(pair for each in (*moves, self) for pair in each.codings.items()),
        )


def plan_cohort(
    lake: Lake,
    record: CohortRecord,
    target: DatasetRecord,
    cohorts: Sequence[CohortRecord],
    found: MeaningComparison,
) -> CohortMove:
    """Plan to move a cohort.

    Args:
        lake: The lake, with what is planned by the same call.
        record: The cohort.
        target: The dataset that it goes to.
        cohorts: What the cohorts that it is made of become, in the order of the record.
        found: The new names; takes what becomes of what it asks for, also where this fails.

    Raises:
        ApolloError: It has no meaning there.
    """
    dataset = dataset_of(lake, record)
    before, after = lake.open_record(dataset), lake.open_record(target)
    step, codings = record.step, united_codings(each.codings for each in cohorts)
    entities: frozenset[str] = frozenset()
    old: dict[str, Coding] = {}
    if step.text is not None:
        tree = parse_filter(step.text)
        compare_meaning([tree], before, after, found)
        require_unbroken(found)
        moved = rename_in_filter(tree, found.names)
        check_beside_cohorts(moved, after.dictionary, after.scope.measured)
        step = _with_cohorts(step, moved, cohorts)
        codings = united_codings((codings, codings_of(moved, after.dictionary, target)))
        needed = fields_needed(tree, before.dictionary, before.scope.measured)
        entities = frozenset(entity for entity, _ in needed) - {dataset.main_entity}
        old = _old_codings(tree, before, after, found.names)
    own = next((each for each in record.pins if each.table == step.keys), None)
    if own is not None:
        step = step.model_copy(update={"keys": ""})
    plan = CohortPlan(
        request=CohortRequest(name=record.name, title=record.title, description=record.description),
        dataset=target,
        step=step,
        cohorts=tuple(map(reference_to, cohorts)),
        codings=codings,
        receipt=CohortReceipt(count=0, of=0),
        lists=lists_of(cohorts),
        listed=own,
        parents=tuple(dict.fromkeys((str(target), *map(str, cohorts)))),
    )
    return CohortMove(plan, dataset, target, entities, old, own)


def _with_cohorts(step: CohortStep, tree: Filter, cohorts: Sequence[CohortRecord]) -> CohortStep:
    """Return a step whose filter names cohorts by what they become."""
    versions = {name: str(cohorts[place]) for name, place in step.named}
    return step.model_copy(
        update={
            "text": write_filter(with_cohorts(tree, versions)),
            "named": tuple((versions[name], place) for name, place in step.named),
        }
    )


def _old_codings(
    tree: Filter, before: OpenDataset, after: OpenDataset, names: NewNames
) -> dict[str, Coding]:
    """Return what codings that a filter asks for said before, by the names that they have then.

    Codes that have taken the place of others are called as they are then.
    """
    found: dict[str, Coding] = {}
    for entity, name in fields_needed(tree, before.dictionary, before.scope.measured):
        old = before.dictionary.find_entity(entity)
        there = renamed(entity, name, names.fields)
        new = after.dictionary.find_entity(there[0])
        specs = (old and old.find_field(name), new and new.find_field(there[1]))
        codings = [each.coding_name if each else None for each in specs]
        was = before.dictionary.find_coding(codings[0])
        if was is not None and codings[1] is not None:
            path = f"{entity}.{name}"
            codes = {code: to for (of, code), to in names.codes.items() if of == path}
            found[codings[1]] = _recoded(was, codes)
    return found


def _recoded(coding: Coding, codes: Mapping[str, str]) -> Coding:
    rows = tuple(
        row.model_copy(
            update={
                "code": codes.get(row.code, row.code),
                "parent_code": codes.get(row.parent_code, row.parent_code),
            }
        )
        for row in coding.rows
    )
    return coding.model_copy(update={"rows": rows})
