"""Small expression sources of every format, and the load of such files."""

import gzip
from collections.abc import Mapping
from pathlib import Path

from tests.support.study import CommandResult, apollo

A, B, C = (f"ENSG{number:011d}" for number in (1, 2, 3))
T = "ENST00000000002"
DOWN = f"feature_id,S1,S2\n{A},1,2\n{B},3,4\n"
MORE = f"feature_id,S3,S4\n{A},1,2\n{B},3,4\n"
ACROSS = f"sample_id,{A},{B}\nS1,1,3\nS2,2,4\n"
LONG = f"feature_id,sample_id,value\n{A},S1,1\n{B},S1,3\n{A},S2,2\n{B},S2,4\n"
ONE, TWO = f"id,value\n{A},1\n{B},3\n", f"id,value\n{A},2\n{B},4\n"
MANIFEST = "sample_id,file\nS1,one.csv\nS2,two.csv\n"
STAR = f"N_unmapped\t5\t5\t5\n{A}\t1\t0\t1\n{B}\t3\t3\t0\n"

Files = Mapping[str, str | bytes]


def manifest(**changes: str | bytes) -> Files:
    files: dict[str, str | bytes] = {"manifest.csv": MANIFEST, "one.csv": ONE, "two.csv": TWO}
    for name, content in changes.items():
        files[f"{name}.csv"] = content
    return files


def cut(text: str) -> bytes:
    packed = gzip.compress(text.encode() * 200)
    return packed[: len(packed) // 2]


def load(folder: Path, files: Files, sources: int, *options: object) -> CommandResult:
    words: list[object] = ["--lake", folder / "lake", "load", "expression", "study", "--assay",
                           "rna", "--unit", "count", "--report", folder / "report"]  # fmt: skip
    for number, (name, content) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if number < sources:
            words += ["--source", path]
    return apollo(*words, *options)
