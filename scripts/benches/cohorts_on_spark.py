"""The count of a cohort on Spark beside hand-written Spark SQL over the same files, in one session.

cohorts_on_spark PEOPLE ROWS RUNS: the study of the bench `cohorts` is loaded without Spark, then
both sides are asked, each of them first by turns. A ratio is the median of ratios of asks beside
each other, by the clock and of the time of the processors, which other work changes less. Answers
are compared.
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from cohorts import ENTITIES, count, count_by_hand, filter_text, load, write_study
from measuring import cpu_seconds

from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.locating import spark_engine
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import SessionSettings

WARMING = 4
"""Asks of each side before it is measured: until then Java compiles what is run."""


def measure_spark(root: Path, runs: int) -> dict[str, Any]:
    """Return what the count costs on Spark beside a statement by hand, both warm."""
    lake, text = open_lake(str(root)), filter_text()
    spark = open_session(SessionSettings(driver_memory="3g", quick=False))
    try:
        engine = spark_engine(lake, spark)
        for each in ("patient", *ENTITIES):
            spark.read.parquet(f"{root}/tables/study/{each}").createOrReplaceTempView(each)
        statement = count_by_hand(lambda entity: entity)
        sides = {
            "by hand": lambda: spark.sql(statement).collect()[0][0],
            "count": lambda: count(lake, text, engine),
        }
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
        answers: set[int] = set()
        for number in range(runs + WARMING):
            for name in (list(sides), list(sides)[::-1])[number % 2]:
                start = time.perf_counter(), cpu_seconds()
                answers.add(sides[name]())
                spent = time.perf_counter() - start[0], cpu_seconds() - start[1]
                if number >= WARMING:
                    taken[name].append(spent)
    finally:
        close_session(spark)
    assert len(answers) == 1, answers
    of_clock, of_processor = (
        {name: [each[place] for each in pairs] for name, pairs in taken.items()} for place in (0, 1)
    )
    return {
        "what": "count on Spark, warm",
        "people": answers.pop(),
        "clock": beside(of_clock),
        "processor": beside(of_processor),
    }


def beside(seconds: dict[str, list[float]]) -> dict[str, Any]:
    """Return the medians of two sides, and of their ratios."""
    ratios = [after / base for base, after in zip(*seconds.values(), strict=True)]
    return {
        "ms": {name: round(median(each) * 1000) for name, each in seconds.items()},
        "ratios": [round(each, 2) for each in sorted(ratios)],
        "ratio": round(median(ratios), 2),
    }


def main(people: int = 1_000_000, rows: int = 5_000_000, runs: int = 8) -> None:
    """Load, measure and print."""
    scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        folder, root = scratch / "study", scratch / "lake"
        folder.mkdir()
        write_study(folder, people, rows, extra=0)
        load(folder, root)
        print(json.dumps(measure_spark(root, runs)), flush=True)
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
