"""How the verbs of a lake are done from Python: a part of `ApolloLake`."""

import logging
from typing import TYPE_CHECKING, Any

from apollo_spark.api.published import Published, published_by
from apollo_spark.lake.lake import Lake
from apollo_spark.model.request import ActionRequest, VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.context import Context, Listener
from apollo_spark.operations.requests.files import FileRequest
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.compact import CompactRequest
from apollo_spark.verbs.table import ask, perform

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)


LONG = (FileRequest, CompactRequest)
"""What is asked of verbs that may take long: their steps are logged."""


class PerformingLake:
    """A lake on which verbs are done."""

    _lake: Lake
    _settings: LakeSettings

    def _context(
        self,
        wait: float | None,
        spark: "SparkSession | None" = None,
        *,
        has_steps: bool = False,
    ) -> Context:
        """Return who acts, on this lake; lines, and steps where wanted, are logged."""
        steps = Listener.of_lines(logger.info)
        return Context(
            self._lake.waiting(wait),
            settings=self._settings,
            listener=steps if has_steps else Listener(say=logger.info),
            session=spark,
        )

    def _ask(self, request: VerbRequest) -> Any:
        """Answer what is asked; what a command says beside its answer is logged."""
        return ask(Asker(self._lake, lambda: self._settings, logger.info), request)

    def _perform(
        self,
        request: ActionRequest,
        *,
        wait: float | None,
        spark: "SparkSession | None" = None,
    ) -> Published[Any]:
        """Do what is asked for, or for a dry run say what that would be."""
        context = self._context(wait, spark, has_steps=isinstance(request, LONG))
        return published_by(self._lake, perform(context, request))
