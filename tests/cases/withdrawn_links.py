"""A person who is withdrawn goes from every dataset that a link knows to hold rows of theirs."""

from collections.abc import Mapping, Sequence

from tests.support.cases import Case

HEADER = (
    "entity,name,type,primary_key_type,coding_name,concept,description,folder_path,"
    "is_multi_select,is_sparse_coding,linkout,longitudinal_axis_type,referenced_entity_field,"
    "relationship,title,units\n"
)
G = "ENSG00000000001"
FILES = {
    "d.csv": HEADER + "patient,patient_id,string,global,,,,,,,,,,,Patient,\n"
    "patient,nhs,string,,,,,,,,,,,,Number,\n"
    "visit,visit_id,integer,local,,,,,,,,,,,Visit,\n"
    "visit,patient_id,string,,,,,,,,,,patient:patient_id,many_to_one,Patient,\n",
    "patient.csv": "patient_id,nhs\nP1,N1\nP2,N2\nP3,N3\n",
    "visit.csv": "visit_id,patient_id\n1,P1\n2,P2\n3,P3\n",
    "f.csv": HEADER + "person,person_id,string,global,,,,,,,,,,,Person,\n"
    "person,nhs,string,,,,,,,,,,,,Number,\n"
    "call,call_id,integer,local,,,,,,,,,,,Call,\n"
    "call,person_id,string,,,,,,,,,,person:person_id,many_to_one,Person,\n",
    "person.csv": "person_id,nhs\nF1,N1\nF3,N3\nF9,N9\n",
    "odd.csv": "person_id,nhs\nF1,N1\nF3,N3\nF3\u00a0,N8\nF\u200b3,N7\nF9,N9\n",
    "allow.yaml": "rules: {key_lookalike: warn}\n",
    "call.csv": "call_id,person_id\n11,F1\n13,F3\n19,F9\n",
    "m.tsv": f"gene_id\tS1\tS2\tS3\n{G}\t1\t2\t3\n",
    "direct.tsv": f"gene_id\tP1\tP2\tP3\n{G}\t1\t2\t3\n",
    "by_person.tsv": f"gene_id\tT1\tT3\tT9\n{G}\t1\t3\t9\n",
    "link.csv": "sample,patient\nS1,P1\nS2,P2\nS3,P3\n",
    "people.csv": "sample,person\nT1,F1\nT3,F3\nT9,F9\n",
    "gone.csv": "patient_id\nP3\n",
    "calls_gone.csv": "person_id\nF3\n",
    "samples_gone.csv": "sample_id\nS3\n",
}
STUDY = ("load", "clinical", "study", "--dictionary", "d.csv", "--data", "patient=patient.csv",
         "--data", "visit=visit.csv")  # fmt: skip
CALLS = ("load", "clinical", "calls", "--dictionary", "f.csv", "--data", "person=person.csv",
         "--data", "call=call.csv")  # fmt: skip


def _load_rna(name: str, file: str) -> tuple[str, ...]:
    return ("load", "expression", name, "--assay", "rna", "--unit", "count", "--source", file)


RNA = _load_rna("rna", "m.tsv")
BY_FILE = ("merge", "assay", "rna", "study", "--as", "both", "--assay", "rna", "--link-file",
           "link.csv")  # fmt: skip
BY_NUMBER = ("merge", "clinical", "calls", "study", "--as", "all", "--link",
             "person.nhs=patient.nhs")  # fmt: skip
ONE_TO_ONE = (*BY_NUMBER, "--relationship", "one_to_one")
OF_STUDY = ("withdraw", "gone.csv", "--of", "study.patient")
SAMPLES = "extract fields rna --fields sample.sample_id"
VALUES = "extract expression rna"
PEOPLE = "extract fields calls --fields person.person_id,call.call_id"
PATIENTS = "extract fields study --fields patient.patient_id,visit.visit_id"
TWO_SAMPLES = ["sample.sample_id", "S1", "S2"]
THREE_SAMPLES = [*TWO_SAMPLES, "S3"]
LEFT_PEOPLE = ["person.person_id,call.call_id", "F1,11", "F9,19"]
ALL_PEOPLE = ["person.person_id,call.call_id", "F1,11", "F3,13", "F9,19"]
LEFT_PATIENTS = ["patient.patient_id,visit.visit_id", "P1,1", "P2,2"]
ALL_PATIENTS = [*LEFT_PATIENTS, "P3,3"]


