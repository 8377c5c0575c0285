"""Start the Java of a Spark session without a word on the terminal."""

import re
import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from pyspark.conf import SparkConf
from pyspark.errors import PySparkRuntimeError
from pyspark.java_gateway import launch_gateway

from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.runtime.jars import DELTA_COORDINATES, JARS_VARIABLE

LOG_NAME = "java.log"

_JAVA_CLASSES = re.compile(r'^(?:Exception in thread "[^"]*" )?(?:[\w.$]+(?:Exception|Error): )*')
_launch: Callable[..., Any] = launch_gateway


def launch_java(options: Mapping[str, str], *, workplace: Path, verbose: bool) -> Any:
    """Start Java with Spark's options and return the gateway to it.

    Args:
        options: Spark's options; those for Java itself work only here.
        workplace: The folder that gets the log of what Java prints.
        verbose: Let Java print on stderr instead.

    Raises:
        EnvironmentProblemError: Java ended before it was ready.
    """
    conf = SparkConf(loadDefaults=False).setAll(list(options.items()))
    log = workplace / LOG_NAME
    with log.open("w", encoding="utf-8") as file, warnings.catch_warnings():
        # Python 3.12 warns of any child process that is prepared while threads run.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Java writes warnings to stdout too, where they would mix with our data.
        sink: TextIO = sys.__stderr__ if verbose and sys.__stderr__ else file
        try:
            return _launch(conf, popen_kwargs={"stdout": sink, "stderr": sink})
        except PySparkRuntimeError as error:
            raise _explain(log.read_text(encoding="utf-8", errors="replace")) from error


def _explain(log: str) -> EnvironmentProblemError:
    if "unresolved dependency" in log or "download failed" in log:
        return EnvironmentProblemError(
            f"Spark could not fetch the Delta jars ({DELTA_COORDINATES}).",
            fix="Run scripts/setup where their repository can be reached, or put them into a "
            f"folder and set {JARS_VARIABLE} to it.",
        )
    return EnvironmentProblemError(
        "The Java process of Spark ended before it was ready.",
        why=first_cause(log),
        fix="apollo doctor looks at Java, Spark and the jars.",
    )


def first_cause(log: str) -> str:
    """Return what a Java log says went wrong, as a sentence without classes and stack.

    >>> first_cause('Exception in thread "main" org.example.SparkException: no master')
    'no master.'
    """
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line or "Exception" in line]
    text = _JAVA_CLASSES.sub("", (telling or lines or ["Java left no message"])[0])
    return text if text.endswith(".") else f"{text}."
