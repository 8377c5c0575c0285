"""The verbs that make a version: by the words of the command, where what they do is."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from apollo_spark.assays import types
from apollo_spark.model.request import PublishRequest
from apollo_spark.operations.context import Context
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome

VERBS: Mapping[str, tuple[str, str]] = {
    "load clinical": ("apollo_spark.verbs.load_clinical", "LoadClinical"),
    "extend": ("apollo_spark.verbs.extend.choose", "ExtendClinical"),
    "merge clinical": ("apollo_spark.verbs.merge.merge", "MergeClinical"),
    "merge assay": ("apollo_spark.verbs.merge.merge", "MergeAssay"),
    "view": ("apollo_spark.verbs.view", "PublishView"),
}
"""The module and the class of each; it is imported when the verb is used."""


def all_verbs() -> Mapping[str, tuple[str, str]]:
    """Return these verbs and those of the types of assays."""
    found = dict(VERBS)
    for each in types.ASSAY_TYPES:
        found |= each.verbs
    return found


def operation_of(verb: str) -> type[Operation[Any, Any, Any]]:
    """Return what a verb does."""
    module, name = all_verbs()[verb]
    found: type[Operation[Any, Any, Any]] = getattr(import_module(module), name)
    return found


def perform(context: Context, request: PublishRequest) -> Outcome[Any]:
    """Do what is asked for, or for a dry run say what that would be.

    Args:
        context: Who acts, on which lake, with what.
        request: The options; it says which verb it is for.

    Raises:
        ApolloError: It was refused; its class says why.
    """
    return operation_of(request.verb)(context, request).run()
