"""Loads that bring withdrawn people again: nothing new of them is stored, counted or told."""

from collections.abc import Mapping, Sequence

from tests.cases import withdrawn_samples as assay
from tests.cases.withdrawn_rows import FILES, LEFT, LOAD, VISITS, WITHDRAW
from tests.support.cases import Case

SITES = "site_id,city\n1,Milan\n2,Uppsala\n3,Ghent\n"
FIVE = "5 rows of withdrawn people left out"
OF_SITE = ("withdraw", "sites_gone.csv", "--of", "study.site", "--apply")
CITIES = "extract fields study --fields patient.patient_id,site.city"
NO_KEY = FILES["d.csv"].replace(
    "lab,lab_id,integer,local", "lab,lab_id,integer,"
)  # an entity that has no key of its own


def _counts(entity: str, read: int, stored: int) -> str:
    """Return what the receipt says of an entity of one file."""
    return (
        f'"entity": "{entity}", "files": 1, "rows_quarantined": 0, '
        f'"rows_read": {read}, "rows_stored": {stored}'
    )


def _load(
    name: str,
    files: Mapping[str, str],
    *more: str,
    before: Sequence[Sequence[str]] = (LOAD, WITHDRAW),
    says: Sequence[str] = (),
    stored: Mapping[str, Sequence[str]] | None = None,
    code: int = 0,
    on_spark: bool = False,
) -> Case:
    """Return a load of changed files, from a folder of its own, after a withdrawal."""
    new = {f"new/{key}": text for key, text in {**FILES, **files}.items()}
    words = ["new/d.csv" if each == "d.csv" else each.replace("=", "=new/") for each in LOAD]
    return Case(
        name=name,
        files={**FILES, "sites_gone.csv": "site_id\n3\n", **new},
        before=before,
        command=(*words, *more),
        code=code,
        says=says,
        hides=("P3", "key_unique", "Ghent"),
        stored=stored or {},
        on_spark=on_spark,
    )


def _rna(
    name: str,
    files: Mapping[str, str],
    *more: str,
    says: Sequence[str],
    stored: Sequence[str],
    before: Sequence[Sequence[str]] = (),
    typed: str = "rna",
    on_spark: bool = False,
) -> Case:
    return Case(
        name=name,
        files={"m.tsv": assay.OLD, "gone.csv": "sample_id\nHID3\n", **files},
        before=(assay.LOAD, *before, assay.WITHDRAW),
        command=("load", "expression", typed, "--assay", "a", *more, "--json"),
        says=says,
        hides=("HID",),
        stored={f"extract expression rna --matrix{' --unit TPM' * ('TPM' in more)}": stored},
        on_spark=on_spark,
    )


AGAIN = f"gene_id\tS1\tS2\tHID3\n{assay.G[0]}\t7\t8\t9\n{assay.G[1]}\t10\t11\t12\n"
NEW = [assay.HEADER, "S1,7,10", "S2,8,11"]
COUNTS = ("--unit", "count", "--source", "n.tsv")
FIELDS = {
    "f.csv": "entity,name,type,primary_key_type\nsample,sample_id,string,global\n"
    "sample,batch,string,\n",
    "s.csv": "sample_id,batch\nS1,x\nHID3,y\nS2,w\n",
}

CASES = (
    _load(
        "the person and all that is theirs",
        {"site.csv": SITES},
        "--json",
        says=(
            _counts("patient", 3, 2),
            _counts("visit", 4, 2),
            _counts("lab", 3, 2),
            _counts("card", 2, 1),
            '"withdrawn_left_out": 5',
            FIVE,
        ),
        stored={
            VISITS: LEFT,
            CITIES: ["patient.patient_id,site.city", "P1,Milan", "P2,Uppsala"],
            "extract fields study --fields site.city": ["site.city", "Milan", "Uppsala"],
        },
        on_spark=True,
    ),
    _load(
        "a dry run",
        {"site.csv": SITES},
        "--dry-run",
        says=(FIVE, "people: 2\n", "table patient: 2 rows", "table lab: 2 rows"),
        stored={VISITS: LEFT},
    ),
    _load(
        "faults in rows of the person alone",
        {"patient.csv": FILES["patient.csv"] + "P3,X,Y,77\nP3,F,C,no number\n"},
        says=("7 rows of withdrawn people left out",),
        stored={VISITS: LEFT},
    ),
    _load(
        "labs without a key",
        {"d.csv": NO_KEY, "site.csv": SITES},
        "--json",
        says=(_counts("lab", 3, 2), FIVE),
        stored={"extract fields study --fields lab.value": ["lab.value", "1.5", "2.5"]},
    ),
    _load(
        "a faulty row of somebody else refuses as ever",
        {"patient.csv": FILES["patient.csv"] + "P4,F,D,77\n"},
        code=12,
        says=("reference_resolves",),
    ),
    _load(
        "sites that are withdrawn, to which people refer who stay",
        {"site.csv": SITES.replace("Milan", "Rome")},
        before=(LOAD, OF_SITE),
        says=("1 row of withdrawn people left out",),
        stored={"extract fields study --fields site.city": ["site.city", "Rome", "Uppsala", '""']},
    ),
    _load(
        "people who refer to a withdrawn site that is not delivered",
        {"site.csv": SITES.replace("3,Ghent\n", "")},
        before=(LOAD, OF_SITE),
        stored={"extract fields study --fields site.city": ["site.city", "Milan", "Uppsala", '""']},
    ),
    _rna(
        "a sample",
        {"n.tsv": AGAIN},
        *COUNTS,
        says=('"samples": 2', '"values": 4', '"withdrawn_left_out": 1', assay.ONE),
        stored=NEW,
        on_spark=True,
    ),
    _rna(
        "a sample of a name typed in other letters",
        {"n.tsv": AGAIN},
        *COUNTS,
        typed="RNA",
        says=('"samples": 2', '"values": 4', '"withdrawn_left_out": 1', assay.ONE),
        stored=NEW,
    ),
    _rna(
        "a sample in the table of samples as well",
        {"n.tsv": AGAIN, **FIELDS},
        *COUNTS,
        "--dictionary",
        "f.csv",
        "--data",
        "sample=s.csv",
        says=('"samples": 2', '"rows_read": 3, "rows_stored": 2', '"withdrawn_left_out": 2'),
        stored=NEW,
    ),
    _rna(
        "a sample whose other unit stays",
        {"n.tsv": AGAIN},
        "--unit",
        "TPM",
        "--source",
        "n.tsv",
        says=('"samples": 2', '"values": 4', '"withdrawn_left_out": 1', assay.ONE),
        stored=NEW,
    ),
    _rna(
        "wrong cells of a withdrawn sample",
        {"n.tsv": AGAIN.replace("\t9\n", "\tx\n").replace("\t12\n", "\t-1\n")},
        *COUNTS,
        says=('"samples": 2', '"withdrawn_left_out": 1'),
        stored=NEW,
    ),
)
