"""Who runs the tasks of a load: threads of this process, or Spark."""

import os
import re
import sys
from typing import Literal, NamedTuple

from apollo_spark.errors import UsageError
from apollo_spark.runtime.machine import CLUSTER_VARIABLES
from apollo_spark.runtime.settings import LakeSettings

LOCAL_BYTES = 256 * 1024 * 1024
"""Bytes of input files up to which threads are taken; measured in `docs/decisions/runners.md`."""


class RunnerChoice(NamedTuple):
    """Who runs the tasks, and why."""

    runner: Literal["spark", "local"]
    why: str


def choose_runner(
    settings: LakeSettings, input_bytes: int, *, has_session: bool = False
) -> RunnerChoice:
    """Choose who runs the tasks of a load. Rows, hashes and messages are the same either way.

    Args:
        settings: What the configuration says; `auto` leaves it to the rules here.
        input_bytes: Bytes of all input files.
        has_session: Whether a session was handed over.
    """
    if settings.runner != "auto":
        return RunnerChoice(settings.runner, "the configuration says so")
    if settings.writer == "dataframe":
        return RunnerChoice("spark", "the writer of the configuration needs it")
    if has_session or _session_is_running():
        return RunnerChoice("spark", "a Spark session is running")
    if platform := next((each for each in CLUSTER_VARIABLES if each in os.environ), None):
        return RunnerChoice("spark", f"Spark has started this process ({platform} is set)")
    limit = f"{LOCAL_BYTES >> 20} MB"
    if input_bytes > LOCAL_BYTES:
        return RunnerChoice("spark", f"the files have more than {limit}")
    return RunnerChoice("local", f"files of up to {limit} are loaded before Spark has started")


def read_size(text: str) -> int:
    """Return the bytes of a size such as `200MB` or `1.5 GB`; a KB is 1,024 bytes.

    Raises:
        UsageError: It is not a size.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)B?", text.strip(), re.IGNORECASE)
    if found is None:
        raise UsageError(f"{text!r} is not a size.", fix="Write it as 200MB or 1.5GB.")
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " "))


def _session_is_running() -> bool:
    if "pyspark" not in sys.modules:
        return False
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() is not None
