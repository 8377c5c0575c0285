"""Keys that differ by what nobody sees: blanks, characters without a glyph, forms of letters."""

from tests.support.cases import Case

DICTIONARY = (
    "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
    "patient,patient_id,string,global,,\n"
    "patient,age,integer,,,\n"
    "visit,visit_id,integer,local,,\n"
    "visit,patient_id,string,,patient:patient_id,many_to_one\n"
)
PATIENTS = "patient_id,age\nP1,1\nP2,2\n"
VISITS = "visit_id,patient_id\n1,P1\n"
LOAD = ("load", "clinical", "s", "--dictionary", "d.csv", "--data", "patient=p.csv", "--data",
        "visit=v.csv", "--report", "report")  # fmt: skip
PEOPLE = "extract fields s --fields patient.patient_id"


def files(patients: str = PATIENTS, visits: str = VISITS, **more: str) -> dict[str, str]:
    named = {f"{name}.csv": text for name, text in more.items()}
    return {"d.csv": DICTIONARY, "p.csv": patients, "v.csv": visits, **named}


def pair(name: str, first: str, second: str, *, on_spark: bool = False) -> Case:
    return Case(
        name=name,
        files=files(f"patient_id,age\nX,1\n{first},1\n{second},2\n", "visit_id,patient_id\n1,X\n"),
        command=LOAD,
        code=12,
        rules={"key_lookalike": 2, "dictionary_optional_columns": 1},
        hides=(first, second.strip()),
        on_spark=on_spark,
    )


def blank(name: str, key: str) -> Case:
    return Case(
        name=name,
        files=files(f"{PATIENTS}{key},3\n"),
        command=LOAD,
        code=12,
        rules={"key_missing": 1, "dictionary_optional_columns": 1},
    )


def grown(name: str, command: tuple[str, ...], rules: dict[str, int], **more: str) -> Case:
    return Case(
        name=name,
        files=files(**more),
        before=[LOAD[:-2]],
        command=(*command, "--report", "report"),
        code=12,
        rules=rules,
    )


