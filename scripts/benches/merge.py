"""What publishing a record over others costs at any size, and reading through five merges.

Publishing: two datasets of 500 fields each and as many rows as asked for are merged, side by side
and joined; the latter is viewed, rebased with its view, and retired. Their files hold the keys
alone, which is all that these verbs read. Counted are seconds up to the receipt and from there to
the end, bytes added to the registry, and data files written.

Reading (only with `spark`): five datasets of one row a person are merged one after the other, and
all of their fields are read through the result by Spark, in the order of the key. Beside it stands
the join of the same tables as one writes it by hand. Runs alternate; the first is the cold one.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from apollo_spark.api.dataset import Dataset
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.publishing import OnStep, Publication
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.names import parse_reference
from apollo_spark.model.record import Lineage
from apollo_spark.operations.context import Context, Listener
from apollo_spark.records.content import Content, build_dataset_record, part_texts
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import SessionSettings
from apollo_spark.tables.layout import arrow_schema
from apollo_spark.verbs.merge.merge import ClinicalMergeRequest
from apollo_spark.verbs.rebase.rebase import RebaseRequest
from apollo_spark.verbs.retire import RetireRequest
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.view import ViewRequest

sys.path.insert(0, str(Path(__file__).parent))
from measuring import cpu_seconds, measure, report

PIECE = 1_000_000
FIELDS = 500


def publish(lake: Lake, name: str, fields: int, *, rows: int, filled: bool) -> DatasetRecord:
    """Publish patients as a dataset; unless filled, their files hold the keys alone."""
    names = [f"{name}_field_{number}" for number in range(1, fields)]
    entity = Entity(
        name="patient",
        primary_key="patient_id",
        fields=(
            FieldSpec(name="patient_id", type=FieldType.STRING),
            *(FieldSpec(name=each, type=FieldType.FLOAT, title=each.upper()) for each in names),
        ),
    )
    dictionary = DataDictionary(main_entity="patient", entities=(entity,), relations=(), codings=())

    def piece(start: int, size: int) -> pa.Table:
        keys = pa.array(np.char.add("P", np.arange(start, start + size).astype(str)))
        values = np.random.default_rng(start).random((len(names), size))
        added = dict(zip(names, values, strict=True)) if filled else {}
        return pa.table({"patient_id": keys, **added})

    def work(publication: Publication) -> DatasetRecord:
        draft = publication.table("patient")
        files = [
            draft.add(piece(start, min(PIECE, rows - start))) for start in range(0, rows, PIECE)
        ]
        draft.commit(files, arrow_schema(entity))
        content = Content(dictionary, {}, (draft.pin(content_hash=""),))
        for text in part_texts(content.dictionary):
            lake.parts.put(text)
        receipt = lake.parts.put("{}")
        return publication.commit(
            lambda version: build_dataset_record(
                name=name, version=version, content=content, receipt=receipt, schema_tag=None,
                lineage=Lineage(operation="load clinical", fingerprint=name, actor="bench",
                                time=datetime.now(timezone.utc)),
            )
        )  # fmt: skip

    with lake.publication(name, holder="bench") as publication:
        return publication.run(lambda: work(publication))


def bytes_of(folder: Path) -> int:
    """Return the size of everything in a folder."""
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def time_verb(root: Path, name: str, act: Callable[[OnStep], object]) -> dict[str, Any]:
    """Act and return what that cost, up to its first step under a lease and from there."""
    registry, data = bytes_of(root / "registry"), len(list((root / "tables").rglob("*.parquet")))
    moments: dict[str, float] = {}
    start = time.perf_counter()
    act(lambda step: moments.setdefault(step, time.perf_counter()))
    end = time.perf_counter()
    counted = moments.get("take the lease", start)
    return {
        "verb": name,
        "plan_and_counts_s": round(counted - start, 2),
        "after_counts_s": round(end - counted, 2),
        "registry_bytes": bytes_of(root / "registry") - registry,
        "data_files": len(list((root / "tables").rglob("*.parquet"))) - data,
    }


def context_of(lake: Lake, on_step: OnStep) -> Context:
    """Return who acts, watched at each step."""
    return Context(lake, listener=Listener(on_step=on_step))


def merge(lake: Lake, name: str, on_clash: str, on_step: OnStep) -> None:
    """Merge `extra` into `study`."""
    request = ClinicalMergeRequest(
        source="extra@1", target="study", as_name=name, on_clash=on_clash
    )
    perform(context_of(lake, on_step), request)


def publishing(rows: int) -> dict[str, Any]:
    """Return what records over two datasets with some rows cost."""
    root = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
    try:
        lake = open_lake(str(root))
        for name in ("study", "extra", "extra"):
            publish(lake, name, FIELDS, rows=rows, filled=False)
        rule = 'patient.patient_id between "P2" and "P7"'
        view = ViewRequest(name="joined", as_name="part", rows=rule)
        move = RebaseRequest(records=("joined",), onto=("extra@2",), apply=True)
        follow = RebaseRequest(records=("part",), onto=("joined@2",), apply=True)
        undo, end = RebaseRequest(undo="part@2"), RetireRequest(version="part@2")
        verbs: dict[str, Callable[[OnStep], object]] = {
            "warm": lambda step: merge(lake, "warm", "prefix:w_", step),
            "merge, side by side": lambda step: merge(lake, "apart", "prefix:x_", step),
            "merge, one entity": lambda step: merge(lake, "joined", "join", step),
            "view with a rule": lambda step: perform(context_of(lake, step), view),
            "rebase of the merge": lambda step: perform(context_of(lake, step), move),
            "rebase of the view": lambda step: perform(context_of(lake, step), follow),
            "undo of that": lambda step: perform(context_of(lake, step), undo),
            "retire": lambda step: perform(context_of(lake, step), end),
        }
        sides = [time_verb(root, name, act) for name, act in verbs.items()]
        return {"rows": rows, "fields": 2 * FIELDS, "verbs": sides[1:]}
    finally:
        shutil.rmtree(root)


def merged_five(lake: Lake, rows: int, on_clash: str) -> Dataset:
    """Publish five datasets of ten fields, and all of them merged."""
    names = [f"d{number}" for number in range(5)]
    for name in names:
        publish(lake, name, 10, rows=rows, filled=True)
    target = names[0]
    for name in names[1:]:
        rule = on_clash or f"prefix:{name}_"
        request = ClinicalMergeRequest(source=name, target=target, as_name="five", on_clash=rule)
        target = perform(Context(lake), request).published[0]
    return Dataset(lake, lake.load_record(parse_reference(target)))


def by_hand(spark: SparkSession, lake: Lake) -> DataFrame:
    """Return the five tables joined as one writes it by hand, in the order of the key."""
    tables = []
    for number in range(5):
        path = lake.tables.folder(f"tables/d{number}/patient")
        table = spark.read.format("delta").option("versionAsOf", 0).load(str(path))
        tables.append(table.withColumnRenamed("patient_id", f"key{number}"))

    def join(left: DataFrame, right: DataFrame) -> DataFrame:
        return left.join(right, left["key0"] == right[right.columns[0]], "left_outer")

    return reduce(join, tables).orderBy("key0")


def _with_cpu(
    cpu: dict[str, list[float]], name: str, side: Callable[[Path], None]
) -> Callable[[Path], None]:
    """Return a side that also notes its processor time, which a busy machine changes little."""

    def run(target: Path) -> None:
        start = cpu_seconds()
        side(target)
        cpu.setdefault(name, []).append(cpu_seconds() - start)

    return run


def reading(rows: int, runs: int) -> list[dict[str, Any]]:
    """Return how reading through five merges compares with the join by hand."""
    spark = open_session(SessionSettings(driver_memory="3g", quick=False))
    found = []
    try:
        for on_clash in ("", "join"):
            scratch = Path(tempfile.mkdtemp(prefix="apollo-bench-"))
            lake = open_lake(str(scratch / "lake"))
            dataset = merged_five(lake, rows, on_clash)
            fields = [f"{entity.name}.{spec.name}" for entity, spec in dataset.dictionary.paths()]

            def through_merges(
                _: Path, dataset: Dataset = dataset, fields: list[str] = fields
            ) -> None:
                frame = dataset.retrieve_fields(fields, to="spark", spark=spark)
                frame.write.format("noop").mode("overwrite").save()

            def joined_by_hand(_: Path, lake: Lake = lake) -> None:
                by_hand(spark, lake).write.format("noop").mode("overwrite").save()

            cpu: dict[str, list[float]] = {}
            sides = {
                "by hand": _with_cpu(cpu, "by hand", joined_by_hand),
                "through five merges": _with_cpu(cpu, "through five merges", through_merges),
            }
            seconds = measure(sides, runs=runs, scratch=scratch)
            shape = "joined" if on_clash else "side by side"
            for unit, taken in {"wall": seconds, "processor": cpu}.items():
                facts = report(taken, base="by hand", rows_each=rows)
                found.append({"merges": shape, "seconds": unit, **facts})
            shutil.rmtree(scratch)
    finally:
        close_session(spark)
    return found


def main(peer: str = "", rows: int = 1_000_000, runs: int = 5) -> None:
    """Measure and print; `peer` may be `spark`."""
    result: dict[str, Any] = {"publishing": [publishing(each) for each in (10_000, 10_000_000)]}
    if peer == "spark":
        result["reading"] = reading(rows, runs)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:2], *(int(each) for each in sys.argv[2:4]))
