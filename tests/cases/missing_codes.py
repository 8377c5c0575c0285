"""Texts that mean missing and are codes too: the cells are missing, and a note says so."""

from tests.support.cases import Case

FILES = {
    "d.csv": (
        "entity,name,type,primary_key_type,coding_name\np,pid,string,global,\np,s,string,,c\n"
        "p,n,integer,,\n"
    ),
    "k.csv": "coding_name,code,meaning\nc,NA,not applicable\nc,-9,refused\nc,1,one\n",
    "p.csv": "pid,s,n\na,NA,NA\nb,1,3\nc,-9,4\n",
    "r.csv": "pid,s,n\nd,NA,5\n",
    "y.csv": "pid,t\na,NA\nb,1\n",
    "yd.csv": (
        "entity,name,type,primary_key_type,coding_name\np,pid,string,global,\np,t,string,,c2\n"
    ),
    "yk.csv": "coding_name,code,meaning\nc2,NA,not applicable\nc2,1,one\n",
}
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--codings", "k.csv", "--data", "p=p.csv")
ROWS = "extract fields s --fields p.pid,p.s,p.n"
TOLD = (
    "codes of the coding c are texts that mean missing, and cells of p.s that hold them are missing"
)
PLAIN = {**FILES, "p.csv": "pid,s,n\na,NA,1\nb,1,3\nc,-9,4\n"}

CASES = (
    Case(
        name="a code that is a marker is missing and told",
        files=FILES,
        command=(*LOAD, "--missing", "NA"),
        says=[f"note: 1 {TOLD}", "leave them out of --missing"],
        stored={ROWS: ["p.pid,p.s,p.n", "a,,", "b,1,3", "c,-9,4"]},
        on_spark=True,
    ),
    Case(
        name="several codes are counted",
        files=FILES,
        command=(*LOAD, "--missing", "NA,-9"),
        says=[f"note: 2 {TOLD}"],
        stored={ROWS: ["p.pid,p.s,p.n", "a,,", "b,1,3", "c,,4"]},
    ),
    Case(
        name="markers that are not codes are not spoken of",
        files={**FILES, "p.csv": "pid,s,n\na,1,.\n"},
        command=(*LOAD, "--missing", "."),
        hides=["mean missing"],
        stored={ROWS: ["p.pid,p.s,p.n", "a,1,"]},
    ),
    Case(
        name="without markers codes are codes",
        files=PLAIN,
        command=LOAD,
        hides=["mean missing"],
        stored={ROWS: ["p.pid,p.s,p.n", "a,NA,1", "b,1,3", "c,-9,4"]},
    ),
    Case(
        name="a dry run says it too",
        files=FILES,
        command=(*LOAD, "--missing", "NA", "--dry-run"),
        says=[f"note: 1 {TOLD}"],
    ),
    Case(
        name="new rows tell it",
        files=PLAIN,
        before=(LOAD,),
        command=("extend", "s", "--data", "p=r.csv", "--mode", "rows", "--missing", "NA"),
        says=[f"note: 1 {TOLD}"],
        stored={ROWS: ["p.pid,p.s,p.n", "a,NA,1", "b,1,3", "c,-9,4", "d,,5"]},
        on_spark=True,
    ),
    Case(
        name="new fields tell it",
        files=PLAIN,
        before=(LOAD,),
        command=(
            "extend",
            "s",
            "--data",
            "p=y.csv",
            "--dictionary",
            "yd.csv",
            "--codings",
            "yk.csv",
            "--missing",
            "NA",
        ),
        says=["note: 1 codes of the coding c2 are texts that mean missing, and cells of p.t"],
        stored={"extract fields s --fields p.pid,p.t": ["p.pid,p.t", "a,", "b,1", "c,"]},
    ),
)
