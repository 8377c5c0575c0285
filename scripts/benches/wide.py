"""What fields of a wide entity cost: half as many beside all of them, in each kind of values.

wide FIELDS ROWS: a study of people is loaded, its fields coded shortly, at length, sparsely or not
at all, and a half, then all of the fields are extracted to csv by each engine. Told are seconds by
the clock and of the processors, and the peak of the process, for Spark with its start and with its
Java; costs in proportion to the fields are at most twice those of the half.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

from apollo_spark.api.lake import open_lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.ask.extract import ExtractFieldsRequest, extract_fields

KINDS = ("short", "long", "sparse", "none")


def write_study(folder: Path, fields: int, rows: int) -> None:
    """Write a dictionary, codings and people: a quarter of the fields of each kind."""
    draw = random.Random(1)
    codings = ["coding_name,code,meaning", "sparse,-1,did not answer", "sparse,-3,does not know"]
    codings += [f"short,{code},answer {code}" for code in range(5)]
    codings += [f"long,{code},disease {code}" for code in range(150)]
    listed = ["entity,name,type,primary_key_type,coding_name,is_sparse_coding"]
    listed.append("patient,patient_id,string,global,,")
    for number in range(fields):
        kind = KINDS[number % 4]
        coding = "" if kind == "none" else kind
        sparse = "yes" if kind == "sparse" else ""
        listed.append(f"patient,f{number},integer,,{coding},{sparse}")
    (folder / "dictionary.csv").write_text("\n".join(listed) + "\n", encoding="utf-8")
    (folder / "codings.csv").write_text("\n".join(codings) + "\n", encoding="utf-8")
    lowest, highest = (0, 0, -3, 0), (4, 149, 1000, 1000)
    with (folder / "people.csv").open("w", encoding="utf-8") as file:
        file.write(",".join(["patient_id", *(f"f{number}" for number in range(fields))]) + "\n")
        for row in range(rows):
            cells = (str(draw.randint(lowest[at % 4], highest[at % 4])) for at in range(fields))
            file.write(f"P{row:08d},{','.join(cells)}\n".replace(",-2,", ",,"))


def extract(lake: str, engine: str, fields: int, values: str) -> None:
    """Extract some fields in this process and print what it took, with its Java."""
    names = ",".join(f"patient.f{number}" for number in range(fields))
    output = f"{lake}.csv"
    job = ExtractFieldsRequest(
        name="wide", fields=names, values=values, engine=engine, output=output, force=True
    )
    start = time.perf_counter()
    extract_fields(open_stored_lake(lake), job, settings=LakeSettings(), say=lambda _: None)
    seconds = time.perf_counter() - start
    used = [resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found = {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(sum(each.ru_utime + each.ru_stime for each in used), 1),
        "peak_mb": int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) >> 10,
        "java_peak_mb": used[1].ru_maxrss >> 10,
    }
    print(json.dumps(found))


def main(fields: int, rows: int) -> None:
    """Load the study, extract from it in processes of their own, and print all figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_study(folder, fields, rows)
        lake = str(folder / "lake")
        open_lake(lake, settings=LakeSettings(runner="local")).load_clinical(
            "wide",
            dictionary=str(folder / "dictionary.csv"),
            codings=str(folder / "codings.csv"),
            data={"patient": str(folder / "people.csv")},
        )
        found = []
        kinds = product(("embedded", "spark"), ("raw", "decoded", "exclude_sparse"))
        for engine, values in kinds:
            for count in (fields // 2, fields):
                words = [sys.executable, __file__, "--one", lake, engine, str(count), values]
                done = subprocess.run(words, check=True, capture_output=True, text=True)
                asked = {"engine": engine, "values": values, "fields": count}
                found.append({**asked, **json.loads(done.stdout)})
                print(found[-1], file=sys.stderr, flush=True)
        print(json.dumps({"rows": rows, "extracts": found}, indent=2))


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        extract(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        main(*map(int, sys.argv[1:3]))
