"""Dry runs of what is there already say so, and all of them print the same keys as JSON."""

from collections.abc import Sequence

from tests.cases.dry_runs import DRY, FILES, HIDDEN, LOAD, RNA, ROWS
from tests.support.cases import Case

FIELDS = ("extend", "s", "--data", "p=y.csv")
MORE = ("extend", "e", "--assay", "a", "--source", "m2.csv")
VIEW = ("view", "s", "--as", "w", "--rows", "p.x > 1")
MERGE = ("merge", "clinical", "s", "s@1", "--as", "m", "--on-clash", "prefix:a")
TRIED = ("--apply", "--dry-run")
ALL = ('"published": []', '"plan": {"does": "', '"tables": [', '"counts": {', '"receipt": {')


def _again(name: str, version: str, *commands: Sequence[str], on_spark: bool = False) -> Case:
    """Return the dry run of the last of some commands, once all are done."""
    return Case(
        name=f"{name}, again",
        files=FILES,
        before=commands,
        command=(*commands[-1], "--dry-run"),
        says=(f"plan: keep {version}: nothing is new\n", f"already {version}\n", DRY),
        hides=HIDDEN,
        on_spark=on_spark,
    )


def _as_json(name: str, *commands: Sequence[str], says: Sequence[str] = ()) -> Case:
    *before, command = commands
    return Case(
        name=f"{name} as JSON",
        files=FILES,
        before=before,
        command=(*command, "--json"),
        says=(*ALL, *says),
        hides=HIDDEN,
    )


CASES = (
    _again("a clinical load", "s@1", LOAD, on_spark=True),
    _again("an expression load", "e@1", RNA),
    _again("new fields", "s@2", LOAD, FIELDS),
    _again("new fields under another name", "t@1", LOAD, (*FIELDS, "--as", "t")),
    _again("new rows", "s@2", LOAD, ROWS),
    _again("more samples", "e@2", RNA, MORE),
    _again("a view", "w@1", LOAD, VIEW),
    _again("a merge", "m@1", LOAD, ROWS, MERGE),
    Case(
        name="rows that are there already, in other words",
        files={**FILES, "r.csv": "x,pid\n1,MRN-A\n"},
        before=(LOAD,),
        command=(*ROWS, "--dry-run"),
        says=("plan: keep s@1: nothing is new\n", "already s@1\n", "rows_unchanged 1"),
        hides=HIDDEN,
    ),
    Case(
        name="a load after something else came is none",
        files=FILES,
        before=(LOAD, ROWS),
        command=(*LOAD, "--dry-run"),
        says=("plan: publish s@3\n",),
        hides=("already",),
    ),
    _as_json("a repeated load", LOAD, (*LOAD, "--dry-run"), says=('"current": ["s@1"]',)),
    _as_json("a load", (*LOAD, "--dry-run"), says=('"people": 2',)),
    # A dry run is one, whatever --apply says.
    _as_json("a sweep", LOAD, ("retire", "s@1"), ("gc", "--grace", "0", *TRIED),
             says=('"applied": false', '"grace_hours": 0', '"bytes": ')),
    _as_json("a withdrawal", LOAD, ("withdraw", "gone.csv", "--of", "s.p", *TRIED),
             says=('"applied": false', '"withdrawn": 1', '"people": 1')),
    _as_json("a rebase", LOAD, ("view", "s@1", "--as", "w", "--rows", "p.x > 1"), ROWS,
             ("rebase", "w", "--onto", "s@2", *TRIED),
             says=('"plans": [{', '"people": 3', '"people_added": 2')),
    _as_json("a compaction", RNA, MORE, ("compact", *TRIED),
             says=('"plans": [{', '"does": "publish e@3"', '"blocks_before": 2')),
    _as_json("a retirement", LOAD, ("retire", "s@1", "--dry-run"),
             says=('"does": "retire s@1"', '"versions_left": 0')),
    _as_json("an undo", LOAD, ("view", "s@1", "--as", "w", "--rows", "p.x > 1"), ROWS,
             ("rebase", "w", "--onto", "s@2", "--apply"), ("rebase", "--undo", "w@2", "--dry-run"),
             says=('"does": "publish w@3"',)),
    _as_json("a sealed copy", LOAD, ("extract", "sealed", "s", "-o", "copy", "--dry-run"),
             says=('"does": "publish s@1 in copy"', '"written": []', '"rows": 5', '"samples": 0')),
)  # fmt: skip
