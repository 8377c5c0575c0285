"""The verbs that change a lake: by the words of the command, where what they do is."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from apollo_spark.assays import types
from apollo_spark.model.request import ActionRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.context import Context
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.verb import Verb

AnyOperation = Operation[Any, Any, Any] | Action[Any, Any, Any]
"""What publishes, and what changes a lake otherwise."""

VERBS: Mapping[str, Verb] = {
    "load clinical": Verb("apollo_spark.verbs.load_clinical", "LoadClinical", "ClinicalLoad"),
    "extend": Verb("apollo_spark.verbs.extend.choose", "ExtendClinical", "ClinicalExtension"),
    "merge clinical": Verb(
        "apollo_spark.verbs.merge.merge", "MergeClinical", "ClinicalMergeRequest"
    ),
    "merge assay": Verb("apollo_spark.verbs.merge.merge", "MergeAssay", "AssayMergeRequest"),
    "view": Verb("apollo_spark.verbs.view", "PublishView", "ViewRequest"),
    "rebase": Verb("apollo_spark.verbs.rebase.rebase", "Rebase", "RebaseRequest"),
    "compact": Verb("apollo_spark.verbs.compact", "Compact", "CompactRequest"),
    "withdraw": Verb("apollo_spark.verbs.withdraw.withdraw", "Withdraw", "WithdrawRequest"),
    "retire": Verb("apollo_spark.verbs.retire", "Retire", "RetireRequest"),
    "gc": Verb("apollo_spark.verbs.gc", "Sweep", "GcRequest"),
    "extract sealed": Verb("apollo_spark.verbs.seal", "Seal", "SealRequest"),
    "cohort create": Verb(
        "apollo_spark.verbs.cohort.create", "CreateCohort", "CreateCohortRequest"
    ),
    "cohort combine": Verb(
        "apollo_spark.verbs.cohort.combine", "CombineCohorts", "CombineCohortsRequest"
    ),
}


def all_verbs() -> Mapping[str, Verb]:
    """Return these verbs and those of the types of assays."""
    found = dict(VERBS)
    for each in types.ASSAY_TYPES:
        found |= each.verbs
    return found


def operation_of(verb: str) -> type[AnyOperation]:
    """Return what a verb does."""
    where = all_verbs()[verb]
    found: type[AnyOperation] = getattr(import_module(where.module), where.operation)
    return found


def request_type(verb: str) -> type[ActionRequest]:
    """Return what a verb is asked for."""
    where = all_verbs()[verb]
    found: type[ActionRequest] = getattr(import_module(where.module), where.request)
    return found


def perform(context: Context, request: ActionRequest) -> Outcome[Any]:
    """Do what is asked for, or for a dry run say what that would be.

    Args:
        context: Who acts, on which lake, with what.
        request: The options; it says which verb it is for.

    Raises:
        ApolloError: It was refused; its class says why.
    """
    return operation_of(request.verb)(context, request).run()