CASES: tuple[Case, ...] = (
    pair("a blank behind it", "QX1", "QX1 ", on_spark=True),
    pair("a blank before it", "QX1", " QX1"),
    pair("a tab", "QX1", "QX1\t"),
    pair("a no-break space", "QX1", "QX1\u00a0"),
    pair("an ideographic space", "QX1", "\u3000QX1"),
    pair("a zero-width space", "QX1", "QX1\u200b"),
    pair("a zero-width joiner inside", "QX1", "Q\u200dX1"),
    pair("a byte order mark", "QX1", "\ufeffQX1"),
    pair("a soft hyphen", "QX1", "QX\u00ad1"),
    pair("a direction mark", "QX1", "\u200eQX1"),
    pair("a variation selector", "QX1", "QX1\ufe0f"),
    pair("a control character", "QX1", "QX1\x07"),
    pair("two blanks for one", "Q X", "Q  X"),
    pair("a no-break space inside for a blank", "Q X", "Q\u00a0X"),
    pair("composed beside decomposed", "M\u00fcller", "Mu\u0308ller"),
    pair("letters of full width", "QX1", "\uff31\uff38\uff11"),
    pair("two that both look like a third", "QX1 ", "QX1\u00a0"),
    blank("a blank is not a key", " "),
    blank("a no-break space is not a key", "\u00a0"),
    blank("a zero-width space is not a key", "\u200b"),
    blank("a filler is not a key", "\u3164"),
    Case(
        name="a policy may allow them",
        files={**files("patient_id,age\nP1,1\nP1 ,2\n"),
               "policy.yaml": "rules: {key_lookalike: warn}\n"},
        command=(*LOAD, "--policy", "policy.yaml"),
        rules={"key_lookalike": 2, "dictionary_optional_columns": 1},
        stored={PEOPLE: ["patient.patient_id", "P1", "P1 "]},
    ),
    Case(
        name="a policy may leave them out",
        files={**files("patient_id,age\nP2,1\nP1,1\nP1 ,2\n", "visit_id,patient_id\n1,P2\n"),
               "policy.yaml": "rules: {key_lookalike: quarantine}\n"},
        command=(*LOAD, "--policy", "policy.yaml"),
        rules={"key_lookalike": 2, "dictionary_optional_columns": 1},
        stored={PEOPLE: ["patient.patient_id", "P2"]},
    ),
    Case(
        name="keys that are seen to differ are others",
        files=files("patient_id,age\nP1,1\np1,2\nP 1,2\nM\u00fcller,1\nMuller,2\nP-1,1\n"),
        command=LOAD,
        stored={PEOPLE: ["patient.patient_id", "Muller", "M\u00fcller", "P 1", "P-1", "P1", "p1"]},
    ),
    Case(
        name="a reference that differs so",
        files=files(visits="visit_id,patient_id\n1,P1\u00a0\n2,P2\n3,P9\n"),
        command=LOAD,
        code=12,
        rules={"key_lookalike": 1, "reference_resolves": 1, "dictionary_optional_columns": 1},
    ),
    Case(
        name="a blank reference refers to nothing",
        files=files(visits="visit_id,patient_id\n1,\u00a0\n2,P2\n"),
        command=LOAD,
        rules={"reference_missing": 1, "dictionary_optional_columns": 1},
        stored={"extract fields s --fields visit.visit_id,visit.patient_id":
                ["visit.visit_id,visit.patient_id", ",", "2,P2"]},
    ),
    Case(
        name="across the files of an entity",
        files=files("patient_id,age\nP1,1\n", more="patient_id,age\nP1\u00a0,1\n"),
        command=(*LOAD, "--data", "patient=more.csv"),
        code=12,
        rules={"key_lookalike": 2, "dictionary_optional_columns": 1},
    ),
    grown("a new row beside a stored one", ("extend", "s", "--data", "patient=new.csv"),
          {"key_lookalike": 1}, new="patient_id,age\nP1\u00a0,5\nP2,7\n"),
    grown("a new row that looks as the stored one should",
          ("extend", "s", "--data", "patient=new.csv"),
          {"key_lookalike": 1},
          patients="patient_id,age\nP1 ,1\n", visits="visit_id,patient_id\n1,P1 \n",
          new="patient_id,age\nP1,5\n"),
    grown("two new rows", ("extend", "s", "--data", "patient=new.csv"), {"key_lookalike": 2},
          new="patient_id,age\nP5,5\nP5 ,6\n"),
    grown("a reference of a new row", ("extend", "s", "--data", "visit=new.csv"),
          {"key_lookalike": 1, "reference_resolves": 1},
          new="visit_id,patient_id\n8,P1 \n9,P7\n"),
    grown("a key to delete", ("extend", "s", "--delete", "patient=gone.csv"),
          {"key_lookalike": 1}, gone="patient_id\nP2\u200b\n"),
    grown("a row of new fields", ("extend", "s", "--data", "patient=new.csv"),
          {"key_lookalike": 1, "key_unmatched": 1},
          new="patient_id,bmi\nP1\u00a0,5\nP9,6\n"),
    grown("a row of a new entity", ("extend", "s", "--data", "drug=new.csv"),
          {"key_lookalike": 1}, new="patient_id,dose\nP1\u00a0,5\nP2,6\n"),
    Case(
        name="a stored key with a blank is changed by that key",
        files=files("patient_id,age\nP1 ,1\n", "visit_id,patient_id\n1,P1 \n",
                    new="patient_id,age\nP1 ,9\n"),
        before=[LOAD[:-2]],
        command=("extend", "s", "--data", "patient=new.csv"),
        stored={"extract fields s --fields patient.age": ["patient.age", "9"]},
    ),
)  # fmt: skip

E1, E2 = "ENSG00000000001", "ENSG00000000002"
EXPRESSION = ("load", "expression", "rna", "--assay", "rna", "--unit", "count", "--source", "m.csv",
              "--report", "report")  # fmt: skip


def ids(name: str, matrix: str, *more: str, rules: dict[str, int] | None = None) -> Case:
    return Case(
        name=name,
        files={"m.csv": matrix},
        command=(*EXPRESSION, *more),
        code=12,
        rules=rules or {"key_lookalike": 2},
    )


def linked(name: str, links: str, count: int) -> Case:
    return Case(
        name=name,
        files={
            **files(),
            "m.csv": f"gene_id,S1,S2\n{E1},3,4\n",
            "l.csv": f"sample,person\n{links}",
        },
        before=[LOAD[:-2], EXPRESSION[:-2]],
        command=("merge", "assay", "rna", "s", "--as", "both", "--assay", "rna", "--link-file",
                 "l.csv"),
        code=12,
        says=("key_lookalike", "once" if count == 1 else f"{count} times"),
    )  # fmt: skip


