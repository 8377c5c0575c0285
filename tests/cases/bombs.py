"""Small files that would become large: packed, nested, repeated; refused in one line."""

import gzip
from collections.abc import Mapping, Sequence

from tests.support.cases import Case

DICTIONARY = "entity,name,type,primary_key_type\npatient,patient_id,string,global\n"
PATIENTS = "patient_id\nP1\nP2\n"
MATRIX = "gene_id,S1,S2\nENSG00000141510,1,2\nENSG00000139618,3,4\n"
FILES = {"d.csv": DICTIONARY, "p.csv": PATIENTS, "m.csv": MATRIX}
CLINICAL = ("load", "clinical", "study", "--data", "patient=p.csv", "--report", "report")
EXPRESSION = ("load", "expression", "rna", "--assay", "rna", "--unit", "count",
              "--report", "report")  # fmt: skip
PACKED = "the file is too large: it unpacks to more than 200 times its size"
PIECE = 1024 * 1024
PIECES = 512


def packed(start: str, repeated: str) -> bytes:
    """Return a file of less than a megabyte that unpacks to 512 MB, a piece after the other."""
    piece = gzip.compress((repeated * (PIECE // len(repeated))).encode(), 9)
    return gzip.compress(start.encode()) + piece * PIECES


GTF = 'chr17\ta\tgene\t1\t9\t.\t+\t.\tgene_id "ENSG00000141510"; gene_name "TP53";\n'
ROWS = packed("entity,name,type\n", "a,b,string\n")
LINE = packed("", "0")


def small(
    name: str,
    bomb: bytes,
    command: Sequence[str],
    *,
    before: Sequence[Sequence[str]] = (),
    code: int = 10,
    says: str = PACKED,
) -> Case:
    """Return the case of a packed file that is read whole."""
    return Case(
        name=name,
        files={**FILES, "bomb.csv.gz": bomb},
        before=before,
        command=command,
        code=code,
        says=[says],
        hides=["Unexpected"],
    )


def yaml(name: str, text: str | bytes, says: str, *, files: Mapping[str, str] = FILES) -> Case:
    """Return the case of a policy that is not plain YAML."""
    return Case(
        name=name,
        files={**files, "policy.yaml": text},
        command=(*CLINICAL, "--dictionary", "d.csv", "--policy", "policy.yaml"),
        code=11,
        says=["The policy policy.yaml cannot be used (rule policy_rule): ", says],
        hides=["Unexpected"],
    )


LOAD = (*EXPRESSION, "--source", "m.csv")
LOAD_STUDY = (*CLINICAL, "--dictionary", "d.csv")


def asked(name: str, text: str, says: str) -> Case:
    """Return the case of a filter as JSON."""
    return Case(
        name=name,
        files={**FILES, "f.json": text},
        before=[LOAD],
        command=("extract", "expression", "rna", "--filter-json", "f.json"),
        code=2,
        says=[says],
        hides=["Unexpected"],
    )


CASES = (
    small("a dictionary", ROWS, (*CLINICAL, "--dictionary", "bomb.csv.gz")),
    small("a dictionary of one line", LINE, (*CLINICAL, "--dictionary", "bomb.csv.gz")),
    small("codings", ROWS, (*LOAD_STUDY, "--codings", "bomb.csv.gz")),
    small("an entity dictionary", ROWS, (*LOAD_STUDY, "--entities", "bomb.csv.gz")),
    small("an id map", packed("from,to\n", "a,b\n"), (*LOAD, "--id-map", "bomb.csv.gz")),
    small(
        "an annotation",
        packed("gene_id,symbol\n", "ENSG00000141510,TP53\n"),
        (*LOAD, "--annotation", "bomb.csv.gz"),
    ),
    small(
        "an annotation whose header never ends",
        LINE,
        (*LOAD, "--annotation", "bomb.csv.gz"),
        says="16 MB",
    ),
    Case(
        name="an annotation that is GTF",
        files={**FILES, "bomb.gtf.gz": packed("", GTF)},
        command=(*LOAD, "--annotation", "bomb.gtf.gz"),
        code=10,
        says=[PACKED],
    ),
    small(
        "a manifest",
        packed("file,sample_id\n", "m.csv,S1\n"),
        (*EXPRESSION, "--source", "bomb.csv.gz", "--format", "manifest"),
    ),
    small(
        "a linking file",
        packed("sample_id,patient_id\n", "S1,P1\n"),
        (
            "merge",
            "assay",
            "rna",
            "study",
            "--as",
            "both",
            "--assay",
            "rna",
            "--link-file",
            "bomb.csv.gz",
        ),
        before=[LOAD, LOAD_STUDY],
    ),
    small(
        "the header of a data file",
        LINE,
        ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=bomb.csv.gz"),
        says="16 MB",
    ),
    small(
        "a row of a matrix",
        packed("gene_id,S1\nENSG00000141510,", "1"),
        (*EXPRESSION, "--source", "bomb.csv.gz"),
        says="million characters",
    ),
    yaml(
        "aliases of aliases",
        "".join(
            f"a{n}: &a{n} [{', '.join(['x' if n == 0 else f'*a{n - 1}'] * 9)}]\n" for n in range(9)
        ),
        "anchors and aliases have no meaning here, at line 1.",
    ),
    yaml("an anchor alone", "rules: &a {cell_code: warn}", "anchors and aliases"),
    yaml("5,000 brackets", "rules: " + "[" * 5000, "more than 20 levels deep"),
    yaml("5,000 braces", "rules: " + "{a: " * 5000, "more than 20 levels deep"),
    yaml("5,000 dashes", "- " * 5000, "more than 20 levels deep"),
    yaml("an impossible date", "rules: {cell_code: 2020-13-45}", "what looks like a date is none"),
    yaml("an impossible date as a key", "2020-02-30: 1", "what looks like a date is none"),
    yaml("a number of 5,000 digits", f"rules: {{cell_code: {'9' * 5000}}}", "more than 40 digits"),
    yaml("a hexadecimal number of 5,000 digits", f"a: 0x{'f' * 5000}", "more than 40 digits"),
    yaml("a control character", "rules:\n  cell_code: \x07warn", "a character at line 2"),
    yaml("a key twice", "rules: {cell_code: warn, cell_code: refuse}", "a key occurs a second"),
    yaml("a tag", "rules: !!python/name:os.system warn", "tags have no meaning here"),
    yaml("two documents", "rules: {}\n---\nrules: {}\n", "a second document"),
    yaml("a merge", "<<: {rules: {}}", "'<<' has no meaning"),
    yaml("a list as a key", "? [a]\n: 1\n", "a list or mapping cannot be a key"),
    yaml("a long key", f"{'x' * 300}: 1", "a key is longer than 255 characters"),
    yaml("many keys", "".join(f"k{n}: 1\n" for n in range(60_000)), "more than 50,000 values"),
    yaml("a huge file", "# nothing\n" * 200_000, "larger than 1 MB"),
    asked("JSON that is deep", '{"sample_id":' * 100_000, "too deeply"),
    asked("lists that are deep", '{"sample_id":' + "[" * 100_000, "too deeply"),
    asked("a number of 5,000 digits in JSON", f'{{"expression": {"9" * 5000}}}', "digits"),
    Case(
        name="settings with aliases",
        files={**FILES, "conf.yaml": "runner: &a local\nwriter: *a\n"},
        command=("--conf", "conf.yaml", *LOAD_STUDY),
        code=2,
        says=["The configuration conf.yaml cannot be used: anchors and aliases"],
    ),
    Case(
        name="settings with an impossible date",
        files={**FILES, "conf.yaml": "runner: 2020-02-31\n"},
        command=("--conf", "conf.yaml", *LOAD_STUDY),
        code=2,
        says=["what looks like a date is none, at line 1"],
    ),
    Case(
        name="a packed dictionary of ordinary size",
        files={"p.csv": PATIENTS, "d.csv.gz": gzip.compress(DICTIONARY.encode())},
        command=(*CLINICAL, "--dictionary", "d.csv.gz"),
        stored={
            "extract fields study --fields patient.patient_id": ["patient.patient_id", "P1", "P2"]
        },
        on_spark=True,
    ),
    Case(
        name="a header with a megabyte of blanks inside a name",
        files={**FILES, "p.csv": f"patient_id,a{' ' * 1_000_000}b\nP1,1\n"},
        command=LOAD_STUDY,
        code=10,
        says=["column 2 is not in the dictionary"],
    ),
    Case(
        name="a megabyte of digits that is not a number",
        files={
            **FILES,
            "d.csv": f"{DICTIONARY}patient,weight,float,\n",
            "p.csv": f"patient_id,weight\nP1,{'1' * 1_000_000}x\n",
        },
        command=LOAD_STUDY,
        code=12,
        says=["(cell_float)"],
    ),
    Case(
        name="a value of a matrix with a megabyte of digits that is not a number",
        files={**FILES, "m.csv": f"gene_id,S1,S2\nENSG00000141510,1,{'1' * 1_000_000}y\n"},
        command=LOAD,
        code=0,
        says=["column 3"],
        stored={"extract expression rna --matrix": ["sample_id,ENSG00000141510", "S1,1"]},
    ),
)
