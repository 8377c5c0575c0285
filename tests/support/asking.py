"""Who asks in tests: nobody hears what is said beside an answer."""

from typing import Any

from apollo_spark.lake.lake import Lake
from apollo_spark.operations.asker import Asker
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.ask.history import HistoryRequest, show_history


def asking(lake: Lake) -> Asker:
    return Asker(lake, LakeSettings)


def describe_history(lake: Lake, name: str) -> Any:
    """Return the versions of a name as `history --json` prints them."""
    return show_history(asking(lake), HistoryRequest(name=name)).as_json()["versions"]
