"""Text that a spreadsheet would run, and what --json prints of an extract."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type,coding_name,is_multi_select\n"
    "p,pid,string,global,,\np,note,string,,,\np,x,float,,,\np,c,string,,c,\np,m,string,,c,yes\n"
)
CODINGS = "coding_name,code,meaning\nc,1,=1+1\nc,2,plain\n"
NOTES = ("=HYPERLINK(1)", "+SUM(A1)", "-2+3", "@x", "\tx", "\rx", "\n=1", "\uff1d1", "\uff0b1+",
         "\uff0da", "\uff20b", "  =1", "\u00a0=1", "-5", "+4.5e3", "-.5",
         "a=b", "'=1", "")  # fmt: skip
ROWS = "".join(
    f'p{number:02},"{note}",-1.5,{number % 2 + 1},1\n' for number, note in enumerate(NOTES)
)
FILES = {"d.csv": DICTIONARY, "c.csv": CODINGS, "p.csv": f"pid,note,x,c,m\n{ROWS}"}
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", "--codings", "c.csv", "--data",
        "p=p.csv")  # fmt: skip
EXTRACT = ("extract", "fields", "study", "--fields", "p.note,p.x")
SAFE = ("'=HYPERLINK(1)", "'+SUM(A1)", "'-2+3", "'@x", "'\tx", '"\'\rx"', '"\'\n=1"',
        "'\uff1d1", "'\uff0b1+", "'\uff0da", "'\uff20b", "'  =1", "'\u00a0=1", "-5", "+4.5e3",
        "-.5", "a=b", "'=1", "")  # fmt: skip
EXPRESSION = {"m.csv": "feature_id,S1,S2\nENSG00000000001,1,2\nENSG00000000002,3,4\n"}
LOAD_EXPRESSION = ("load", "expression", "rna", "--assay", "a", "--unit", "count", "--source",
                   "m.csv")  # fmt: skip


def shown(notes: tuple[str, ...]) -> str:
    return "".join(["p.note,p.x\n", *(f"{each},-1.5\n" for each in notes)])


CASES = (
    Case(
        name="formulas have a mark before them, and numbers none",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "--spreadsheet-safe"),
        says=[shown(SAFE)],
    ),
    Case(
        name="without the option texts are as they are stored",
        files=FILES,
        before=(LOAD,),
        command=EXTRACT,
        says=["=HYPERLINK(1),-1.5\n"],
        hides=["'=HYPERLINK"],
    ),
    Case(
        name="meanings are marked too, arrays are texts that begin with a bracket",
        files=FILES,
        before=(LOAD,),
        command=(
            "extract",
            "fields",
            "study",
            "--fields",
            "p.c,p.m",
            "--values",
            "decoded",
            "--spreadsheet-safe",
        ),
        says=['\'=1+1,"[""=1+1""]"\nplain,'],
    ),
    Case(
        name="a file of typed values is not a spreadsheet",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "--spreadsheet-safe", "-o", "o.parquet"),
        code=2,
        says=["--spreadsheet-safe is for csv and tsv"],
    ),
    Case(
        name="json tells the rows and the file",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "-o", "o.csv", "--json"),
        says=['{"written": ["o.csv"], "rows": 19, "files": [{"path": "o.csv", "rows": 19}]}'],
    ),
    Case(
        name="json without a file gives no data, and says so",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "--json"),
        says=['{"written": [], "rows": 0, "files": []}', "note: no data were written"],
        hides=["HYPERLINK"],
    ),
    Case(
        name="json of a field that is not there is refused as ever",
        files=FILES,
        before=(LOAD,),
        command=("extract", "fields", "study", "--fields", "p.nope", "--json"),
        code=13,
    ),
    Case(
        name="json and data cannot both go to standard output",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "--json", "-o", "-"),
        code=2,
        hides=["HYPERLINK"],
    ),
    Case(
        name="json holds a statement that is asked for",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "--json", "--sql"),
        says=['{"sql": "SELECT'],
    ),
    Case(
        name="json of several files tells each",
        files=FILES,
        before=(LOAD,),
        command=(*EXTRACT, "--json", "--per-entity", "-o", "o.tsv"),
        says=['"files": [{"path": "o.p.tsv", "rows": 19}]'],
    ),
    Case(
        name="json of expression gives no data without a file",
        files=EXPRESSION,
        before=(LOAD_EXPRESSION,),
        command=("extract", "expression", "rna", "--json"),
        says=['{"written": [], "rows": 0, "files": []}'],
        hides=["ENSG"],
        on_spark=True,
    ),
    Case(
        name="json of an expression file tells its rows",
        files=EXPRESSION,
        before=(LOAD_EXPRESSION,),
        command=("extract", "expression", "rna", "--matrix", "--json", "-o", "m.tsv"),
        says=['{"written": ["m.tsv"], "rows": 2, "files": [{"path": "m.tsv", "rows": 2}]}'],
    ),
)
