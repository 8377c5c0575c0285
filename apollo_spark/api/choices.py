"""What Python users may give for features, samples and places, and the forms they get back."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from apollo_spark.assays.expression.query import FeatureChoice
from apollo_spark.assays.expression.read.matrix import MatrixResult
from apollo_spark.assays.expression.request_filter import Location
from apollo_spark.errors import UsageError
from apollo_spark.export.frames import to_frame
from apollo_spark.export.packages import need_for

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TableTarget = Literal["arrow", "pandas", "spark"]
Names = str | Iterable[str] | None
Place = str | tuple[str, int, int]
Places = Place | Iterable[Place] | None

TABLE_FORMS = ("arrow", "pandas", "spark")
"""How rows may come."""

MATRIX_FORMS: Mapping[str, Callable[[MatrixResult], Any]] = {
    "pandas": MatrixResult.to_pandas,
    "arrow": MatrixResult.to_arrow,
    "numpy": lambda matrix: matrix,
}
"""How a matrix in memory becomes what was asked for."""

_PLACE = re.compile(r"(?P<chromosome>\S+):(?P<start>[0-9,]+)-(?P<end>[0-9,]+)\Z")


def texts(names: Names) -> tuple[str, ...] | None:
    """Return one or several names as a tuple, and None as None."""
    if names is None:
        return None
    return (names,) if isinstance(names, str) else tuple(names)


def choose_features(ids: Names, symbols: Names, places: Places) -> FeatureChoice:
    """Return features as a question chooses them.

    Raises:
        UsageError: A place is not a stretch of a chromosome.
    """
    found = None
    if places is not None:
        several = [places] if _is_place(places) else list(places)
        found = tuple(_location(each) for each in several)
    return FeatureChoice(ids=texts(ids), symbols=texts(symbols), locations=found)


def as_table(table: pa.Table, to: str, spark: "SparkSession | None" = None) -> Any:
    """Return rows as they are asked for.

    Raises:
        UsageError: There is no such form, or Spark is asked for without a session.
        EnvironmentProblemError: The package that makes it is not installed.
    """
    require_form(to, TABLE_FORMS)
    if to == "spark":
        return require_session(spark).createDataFrame(table)
    return to_frame(table) if to == "pandas" else table


def require_form(to: str, forms: Iterable[str]) -> None:
    """Refuse a form of answers before anything is read, where it is unknown or cannot be made.

    Raises:
        UsageError: There is no such form.
        EnvironmentProblemError: The package that makes it is not installed.
    """
    if to not in forms:
        raise UsageError(f"to is one of {', '.join(forms)}, not {to!r}.")
    need_for(to)


def require_session(spark: "SparkSession | None") -> "SparkSession":
    """Return the session that a Spark DataFrame needs.

    Raises:
        UsageError: There is none.
    """
    if spark is None:
        raise UsageError("A Spark DataFrame needs a session.", fix="Pass spark=SESSION.")
    return spark


def _is_place(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, tuple) and len(value) == 3 and isinstance(value[1], int)
    )


def _location(place: Any) -> Location:
    if isinstance(place, str):
        found = _PLACE.match(place)
        if found is None:
            raise UsageError(
                f"{place!r} is not a genomic region.", fix="A place is CHROMOSOME:START-END."
            )
        ends = (int(found[each].replace(",", "") or -1) for each in ("start", "end"))
        chromosome, (start, end) = found["chromosome"], ends
    elif _is_place(place):
        chromosome, start, end = place
    else:
        raise UsageError("A place is CHROMOSOME:START-END, or (chromosome, start, end).")
    if not 0 <= start <= end:
        raise UsageError(f"A place ends before it starts: {chromosome}:{start}-{end}.")
    return Location(chromosome=str(chromosome), start=int(start), end=int(end))
