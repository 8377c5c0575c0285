"""A lake of which one file at a time is deleted, emptied, cut or flipped, and what then answers."""

import gzip
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.study import CommandResult, apollo

READS = {
    "study": "extract fields study --fields patient.patient_id,patient.sex,patient.weight,"
    "patient.risk,visit.visit_id,visit.note",
    "rna": "extract expression rna --matrix",
    "both": "extract expression both",
    "women": "extract fields women --fields patient.patient_id,patient.sex,visit.visit_id",
    "coughing": "extract fields coughing --fields patient.patient_id,patient.weight",
}
"""One question to each dataset; `women` and `coughing` are views that hide rows."""
VIEWS = ("women", "coughing")
CHECKS = {"list": "list", "verify": "verify", "deep": "verify --deep", "doctor": "doctor"}
FIRST, LAST = 0, -1
KINDS: dict[str, tuple[str, int]] = {
    "registry file": ("registry/records/*.parquet", LAST),
    "first registry commit": ("registry/records/_delta_log/*.json", FIRST),
    "last registry commit": ("registry/records/_delta_log/*.json", LAST),
    "lease file": ("registry/leases/*.parquet", LAST),
    "lease commit": ("registry/leases/_delta_log/*.json", LAST),
    "coding": ("registry/parts/*/*.gz", LAST),
    "withdrawn keys": ("tables/study/patient.withdrawn/*.parquet", LAST),
    "log of withdrawn keys": ("tables/study/patient.withdrawn/_delta_log/*.json", LAST),
    "rows of patients": ("tables/study/patient/*.parquet", LAST),
    "log of patients": ("tables/study/patient/_delta_log/*.json", FIRST),
    "rows of visits": ("tables/study/visit/*.parquet", FIRST),
    "links": ("tables/both/*/*.parquet", LAST),
    "log of links": ("tables/both/*/_delta_log/*.json", LAST),
    "tiles": ("tables/rna/*tiles*/*.parquet", LAST),
    "log of tiles": ("tables/rna/*tiles*/_delta_log/*.json", LAST),
    "samples": ("tables/rna/rna_samples/*.parquet", LAST),
    "features": ("tables/rna/rna_features/*.parquet", LAST),
    "report": ("reports/*/*/*.json", FIRST),
}
"""One file of each kind: a pattern, and its place, by age, among those that fit."""
CODING = b'"name":"sex"'
DEEDS: dict[str, Callable[[bytes], bytes | None]] = {
    "deleted": lambda _: None,
    "flipped": lambda old: flip(old, place_that_matters(old)),
    "emptied": lambda _: b"",
    "cut": lambda old: old[: len(old) // 2],
}


def flip(content: bytes, place: int, bit: int = 1) -> bytes:
    """Return bytes with one bit changed."""
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return bytes(changed)


def place_that_matters(content: bytes) -> int:
    """Return a place in the name of a file that a log mentions; else the middle."""
    place = content.find(b'"path":"part-')
    return len(content) // 2 if place < 0 else place + len(b'"path":"part-0')


@contextmanager
def mutated(path: Path, content: bytes | None) -> Iterator[None]:
    """Give a file another content, or none, and its own again afterwards."""
    before, stat = path.read_bytes(), path.stat()
    try:
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@dataclass(frozen=True)
class Mutable:
    """A lake, what its questions print while it is whole, and its files by kind."""

    root: Path
    whole: dict[str, str]

    @staticmethod
    def of(root: Path) -> "Mutable":
        """Ask a whole lake everything."""
        whole = {}
        for name, words in READS.items():
            result = apollo("--lake", root, *words.split())
            assert result.code == 0, result.err
            whole[name] = result.out
        return Mutable(root, whole)

    def file(self, kind: str) -> Path:
        """Return the file that stands for a kind."""
        pattern, place = KINDS[kind]
        found = sorted(self.root.glob(pattern), key=lambda each: (each.stat().st_mtime_ns, each))
        if kind == "coding":
            found = [each for each in found if CODING in gzip.decompress(each.read_bytes())]
        return found[place]

    def ask(self, words: str) -> CommandResult:
        """Run a command on the lake."""
        return apollo("--lake", self.root, *words.split())

    def require_answer(self, name: str, path: Path, *, refused: bool) -> None:
        """Ask a question or make a check while a file is mutated, and require its answer.

        A refusal has exit code 16 and names the file; one of a view names the view alone, unless
        the registry is damaged, of which nobody knows then what is a view.
        """
        result = self.ask({**READS, **CHECKS}[name])
        said = result.out + result.err
        assert "Traceback" not in said
        assert result.code == (16 if refused else 0), f"{name}: {said}"
        if not refused:
            assert result.out == self.whole.get(name, result.out), f"{name} shows other rows"
        elif name in VIEWS and "registry/records" not in str(path):
            assert f"{name}@1" in said
            assert not re.search(r"tables|parquet|\bstudy\b|[0-9a-f]{64}", said), said
        else:
            assert path.name in said, f"{name}: {said}"

    def require_no_other_rows(self, name: str) -> int:
        """Ask a question while something is mutated: the same rows, or 16; return the code."""
        result = self.ask(READS[name])
        assert result.code in (0, 16), result.err
        assert result.code == 16 or result.out == self.whole[name], f"{name} shows other rows"
        return result.code
