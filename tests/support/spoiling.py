"""Files of people in which every cell is a secret, spoilt in every way that people report.

A cell that is printed is known by its mark: texts hold `zqx`, numbers 77004, dates 1931.
"""

import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

MARK = re.compile(r"(?i)zqx|77.?004|1931")
"""Finds a cell of the files below, also with a separator of thousands."""
HEADER = "entity,name,type,primary_key_type,coding_name,referenced_entity_field,relationship\n"
FILES = {
    "dictionary.csv": HEADER + "patient,pid,string,global,,,\npatient,sex,string,,sex,,\n"
    "patient,born,date,,,,\npatient,weight,float,,,,\nvisit,vid,integer,local,,,\n"
    "visit,pid,string,,,patient:pid,many_to_one\nvisit,note,string,,,,\n",
    "codings.csv": "coding_name,code,meaning\nsex,zqF,Female\nsex,zqM,Male\n",
    "patient.csv": "pid,sex,born,weight\nzqx1,zqF,1931-02-03,77004.5\nzqx2,zqM,1931-04-05,77004\n"
    "zqx3,,1931-06-07,\n",
    "visit.csv": "vid,pid,note\n770041,zqx1,zqx one\n770042,zqx1,\n770043,zqx3,zqx three\n",
    "matrix.csv": "gene_id,zqxS1,zqxS2\nENSG00000000001,77004,770041\nENSG00000000002,2,770042\n",
    "turned.csv": "sample_id,TP53,zqxG2\nzqxS1,77004,2\nzqxS2,1,770042\n",
    "long.csv": "feature_id,sample_id,value\nENSG00000000001,zqxS1,77004\n"
    "ENSG00000000002,zqxS2,770042\n",
    "manifest.csv": "sample_id,file\nzqxS1,one.csv\nzqxS2,two.csv\n",
    "one.csv": "gene_id,zqxcount\nENSG00000000001,77004\n",
    "two.csv": "gene_id,zqxcount\nENSG00000000001,770041\n",
    "link.csv": "sample,pid\nzqxS1,zqx1\nzqxS2,zqx3\n",
    "gone.csv": "pid\nzqx1\nzqx3\n",
}  # fmt: skip
SPOILT = ("patient.csv", "visit.csv", "matrix.csv", "turned.csv", "long.csv", "manifest.csv",
          "one.csv", "link.csv", "gone.csv")  # fmt: skip
CELLS = ("", " ", "zqx odd", '"zqx', 'zq"zqx', "77004.5", "7700400000000000000000", "1931-13-45",
         "zqx\x1b[31m", "zqx\u200b", " zqx1 ", "zqx\0", "zqx\xa0", "-770041", "=zqx()", "1931",
         "zqx" * 60, "zqx\r", "inf", "zqx\ttab", "zqx;1|2")  # fmt: skip
Spoil = Callable[[list[str], int, int], list[str]]


def _cells(line: str) -> list[str]:
    return line.split(",")


def _with_cell(lines: list[str], row: int, cell: int, text: str) -> list[str]:
    at = row % len(lines)
    cells = _cells(lines[at])
    cells[cell % len(cells)] = text
    return [*lines[:at], ",".join(cells), *lines[at + 1 :]]


def _of(change: Callable[[list[str], int], list[str]]) -> Spoil:
    """Return what changes the row of a number."""
    return lambda lines, row, _: change(lines, row % len(lines))


def _cell_of(text: str) -> Spoil:
    """Return what puts a text in the place of a cell."""
    return lambda lines, row, cell: _with_cell(lines, row, cell, text)


SPOILS: Mapping[str, Spoil] = {
    **{
        f"a cell {text!r:.24}": _cell_of(text)
        for text in CELLS
    },
    "a row twice": _of(lambda x, at: [*x, x[at]]),
    "a row without its last cell": _of(
        lambda x, at: [*x[:at], ",".join(_cells(x[at])[:-1]), *x[at + 1 :]]
    ),
    "a row of one more cell": _of(lambda x, at: [*x[:at], f"{x[at]},zqxmore", *x[at + 1 :]]),
    "a blank line": _of(lambda x, at: [*x[:at], "", *x[at:]]),
    "a line end lost": _of(lambda x, at: [*x[:at], "".join(x[at : at + 2]), *x[at + 2 :]]),
    "no header": lambda x, _, __: x[1:],
    "nothing but the header": lambda x, _, __: x[:1],
    "nothing": lambda _, __, ___: [],
    "the header again": _of(lambda x, at: [*x[: at + 1], x[0], *x[at + 1 :]]),
    "the header again behind a mark": _of(
        lambda x, at: [*x[: at + 1], f"\ufeff{x[0]}", *x[at + 1 :]]
    ),
    "a mark before everything": lambda x, _, __: [f"\ufeff{x[0]}", *x[1:]] if x else x,
    "one more column": lambda x, _, __: [f"{each},zqxcolumn{at}" for at, each in enumerate(x)],
    "one column less": lambda x, _, __: [",".join(_cells(each)[:-1]) for each in x],
    "a column twice": lambda x, _, cell: [
        f"{each},{_cells(each)[cell % len(_cells(each))]}" for each in x
    ],
    "semicolons": lambda x, _, __: [each.replace(",", ";") for each in x],
    "bars": lambda x, _, __: [each.replace(",", "|") for each in x],
    "cells exchanged": lambda x, _, __: [
        *x[:1],
        *(",".join(_cells(each)[::-1]) for each in x[1:]),
    ],
    "rows as columns": lambda x, _, __: [
        ",".join(each) for each in zip(*map(_cells, x), strict=False)
    ],
    "upper case": lambda x, _, __: [each.upper() for each in x],
}  # fmt: skip
ENDS: Mapping[str, Callable[[str], bytes]] = {
    "as it is": lambda text: text.encode(),
    "packed": lambda text: gzip.compress(text.encode()),
    "packed and cut": lambda text: gzip.compress(text.encode())[:-9],
    "no UTF-8": lambda text: text.replace("zqx", "zqx\xe9").encode("latin-1", "replace"),
    "carriage returns": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
}


@dataclass(frozen=True)
class Deed:
    """One way to spoil one of the files."""

    file: str
    spoil: str
    row: int
    cell: int
    end: str = "as it is"


def spoilt(deeds: Sequence[Deed]) -> dict[str, bytes]:
    """Return all files, some of them spoilt."""
    found = {name: text.encode() for name, text in FILES.items()}
    for each in deeds:
        lines = FILES[each.file].splitlines()
        changed = SPOILS[each.spoil](lines, each.row, each.cell)
        text = "".join(f"{line}\n" for line in changed)
        found[each.file] = ENDS[each.end](text)
    return found
