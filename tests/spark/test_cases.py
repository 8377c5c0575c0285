"""Cases of the table whose tasks Spark runs, in the one session."""

from pathlib import Path
from unittest.mock import patch

import pytest
from pyspark.sql import SparkSession

from tests.support.cases import all_cases, require_case
from tests.support.study import CommandResult, apollo

CASES = {label: case for label, case in all_cases().items() if case.on_spark}


@pytest.mark.parametrize("label", CASES)
def test_spark_gives_what_the_table_says(
    label: str, tmp_path: Path, spark_session: SparkSession
) -> None:
    # What comes before a case runs in a folder of its own.
    settings = tmp_path / "spark.yaml"
    settings.write_text("runner: spark\n")

    def by_spark(*words: object) -> CommandResult:
        # The command would start a session of its own and stop it: it gets that of the tests.
        with (
            # Few keys are compared in memory: here an engine is asked.
            patch("apollo_spark.ingest.key_tables.FEW", -1),
            patch("apollo_spark.runtime.session.open_session", return_value=spark_session),
            patch("apollo_spark.runtime.session.close_session"),
        ):
            return apollo("--conf", settings, *words)

    require_case(CASES[label], tmp_path, by_spark)
