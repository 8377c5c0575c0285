"""A verb that changes a lake and is not a single publication: it plans, and then acts.

Retiring, withdrawing and sweeping publish no record; compactions and rebases are publications of
several names, each an `Operation`; a sealed copy is published in another lake.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from apollo_spark.model.base import Record
from apollo_spark.model.request import ActionRequest
from apollo_spark.operations.context import Context
from apollo_spark.operations.outcome import Outcome

Request = TypeVar("Request", bound=ActionRequest)
Plan = TypeVar("Plan")
Receipt = TypeVar("Receipt", bound=Record)


class Action(ABC, Generic[Request, Plan, Receipt]):
    """What is planned by reading alone, and then done, or for a dry run told.

    Args:
        context: Who acts, on which lake, with what.
        request: The options.
    """

    verb: ClassVar[str]
    """The verb, in the words of the command."""

    def __init__(self, context: Context, request: Request) -> None:
        self.context = context
        self.request = request

    @abstractmethod
    def plan(self) -> Plan:
        """Decide by reading alone, and refuse what cannot be done."""

    @abstractmethod
    def preview(self, plan: Plan) -> Outcome[Receipt]:
        """Return the outcome of a dry run: its plan says what would be done."""

    @abstractmethod
    def act(self, plan: Plan) -> Outcome[Receipt]:
        """Do what is planned."""

    def run(self) -> Outcome[Receipt]:
        """Plan and act, or for a dry run say what would be done.

        Raises:
            ApolloError: It was refused; its class says why.
        """
        plan = self.plan()
        return self.preview(plan) if self.request.is_dry_run else self.act(plan)
