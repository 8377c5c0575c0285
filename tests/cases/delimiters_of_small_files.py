"""Small files whose cells are separated by something else than commas: messages say by what."""

from collections.abc import Iterator

from tests.support.cases import Case

GENE = "ENSG00000000001"
FILES = {
    "d.csv": "entity,name,type,primary_key_type,coding_name,description\n"
    "patient,patient_id,string,global,,its key\npatient,sex,string,,sex,f or m\n",
    "c.csv": "coding_name,code,meaning\nsex,F,Female\nsex,M,Male\n",
    "e.csv": "entity,entity_title\npatient,Patients\n",
    "p.csv": "patient_id,sex\nP1,F\n",
    "m.tsv": f"gene_id\tS1\n{GENE}\t1\n",
    "map.csv": f"from,to\n{GENE},ENSG00000000002\n",
    "manifest.csv": "sample_id,file\nS1,one.tsv\n",
    "one.tsv": f"gene_id\tcount\n{GENE}\t1\n",
    "link.csv": "sample,patient\nS1,P1\n",
    "w.csv": "x,patient_id\n1,P1\n",
}
REPORT = ("--report", "report")
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--codings", "c.csv", "--entities",
        "e.csv", "--data", "patient=p.csv")  # fmt: skip
RNA = ("load", "expression", "r", "--assay", "a", "--unit", "count", "--source")
MATRIX = (*RNA, "m.tsv")
MERGE = ("merge", "assay", "r", "s", "--as", "both", "--assay", "a", "--link-file", "link.csv",
         "--link", "patient.patient_id")  # fmt: skip
SMALL = {
    "d.csv": ("a dictionary", LOAD),
    "c.csv": ("a file of codings", LOAD),
    "e.csv": ("an entity dictionary", LOAD),
    "map.csv": ("an id map", (*MATRIX, "--id-map", "map.csv")),
    "manifest.csv": ("a manifest", (*RNA, "manifest.csv", "--format", "manifest")),
    "link.csv": ("a linking file", MERGE),
}
PARTED = {"semicolons": (";", "';'"), "pipes": ("|", "'|'"), "tabs": ("\t", "tab")}


def cases() -> Iterator[Case]:
    for file, (what, command) in SMALL.items():
        for name, (delimiter, shown) in PARTED.items():
            if delimiter == "\t" and file in ("map.csv", "manifest.csv"):
                continue
            before = (LOAD, MATRIX) if command is MERGE else ()
            changed = FILES[file].replace(",", delimiter)
            yield Case(
                name=f"{what} separated by {name}",
                files={**FILES, file: changed},
                before=before,
                command=command,
                code=10,
                says=(file, f"its cells are separated by {shown}"),
                hides=("P1",),
            )


CASES = (
    *cases(),
    Case(
        name="a tsv file separated by commas",
        files={**FILES, "d.tsv": FILES["d.csv"]},
        command=("load", "clinical", "s", "--dictionary", "d.tsv", "--data", "patient=p.csv"),
        code=10,
        says=("its cells are separated by ',': part them by tabs, as its ending says",),
    ),
    Case(
        name="names in quotes",
        files={**FILES, "d.csv": '"entity";"name";"type"\n"patient";"patient_id";"string"\n'},
        command=LOAD,
        code=10,
        says=("its cells are separated by ';'",),
    ),
    Case(
        name="commas in cells of a dictionary separated by semicolons",
        files={**FILES, "d.csv": FILES["d.csv"].replace(",", ";").replace("f or m", "f, or m, or")},
        command=(*LOAD, *REPORT),
        code=10,
        rules={"source_format": 1},
    ),
    Case(
        name="a list of one column has nothing that separates it",
        files={**FILES, "d.csv": "entity\npatient\n"},
        command=LOAD,
        code=11,
        hides=("are separated by",),
    ),
    Case(
        name="a load as it should be",
        files=FILES,
        command=LOAD,
        on_spark=True,
    ),
)