CASES += (
    ids("samples of a matrix", f"gene_id,QS1,QS1\u200b,S2\n{E1},3,4,5\n"),
    ids("samples in rows", f"sample,{E1}\nQS1,3\nQS1\u00ad,4\n"),
    ids("features", "gene_id,S1\ng1,3\ng1\u00a0,4\n", "--feature-ids", "any"),
    ids("features that are composed and decomposed", "gene_id,S1\nIL\u00e9,3\nILe\u0301,4\n",
        "--feature-ids", "any"),
    ids("a sample of which nobody sees anything", f"gene_id,\u200b,S2\n{E1},3,4\n",
        rules={"key_missing": 1}),
    Case(
        name="a new sample beside one of the assay",
        files={"m.csv": f"gene_id,S1\n{E1},3\n", "n.csv": f"gene_id,S1\u200b\n{E1},4\n"},
        before=[EXPRESSION[:-2]],
        command=("extend", "rna", "--assay", "rna", "--source", "n.csv", "--report", "report"),
        code=12,
        rules={"key_lookalike": 1},
    ),
    Case(
        name="a row of a sample table",
        files={"m.csv": f"gene_id,S1,S2\n{E1},3,4\n",
               "sd.csv": "entity,name,type,primary_key_type\nsample,sample_id,string,global\n"
                         "sample,batch,string,\n",
               "st.csv": "sample_id,batch\nS1,a\nS2\u00a0,b\n"},
        command=(*EXPRESSION, "--dictionary", "sd.csv", "--data", "sample=st.csv"),
        code=12,
        rules={"key_lookalike": 1, "dictionary_optional_columns": 1, "sample_without_row": 1},
    ),
    linked("a person of a linking file", "S1,P1\u00a0\nS2,P2\n", 1),
    linked("a sample of a linking file", "S1,P1\nS2\u200b,P2\n", 1),
    Case(
        name="keys of two datasets that are merged",
        files={**files(), "o.csv": "patient_id,age\nP1 ,1\nP2,2\n",
               "v0.csv": "visit_id,patient_id\n9,P2\n"},
        before=[LOAD[:-2], ("load", "clinical", "o", "--dictionary", "d.csv", "--data",
                            "patient=o.csv", "--data", "visit=v0.csv")],
        command=("merge", "clinical", "o", "s", "--as", "both", "--on-clash", "prefix:o_"),
        code=12,
        says=("key_lookalike", "once"),
    ),
    Case(
        name="a key to withdraw",
        files=files(w="patient_id\nP1\u00a0\n"),
        before=[LOAD[:-2]],
        command=("withdraw", "w.csv", "--of", "s.patient"),
        code=13,
        says=("key_lookalike", "1 of 1 keys"),
    ),
    Case(
        name="a blank key to withdraw",
        files=files(w="patient_id\nP1\n\u00a0\n"),
        before=[LOAD[:-2]],
        command=("withdraw", "w.csv", "--of", "s.patient"),
        code=10,
    ),
    Case(
        name="a withdrawal of one of two that look alike",
        files={**files("patient_id,age\nP1,1\nP1 ,2\nP2,3\n", w="patient_id\nP1\n"),
               "policy.yaml": "rules: {key_lookalike: warn}\n"},
        before=[(*LOAD[:-2], "--policy", "policy.yaml")],
        command=("withdraw", "w.csv", "--of", "s.patient", "--apply"),
        says=("2 keys of s.patient", "1 of these keys are not in the file", "they are meant too"),
        stored={PEOPLE: ["patient.patient_id", "P2"]},
    ),
    Case(
        name="a withdrawal of the one that nobody can tell from the other",
        files={**files("patient_id,age\nP1,1\nP1\u200b,2\nP2,3\n", w="patient_id\nP1\u200b\n"),
               "policy.yaml": "rules: {key_lookalike: warn}\n"},
        before=[(*LOAD[:-2], "--policy", "policy.yaml")],
        command=("withdraw", "w.csv", "--of", "s.patient", "--apply"),
        says=("2 keys of s.patient", "1 of these keys are not in the file"),
        stored={PEOPLE: ["patient.patient_id", "P2"]},
    ),
    Case(
        name="a plan of a withdrawal says what it takes along",
        files={**files("patient_id,age\nP1,1\nP1 ,2\nP2,3\n", w="patient_id\nP1\n"),
               "policy.yaml": "rules: {key_lookalike: warn}\n"},
        before=[(*LOAD[:-2], "--policy", "policy.yaml")],
        command=("withdraw", "w.csv", "--of", "s.patient", "--json"),
        says=('"lookalikes": 1', '"withdrawn": 2'),
    ),
)  # fmt: skip
