"""Let Spark's workers import this package where it came as a wheel with --py-files."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PACKAGE = Path(__file__).parents[1]


def ship_package(spark: "SparkSession") -> None:
    """Send the wheel that this package was imported from to the workers.

    Spark itself sends it too, but lets workers import from files named zip, egg or jar only. A
    package that is installed, or came as a zip, needs nothing.
    """
    if wheel := find_wheel(PACKAGE):
        spark.addArtifacts(str(_as_zip(wheel)), pyfile=True)


def find_wheel(package: Path) -> Path | None:
    """Return the wheel that holds a package, or None when its folder is not a wheel."""
    home = package.parent
    return home if home.suffix == ".whl" and home.is_file() else None


@cache
def _as_zip(wheel: Path) -> Path:
    folder = tempfile.mkdtemp(prefix="apollo_spark-")
    # Until the end of this process: executors that start late fetch it late.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(shutil.copyfile(wheel, Path(folder, f"{wheel.stem}.zip")))