def _case(
    name: str,
    before: Sequence[Sequence[str]],
    command: Sequence[str],
    stored: Mapping[str, Sequence[str]],
    *more: Sequence[str],
    code: int = 0,
) -> Case:
    (says,) = more or ((),)
    return Case(
        name=name, files=FILES, before=before, command=command, stored=stored, says=says,
        hides=("P3", "S3", "F3"), code=code,
    )  # fmt: skip


LINKED = (STUDY, RNA, BY_FILE)
CASES = (
    _case(
        "the plan names the samples of a linking file",
        LINKED,
        OF_STUDY,
        {SAMPLES: THREE_SAMPLES},
        ["1 keys of rna.sample, linked by both@1: 1 to withdraw", "rna@1"],
    ),
    _case(
        "samples of a linking file",
        LINKED,
        (*OF_STUDY, "--apply"),
        {
            SAMPLES: TWO_SAMPLES,
            PATIENTS: LEFT_PATIENTS,
            VALUES: ["feature_id,sample_id,expression", f"{G},S1,1", f"{G},S2,2"],
        },
    ),
    _case(
        "only what is named",
        LINKED,
        (*OF_STUDY, "--only", "study.patient", "--apply"),
        {SAMPLES: THREE_SAMPLES, PATIENTS: LEFT_PATIENTS},
        ["left where they are"],
    ),
    _case(
        "only what is linked",
        LINKED,
        (*OF_STUDY, "--only", "rna.sample", "--apply"),
        {SAMPLES: TWO_SAMPLES, PATIENTS: ALL_PATIENTS},
    ),
    _case(
        "something that is not in the plan",
        LINKED,
        (*OF_STUDY, "--only", "study.patient,other.sample", "--apply"),
        {SAMPLES: THREE_SAMPLES, PATIENTS: ALL_PATIENTS},
        ["other.sample"],
        code=2,
    ),
    _case(
        "a run after one that chose less completes it",
        (*LINKED, (*OF_STUDY, "--only", "study.patient", "--apply")),
        (*OF_STUDY, "--apply"),
        {SAMPLES: TWO_SAMPLES},
        ["0 to withdraw, 1 withdrawn before", "1 to withdraw, 0"],
    ),
    _case(
        "a link that came after the withdrawal",
        (STUDY, RNA, (*OF_STUDY, "--apply"), BY_FILE),
        (*OF_STUDY, "--apply"),
        {SAMPLES: TWO_SAMPLES},
    ),
    _case(
        "once more changes nothing",
        (*LINKED, (*OF_STUDY, "--apply")),
        (*OF_STUDY, "--apply"),
        {SAMPLES: TWO_SAMPLES, PATIENTS: LEFT_PATIENTS},
        ["0 to withdraw, 1 withdrawn before"],
    ),
    _case(
        "samples called as the people",
        (
            STUDY,
            _load_rna("rna", "direct.tsv"),
            ("merge", "assay", "rna", "study", "--as", "both", "--assay", "rna"),
        ),
        (*OF_STUDY, "--apply"),
        {SAMPLES: ["sample.sample_id", "P1", "P2"]},
    ),
    _case(
        "a merge that is retired, of which a view is left",
        (*LINKED, ("view", "both", "--as", "part", "--entities", "patient"), ("retire", "both@1")),
        (*OF_STUDY, "--apply"),
        {SAMPLES: TWO_SAMPLES},
        ["linked by part@1"],
    ),
    _case(
        "a merge that is retired, and nothing of it is left",
        (*LINKED, ("retire", "both@1")),
        (*OF_STUDY, "--apply"),
        {SAMPLES: THREE_SAMPLES, PATIENTS: LEFT_PATIENTS},
    ),
    _case(
        "a view whose rule hides the person knows the link all the same",
        (
            *LINKED,
            ("view", "both", "--as", "part", "--rows", 'patient.patient_id = "P1"'),
            ("retire", "both@1"),
        ),
        (*OF_STUDY, "--apply"),
        {SAMPLES: TWO_SAMPLES},
    ),
    _case(
        "a view of the samples",
        (*LINKED, ("view", "rna", "--as", "part")),
        (*OF_STUDY, "--apply"),
        {"extract fields part --fields sample.sample_id": TWO_SAMPLES},
    ),
    _case(
        "samples go and the people stay",
        LINKED,
        ("withdraw", "samples_gone.csv", "--of", "rna.sample", "--apply"),
        {SAMPLES: TWO_SAMPLES, PATIENTS: ALL_PATIENTS},
    ),
    _case(
        "people of a clinical merge",
        (STUDY, CALLS, BY_NUMBER),
        (*OF_STUDY, "--apply"),
        {PEOPLE: LEFT_PEOPLE, PATIENTS: LEFT_PATIENTS},
        ["1 keys of calls.person, linked by all@1"],
    ),
    _case(
        "people of a clinical merge of several to one",
        (STUDY, CALLS, BY_NUMBER),
        ("withdraw", "calls_gone.csv", "--of", "calls.person", "--apply"),
        {PEOPLE: LEFT_PEOPLE, PATIENTS: ALL_PATIENTS},
    ),
    _case(
        "people of a clinical merge of one to one, from its other side",
        (STUDY, CALLS, ONE_TO_ONE),
        ("withdraw", "calls_gone.csv", "--of", "calls.person", "--apply"),
        {PEOPLE: LEFT_PEOPLE, PATIENTS: LEFT_PATIENTS},
    ),
    _case(
        "a chain of links",
        (
            STUDY,
            CALLS,
            _load_rna("rna", "by_person.tsv"),
            BY_NUMBER,
            (
                "merge",
                "assay",
                "rna",
                "calls",
                "--as",
                "with_calls",
                "--assay",
                "rna",
                "--link-file",
                "people.csv",
            ),
        ),
        (*OF_STUDY, "--apply"),
        {PEOPLE: LEFT_PEOPLE, SAMPLES: ["sample.sample_id", "T1", "T9"]},
        ["rna.sample, linked by with_calls@1"],
    ),
    _case(
        "nobody who is linked to nothing",
        (STUDY, RNA, CALLS),
        (*OF_STUDY, "--apply"),
        {SAMPLES: THREE_SAMPLES, PEOPLE: ALL_PEOPLE, PATIENTS: LEFT_PATIENTS},
    ),
    _case(
        "a link that only the rule of a view knows",
        (
            STUDY,
            CALLS,
            ONE_TO_ONE,
            ("view", "all", "--as", "part", "--entities", "patient", "--rows",
             'exists(person: person.nhs in ("N1", "N3"))'),
            ("retire", "all@1"),
        ),
        (*OF_STUDY, "--apply"),
        {PEOPLE: LEFT_PEOPLE, "extract fields part --fields patient.patient_id":
         ["patient.patient_id", "P1"]},
        ["1 keys of calls.person, linked by part@1: 1 to withdraw"],
    ),
    _case(
        "keys of a linked dataset that only look like a linked one",
        (STUDY, (*CALLS[:-4], "--data", "person=odd.csv", "--data", "call=call.csv",
                 "--policy", "allow.yaml"), BY_NUMBER),
        (*OF_STUDY, "--apply"),
        {PEOPLE: LEFT_PEOPLE, PATIENTS: LEFT_PATIENTS},
        ["3 keys of calls.person, linked by all@1 (2 of them only look like these): 3 to"],
    ),
)  # fmt: skip
