"""The settings of a lake: what `conf/*.yaml` may say, and its defaults.

Loads no Spark: commands that never start it read their settings here too.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import Any, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from apollo_spark.errors import ConfigurationError
from apollo_spark.model.base import Record
from apollo_spark.runtime.questions import MEMORY, QuestionLimits
from apollo_spark.sources.suggest import did_you_mean

SMALL_WORK = (
    # Each table that is sent to workers takes a page; left to itself Spark has pages of 32 MB.
    ("spark.buffer.pageSize", "2m"),
    ("spark.databricks.delta.snapshotPartitions", "1"),
    ("spark.sql.shuffle.partitions", "2"),
    ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "4"),
)
"""Spark options for one machine: Spark's own defaults plan for hundreds of cores."""


class SessionSettings(Record):
    """How a Spark session is started when no cluster has started one."""

    master: str | None = "local[*]"
    """Spark's master; None leaves it to spark-submit."""
    driver_memory: str = Field(default="2g", pattern=r"^[1-9][0-9]*[kmgt]$")
    """Heap of the driver's Java, as Java writes it: `2g`."""
    quick: bool = True
    """Start several times faster and run long work slower: for tests and small work."""
    options: tuple[tuple[str, str], ...] = SMALL_WORK
    """Further Spark options as name and value; they win over ours."""


class QuestionSettings(Record):
    """What a question may use; a question is whatever is asked by one command or call."""

    seconds: float | None = Field(default=None, gt=0, lt=TIMEOUT_MAX, allow_inf_nan=False)
    """How long it may take; None is without end."""
    memory: str | None = Field(default=None, pattern=f"^(?i:{MEMORY})$")
    """Memory of the embedded engine: `2GB`; None is 80 % of the memory. Spark has its own."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of the embedded engine; None is all processors."""

    def limits(self) -> QuestionLimits:
        """Return them as what is asked has them."""
        return QuestionLimits(self.seconds, self.memory, self.threads)


class LakeSettings(Record):
    """Everything that a configuration file may say."""

    runner: Literal["auto", "spark", "local"] = "auto"
    """Who runs the tasks of a load: Spark's executors, or threads of this process (no JVM). `auto`
    takes threads for small files where no Spark is running; see `operations/engines.py`."""
    writer: Literal["tasks", "dataframe"] = "tasks"
    """Who writes the files of tiles: each task its own, or Spark, where tasks cannot (object
    stores, catalogs). The second needs the runner `spark`, and takes longer."""
    spark: SessionSettings = SessionSettings()
    block_bytes: int = Field(default=32 * 1024 * 1024, ge=64 * 1024)
    """Bytes of an input file that one task parses."""
    question: QuestionSettings = QuestionSettings()
    max_columns: int = Field(default=400, ge=2)
    """Most columns of a table of an entity; what is more goes to further tables with its key."""

    def limited(
        self, seconds: float | None, memory: str | None, threads: int | None
    ) -> "LakeSettings":
        """Return these settings with other limits of a question, where some are given."""
        given = {"seconds": seconds, "memory": memory, "threads": threads}
        named = {name: value for name, value in given.items() if value is not None}
        if not named:
            return self
        return self.model_copy(update={"question": self.question.model_copy(update=named)})

    @field_validator("writer")
    @classmethod
    def _require_spark(cls, writer: str, info: ValidationInfo) -> str:
        if writer == "dataframe" and info.data.get("runner") == "local":
            raise PydanticCustomError("runner", "dataframe needs the runner spark")
        return writer


def read_settings(path: Path) -> LakeSettings:
    """Read a configuration file.

    Args:
        path: A YAML file such as `conf/local.yaml`.

    Raises:
        ConfigurationError: The file cannot be read, is not YAML, or holds unknown keys or
            wrong values; everything wrong is listed.
    """
    # Most commands have no such file, and YAML takes a while to load.
    from apollo_spark.sources.plain_yaml import PlainYamlError, read_plain_yaml

    try:
        found = read_plain_yaml(path)
    except OSError as error:
        what = f"Cannot read the configuration {path}."
        raise ConfigurationError(what, why=str(error.strerror)) from error
    except PlainYamlError as error:
        what = f"The configuration {path} cannot be used: {error}."
        raise ConfigurationError(what) from None
    return build_settings({} if found is None else found, source=str(path))


def build_settings(values: object, *, source: str) -> LakeSettings:
    """Build settings from what a YAML file held.

    Args:
        values: A mapping with the keys of `LakeSettings`; `spark.options` is a mapping too.
        source: Where the values come from, for messages.

    Raises:
        ConfigurationError: Unknown keys or wrong values; all are listed.
    """
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"{source} must hold keys with values.")
    try:
        return LakeSettings.model_validate(_with_option_pairs(values))
    except ValidationError as error:
        problems = [_describe(each["loc"], each["type"], each["msg"]) for each in error.errors()]
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigurationError("\n  ".join([f"{source} has {count}:", *problems])) from error


def _with_option_pairs(values: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the values with `spark.options` as pairs of text, the form that can be frozen."""
    spark = values.get("spark")
    if not isinstance(spark, Mapping) or not isinstance(spark.get("options"), Mapping):
        return dict(values)
    pairs = tuple((name, _option_text(value)) for name, value in spark["options"].items())
    return {**values, "spark": {**spark, "options": pairs}}


def _option_text(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _describe(location: tuple[int | str, ...], kind: str, message: str) -> str:
    key = ".".join(str(part) for part in location)
    if kind != "extra_forbidden":
        return f"{key}: {message}"
    parts: dict[str, type[Record]] = {"spark": SessionSettings, "question": QuestionSettings}
    known = parts.get(str(location[0]), LakeSettings).model_fields
    return f"{key}: unknown key{did_you_mean(str(location[-1]), known)}"
