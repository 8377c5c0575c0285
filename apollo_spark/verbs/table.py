"""The verbs by the words of the command: where what they do is, and what they are asked for.

`VERBS` change a lake and answer with an `Outcome`, `QUESTIONS` only read, and answer with a value
that has one form as JSON.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from apollo_spark.operations.verb import Verb
from apollo_spark.runtime.questions import Questions

if TYPE_CHECKING:
    from typing import TypeAlias

    # A command that only asks loads none of what acts.
    from apollo_spark.model.request import ActionRequest, VerbRequest
    from apollo_spark.operations.action import Action
    from apollo_spark.operations.asker import Asker
    from apollo_spark.operations.context import Context
    from apollo_spark.operations.operation import Operation
    from apollo_spark.operations.outcome import Outcome

    AnyOperation: TypeAlias = Operation[Any, Any, Any] | Action[Any, Any, Any]

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
    "guard": Verb("apollo_spark.verbs.guard", "Guard", "GuardRequest"),
    "grow": Verb("apollo_spark.verbs.grow.grow", "Grow", "GrowRequest"),
    "extract sealed": Verb("apollo_spark.verbs.seal", "Seal", "SealRequest"),
    "cohort create": Verb(
        "apollo_spark.verbs.cohort.create", "CreateCohort", "CreateCohortRequest"
    ),
    "cohort combine": Verb(
        "apollo_spark.verbs.cohort.combine", "CombineCohorts", "CombineCohortsRequest"
    ),
    "dashboard create": Verb(
        "apollo_spark.verbs.dashboard.create", "CreateDashboard", "CreateDashboardRequest"
    ),
}


QUESTIONS: Mapping[str, Verb] = {
    "list": Verb("apollo_spark.verbs.ask.listing", "list_records", "ListRequest"),
    "show": Verb("apollo_spark.verbs.ask.show", "show", "ShowRequest"),
    "history": Verb("apollo_spark.verbs.ask.history", "show_history", "HistoryRequest"),
    "fields": Verb("apollo_spark.verbs.ask.show", "list_fields", "FieldsRequest"),
    "diff": Verb("apollo_spark.verbs.ask.diff", "compare", "DiffRequest"),
    "lineage": Verb("apollo_spark.verbs.ask.lineage", "show_lineage", "LineageRequest"),
    "trace": Verb("apollo_spark.verbs.ask.trace", "trace", "TraceRequest"),
    "verify": Verb("apollo_spark.verbs.verify.verify", "verify", "VerifyRequest"),
    "doctor": Verb("apollo_spark.verbs.verify.doctor", "doctor", "DoctorRequest"),
    "extract fields": Verb("apollo_spark.verbs.ask.extract", "extract", "ExtractFieldsRequest"),
    "extract dictionary": Verb(
        "apollo_spark.verbs.ask.extract", "extract_dictionary", "DictionaryRequest"
    ),
    "cohort count": Verb("apollo_spark.verbs.cohort.questions", "count", "CountRequest"),
    "cohort ids": Verb("apollo_spark.verbs.cohort.questions", "ids", "IdsRequest"),
    "cohort show": Verb("apollo_spark.verbs.cohort.questions", "show", "ShowCohortRequest"),
    "cohort compare": Verb("apollo_spark.verbs.cohort.compare", "compare", "CompareRequest"),
    "cohort explain": Verb("apollo_spark.verbs.cohort.explain", "explain", "ExplainRequest"),
    "cohort test": Verb("apollo_spark.verbs.cohort.trial", "try_cohort", "CohortTestRequest"),
    "cohort attrition": Verb(
        "apollo_spark.verbs.cohort.questions", "attrition", "AttritionRequest"
    ),
    "dashboard show": Verb(
        "apollo_spark.verbs.dashboard.questions", "show", "ShowDashboardRequest"
    ),
    "dashboard data": Verb(
        "apollo_spark.verbs.dashboard.questions", "data", "DashboardDataRequest"
    ),
    "dashboard export": Verb(
        "apollo_spark.verbs.dashboard.export", "export", "ExportDashboardRequest"
    ),
    "profile": Verb("apollo_spark.verbs.profile", "profile", "ProfileRequest"),
    "draft-dictionary": Verb("apollo_spark.verbs.draft_dictionary", "write_draft", "DraftRequest"),
    "extract sql": Verb("apollo_spark.verbs.ask.sql", "create_views", "SqlRequest"),
}


def all_verbs() -> Mapping[str, Verb]:
    """Return the verbs that change a lake, those of the types of assays too."""
    return {**VERBS, **_of_types("verbs")}


def all_questions() -> Mapping[str, Verb]:
    """Return the verbs that only read, those of the types of assays too."""
    return {**QUESTIONS, **_of_types("asking")}


def _of_types(what: str) -> dict[str, Verb]:
    # Most commands that only ask need no type of assays.
    from apollo_spark.assays import types

    return {name: each for one in types.ASSAY_TYPES for name, each in getattr(one, what).items()}


def operation_of(verb: str) -> "type[AnyOperation]":
    """Return what a verb does."""
    found: type[AnyOperation] = _find(VERBS.get(verb) or all_verbs()[verb], "operation")
    return found


def request_type(verb: str) -> "type[VerbRequest]":
    """Return what a verb is asked for."""
    where = QUESTIONS.get(verb) or VERBS.get(verb) or {**all_questions(), **all_verbs()}[verb]
    found: type[VerbRequest] = _find(where, "request")
    return found


def _find(where: Verb, what: str) -> Any:
    return getattr(import_module(where.module), getattr(where, what))


def perform(context: "Context", request: "ActionRequest") -> "Outcome[Any]":
    """Do what is asked for, or for a dry run say what that would be.

    Args:
        context: Who acts, on which lake, with what.
        request: The options; it says which verb it is for.

    Raises:
        ApolloError: It was refused; its class says why.
    """
    return guarded(context, request, operation_of(request.verb)(context, request).run())


def guarded(
    context: "Context", request: "ActionRequest", outcome: "Outcome[Any]"
) -> "Outcome[Any]":
    """Return how a verb ended, without numbers where something that it names is guarded."""
    lake = context.lake
    if not lake.is_there or not lake.registry.snapshot().guards:
        return outcome
    from apollo_spark.operations.guarded.outcomes import guarded_outcome

    return guarded_outcome(lake, request, outcome)


def ask(asker: "Asker", request: "VerbRequest") -> Any:
    """Answer a question; nothing in the lake is written.

    Args:
        asker: Who asks, of which lake.
        request: The options; it says which verb it is for.

    Raises:
        ApolloError: It was refused; its class says why.
    """
    where = QUESTIONS.get(request.verb) or all_questions()[request.verb]
    # Settings are read only where there is a question that they limit.
    with Questions(limits=asker.read_limits):
        return _find(where, "operation")(asker, request)
