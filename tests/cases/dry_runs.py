"""What every dry run tells on stderr: its plan and its counts, and nothing that a report holds."""

from tests.support.cases import Case

FILES = {
    "d.csv": (
        "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
        "p,pid,string,global,,\np,x,integer,,,\nv,vid,integer,local,,\n"
        "v,of,string,,p:pid,many_to_one\n"
    ),
    "p.csv": "pid,x\nMRN-A,1\nMRN-B,2\n",
    "v.csv": "vid,of\n1,MRN-A\n2,MRN-A\n3,MRN-B\n",
    "bad.csv": "pid,x\nMRN-A,secret\n",
    "y.csv": "pid,y\nMRN-A,5\n",
    "r.csv": "pid,x\nMRN-A,7\nMRN-C,5\n",
    "gone.csv": "pid\nMRN-A\n",
    "m.csv": "feature_id,S1,S2\nENSG00000000001,1,2\n",
    "m2.csv": "feature_id,S3\nENSG00000000001,1\n",
}
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--data", "p=p.csv", "--data", "v=v.csv")
RNA = ("load", "expression", "e", "--assay", "a", "--unit", "count", "--source", "m.csv")
ROWS = ("extend", "s", "--data", "p=r.csv", "--mode", "rows")
HIDDEN = ("MRN-", "secret")
DRY = "nothing was published: this was a dry run"

CASES = (
    Case(
        name="a clinical load tells tables, rows, files and people",
        files=FILES,
        command=(*LOAD, "--dry-run"),
        says=[
            "plan: publish s@1\n",
            "table p: 2 rows, 1 files\n",
            "table v: 3 rows, 1 files\n",
            "files: 2\n",
            "people: 2\n",
            "p.rows_stored 2",
            DRY,
        ],
        hides=HIDDEN,
        on_spark=True,
    ),
    Case(
        name="the next version of a load is named",
        files={**FILES, "new.csv": "pid,x\nMRN-A,5\nMRN-B,2\n"},
        before=(LOAD,),
        command=(*(each.replace("p=p.csv", "p=new.csv") for each in LOAD), "--dry-run"),
        says=["plan: publish s@2\n", DRY],
    ),
    Case(
        name="json has the plan beside the receipt",
        files=FILES,
        command=(*LOAD, "--dry-run", "--json"),
        says=[
            '{"published": [], "plan": {"does": "publish s@1", "tables": [{"table": "p", "rows": 2',
            '"people": 2',
            '"receipt": {',
        ],
        hides=HIDDEN,
    ),
    Case(
        name="a dry run that is refused tells no value and publishes nothing",
        files=FILES,
        command=(
            "load",
            "clinical",
            "s",
            "--dictionary",
            "d.csv",
            "--data",
            "p=bad.csv",
            "--data",
            "v=v.csv",
            "--dry-run",
        ),
        code=12,
        says=["cell_integer"],
        hides=(*HIDDEN, DRY),
    ),
    Case(
        name="an expression load tells its tables and samples",
        files=FILES,
        command=(*RNA, "--dry-run"),
        says=[
            "plan: publish e@1\n",
            "table a_tiles_count: ",
            "table a_samples: 2 rows",
            "table sample: 2 rows",
            "files: 1\n",
            "samples 2",
            "values 2",
            DRY,
        ],
        on_spark=True,
    ),
    Case(
        name="more samples tell what is added",
        files=FILES,
        before=(RNA,),
        command=("extend", "e", "--assay", "a", "--source", "m2.csv", "--dry-run"),
        says=["plan: publish e@2\n", "table a_samples: 1 rows", "samples_before 2", DRY],
    ),
    Case(
        name="new fields tell the rows that match",
        files=FILES,
        before=(LOAD,),
        command=("extend", "s", "--data", "p=y.csv", "--dry-run"),
        says=["plan: publish s@2\n", "1 rows", "rows_matched 1", "rows_missing 1", DRY],
        hides=HIDDEN,
    ),
    Case(
        name="new rows tell what comes and changes",
        files=FILES,
        before=(LOAD,),
        command=(*ROWS, "--dry-run"),
        says=["plan: publish s@2\n", "table p: 2 rows", "rows_added 1", "rows_changed 1", DRY],
        hides=HIDDEN,
        on_spark=True,
    ),
    Case(
        name="a view tells its people and not its base",
        files=FILES,
        before=(LOAD,),
        command=("view", "s", "--as", "w", "--rows", "p.x > 1", "--dry-run"),
        says=["plan: publish w@1\n", "people: 1\n", "entities 2", DRY],
        hides=(*HIDDEN, "p.csv", "v.csv"),
    ),
    Case(
        name="a merge tells what matches",
        files=FILES,
        before=(LOAD, ROWS),
        command=(
            "merge",
            "clinical",
            "s",
            "s@1",
            "--as",
            "m",
            "--on-clash",
            "prefix:a",
            "--dry-run",
        ),
        says=["plan: publish m@1\n", "source_rows 3", "source_unmatched 1", DRY],
        hides=HIDDEN,
    ),
    Case(
        name="a retirement tells what is left",
        files=FILES,
        before=(LOAD,),
        command=("retire", "s@1", "--dry-run"),
        says=["plan: retire s@1\n", "versions_left 0", "nothing was done: this was a dry run"],
    ),
    Case(
        name="a guard tells what would hold",
        files=FILES,
        before=(LOAD,),
        command=("guard", "s", "--least", "10", "--round", "5", "--dry-run"),
        says=[
            "plan: guard s: no numbers of fewer than 10 people, rounded to multiples of 5\n",
            "nothing was done: this was a dry run",
        ],
    ),
    Case(
        name="a withdrawal tells how many, and no key",
        files=FILES,
        before=(LOAD,),
        command=("withdraw", "gone.csv", "--of", "s.p"),
        says=["plan: withdraw rows of s.p\n", "people: 1\n", "withdrawn 1", "add --apply"],
        hides=HIDDEN,
    ),
    Case(
        name="a rebase tells the people",
        files=FILES,
        before=(LOAD, ("view", "s@1", "--as", "w", "--rows", "p.x > 1"), ROWS),
        command=("rebase", "w", "--onto", "s@2"),
        says=["plan: publish the next version of w\n", "people: 3\n", "people_added 2", "--apply"],
        hides=HIDDEN,
    ),
    Case(
        name="a sweep tells its files",
        files=FILES,
        before=(LOAD, ("retire", "s@1")),
        command=("gc", "--grace", "0"),
        says=["plan: delete what no version reads\n", "table s/p: 2 files\n", "bytes "],
    ),
    Case(
        name="a compaction tells its counts",
        files=FILES,
        before=(RNA, ("extend", "e", "--assay", "a", "--source", "m2.csv")),
        command=("compact",),
        says=["plan: publish e@3\n", "blocks_before 2", "blocks_after 1", "add --apply"],
    ),
    Case(
        name="reports of a load that published nothing are called so",
        files={**FILES, "lake/reports/never/20260101T000000Z/report.html": ""},
        before=(LOAD,),
        command=("gc",),
        says=[
            "reports/never: reports of loads that published nothing; they stay",
            "reports_left 1",
        ],
        hides=["a name that is gone"],
    ),
)
