"""Deliveries after a withdrawal: what is withdrawn counts as not there, whatever they bring."""

from collections.abc import Mapping, Sequence

from tests.support.cases import Case

DICTIONARY = """\
entity,name,type,primary_key_type,coding_name,concept,description,folder_path,is_multi_select,is_sparse_coding,linkout,longitudinal_axis_type,referenced_entity_field,relationship,title,units
patient,patient_id,string,global,,,,,,,,,,,Patient,
patient,sex,string,,,,,,,,,,,,Sex,
patient,passport,string,,,,,,,,,,,,Passport,
patient,site_id,integer,,,,,,,,,,site:site_id,many_to_one,Site,
site,site_id,integer,local,,,,,,,,,,,Site,
site,city,string,,,,,,,,,,,,City,
visit,visit_id,integer,local,,,,,,,,,,,Visit,
visit,patient_id,string,,,,,,,,,,patient:patient_id,many_to_one,Patient,
visit,note,string,,,,,,,,,,,,Note,
lab,lab_id,integer,local,,,,,,,,,,,Lab,
lab,visit_id,integer,,,,,,,,,,visit:visit_id,many_to_one,Visit,
lab,value,float,,,,,,,,,,,,Value,
card,card_id,string,local,,,,,,,,,,,Card,
card,holder,string,,,,,,,,,,patient:patient_id,one_to_one,Holder,
"""
FILES = {
    "d.csv": DICTIONARY,
    "patient.csv": "patient_id,sex,passport,site_id\nP1,F,A,1\nP2,M,B,2\nP3,F,C,3\n",
    "site.csv": "site_id,city\n1,Turin\n2,Uppsala\n3,Ghent\n",
    "visit.csv": "visit_id,patient_id,note\n1,P1,a\n2,P2,b\n3,P3,c\n4,P3,d\n",
    "lab.csv": "lab_id,visit_id,value\n1,1,1.5\n2,2,2.5\n3,3,3.5\n",
    "card.csv": "card_id,holder\nX1,P1\nX3,P3\n",
    "gone.csv": "patient_id\nP3\n",
}
ENTITIES = ("patient", "site", "visit", "lab", "card")
DATA = tuple(word for each in ENTITIES for word in ("--data", f"{each}={each}.csv"))
LOAD = ("load", "clinical", "study", "--dictionary", "d.csv", *DATA)
WITHDRAW = ("withdraw", "gone.csv", "--of", "study.patient", "--apply")
VISITS = "extract fields study --fields visit.visit_id,visit.note"
PATIENTS = "extract fields study --fields patient.patient_id,patient.sex --per-entity -o -"
LEFT = ("visit.visit_id,visit.note", "1,a", "2,b")
ONE = "1 row of withdrawn people left out"


def _extend(
    name: str,
    given: str,
    content: str,
    *more: str,
    says: Sequence[str] = (),
    hides: Sequence[str] = (),
    code: int = 0,
    stored: Mapping[str, Sequence[str]] | None = None,
    on_spark: bool = False,
) -> Case:
    """Return an extension after the withdrawal of P3, with its receipt as JSON."""
    option, _, entity = given.rpartition(" ")
    return Case(
        name=name,
        files={**FILES, "more.csv": content},
        before=(LOAD, WITHDRAW),
        command=("extend", "study", option or "--data", f"{entity}=more.csv", *more, "--json"),
        code=code,
        says=says,
        hides=("P3", *hides),
        stored=stored or {},
        on_spark=on_spark,
    )


CASES = (
    _extend(
        "a guess that is right",
        "patient",
        "patient_id,sex\nP3,F\n",
        "--dry-run",
        says=(
            '"rows_read": 1',
            '"rows_unchanged": 0',
            '"rows_changed": 0',
            '"withdrawn_left_out": 1',
            ONE,
        ),
    ),
    _extend(
        "a guess that is wrong gives the same",
        "patient",
        "patient_id,sex\nP3,M\n",
        "--dry-run",
        says=('"rows_unchanged": 0', '"rows_changed": 0', '"withdrawn_left_out": 1', ONE),
    ),
    _extend(
        "rows of a withdrawn person do not refuse the others",
        "patient",
        "patient_id,sex,passport,site_id\nP3,M,C,3\nP4,F,D,1\n",
        says=('"rows_added": 1', '"withdrawn_left_out": 1', ONE),
        stored={
            "extract fields study --fields patient.patient_id,patient.sex": [
                "patient.patient_id,patient.sex",
                "P1,F",
                "P2,M",
                "P4,F",
            ]
        },
        on_spark=True,
    ),
    _extend(
        "a guess of a visit's value",
        "visit",
        "visit_id,note\n3,c\n",
        "--dry-run",
        says=('"rows_unchanged": 0', '"rows_changed": 0', '"withdrawn_left_out": 1'),
    ),
    _extend(
        "new visits of a withdrawn person",
        "visit",
        "visit_id,patient_id,note\n5,P1,new\n6,P3,never\n7,P3,never\n",
        says=('"rows_added": 1', '"withdrawn_left_out": 2', "2 rows of withdrawn people"),
        stored={VISITS: ["visit.visit_id,visit.note", "1,a", "5,new", "2,b"]},
    ),
    _extend(
        "a visit under the key of a hidden one",
        "visit",
        "visit_id,patient_id,note\n3,P1,mine\n5,P1,new\n",
        says=('"rows_added": 1', '"rows_changed": 0', '"withdrawn_left_out": 1'),
        stored={VISITS: ["visit.visit_id,visit.note", "1,a", "5,new", "2,b"]},
    ),
    _extend(
        "a visit that was of somebody else",
        "visit",
        "visit_id,patient_id,note\n1,P3,theirs\n5,P1,new\n",
        says=('"rows_added": 1', '"rows_changed": 0', '"withdrawn_left_out": 1', ONE),
        stored={VISITS: ["visit.visit_id,visit.note", "1,a", "5,new", "2,b"]},
    ),
    _extend(
        "labs of a hidden visit",
        "lab",
        "lab_id,visit_id,value\n9,3,1\n10,1,2\n",
        says=('"rows_added": 1', '"withdrawn_left_out": 1'),
    ),
    _extend("labs of a visit that never was", "lab", "lab_id,visit_id,value\n9,77,1\n", code=12),
    _extend(
        "keys to delete of hidden visits",
        "--delete visit",
        "visit_id\n3\n4\n",
        says=('"published": []', '"rows_deleted": 0', '"withdrawn_left_out": 2'),
        stored={VISITS: LEFT},
    ),
    _extend(
        "keys to delete of hidden labs and others",
        "--delete lab",
        "lab_id\n2\n3\n",
        says=('"rows_deleted": 1', '"withdrawn_left_out": 1', ONE),
    ),
    _extend(
        "a guess at keys to delete",
        "--delete lab",
        "lab_id\n3\n",
        "--dry-run",
        says=('"rows_deleted": 0', '"withdrawn_left_out": 1'),
    ),
    _extend(
        "a card of somebody withdrawn is not a second one",
        "card",
        "card_id,holder\nX9,P3\nX2,P2\n",
        says=('"rows_added": 1', '"withdrawn_left_out": 1'),
    ),
    _extend(
        "a site that only the withdrawn had",
        "patient",
        "patient_id,sex,passport,site_id\nP4,M,D,3\n",
        says=('"rows_added": 1', '"withdrawn_left_out": 0'),
        stored={
            "extract fields study --fields patient.patient_id,site.city": [
                "patient.patient_id,site.city",
                "P1,Turin",
                "P2,Uppsala",
                "P4,Ghent",
            ]
        },
    ),
    _extend(
        "new fields with a row of the withdrawn",
        "patient",
        "patient_id,risk\nP1,0.5\nP3,0.7\n",
        "--mode",
        "fields",
        says=('"rows_matched": 1', '"rows_missing": 1', '"withdrawn_left_out": 1', ONE),
        stored={
            "extract fields study --fields patient.patient_id,patient.risk": [
                "patient.patient_id,patient.risk",
                "P1,0.5",
                "P2,",
            ]
        },
        on_spark=True,
    ),
    _extend(
        "a dry run of new fields with a row of the withdrawn",
        "patient",
        "patient_id,risk\nP1,0.5\nP3,0.7\n",
        "--dry-run",
        says=('"rows_matched": 1', '"rows_missing": 1', '"withdrawn_left_out": 1', ONE),
    ),
    _extend(
        "new fields of a key that never was",
        "patient",
        "patient_id,risk\nP1,1\nP9,1\n",
        "--mode",
        "fields",
        code=12,
    ),
    _extend(
        "new fields of visits, some hidden",
        "visit",
        "visit_id,ward\n1,x\n3,y\n",
        "--dry-run",
        says=('"rows_matched": 1', '"rows_missing": 1', '"withdrawn_left_out": 1'),
    ),
    _extend(
        "a new entity of the withdrawn and others",
        "scan",
        "scan_id,patient_id,dose\nS1,P1,1\nS3,P3,3\n",
        "--mode",
        "entity",
        says=('"rows_matched": 1', '"rows_missing": 1', '"withdrawn_left_out": 1', ONE),
        stored={"extract fields study --fields scan.scan_id": ["scan.scan_id", "S1", '""']},
        on_spark=True,
    ),
    _extend(
        "nothing but rows of the withdrawn",
        "visit",
        "visit_id,patient_id,note\n8,P3,x\n",
        says=('"published": []', '"withdrawn_left_out": 1'),
        stored={VISITS: LEFT},
    ),
    _extend(
        "faults in rows of the withdrawn are not told",
        "visit",
        "visit_id,patient_id,note\n5,P1,new\n3,P3,x\n3,P3,y\n",
        says=('"rows_added": 1', '"withdrawn_left_out": 2'),
        hides=("key_unique",),
    ),
    Case(
        name="a load without a withdrawn person and with their visits and labs",
        files={**FILES, "new.csv": "patient_id,sex,passport,site_id\nP1,F,A,1\nP2,M,B,2\n"},
        before=(LOAD, WITHDRAW),
        command=tuple(each.replace("patient=patient.csv", "patient=new.csv") for each in LOAD),
        says=("4 rows of withdrawn people left out",),
        hides=("P3",),
        stored={
            VISITS: LEFT,
            "extract fields study --fields lab.lab_id": ["lab.lab_id", "1", "2"],
        },
        on_spark=True,
    ),
    Case(
        name="a load with visits of somebody who never was",
        files={
            **FILES,
            "new.csv": "patient_id,sex,passport,site_id\nP1,F,A,1\nP2,M,B,2\n",
            "visit.csv": FILES["visit.csv"],
            "more.csv": "visit_id,patient_id,note\n1,P1,a\n2,P2,b\n3,P9,c\n",
        },
        before=(LOAD, WITHDRAW),
        command=tuple(
            each.replace("patient=patient.csv", "patient=new.csv").replace(
                "visit=visit.csv", "visit=more.csv"
            )
            for each in LOAD
        ),
        code=12,
    ),
    Case(
        name="a load in which visits of the withdrawn are not the cause of what is wrong",
        files={
            **FILES,
            "new.csv": "patient_id,sex,passport,site_id\nP1,F,A,1\nP2,M,B,2\n",
            "labs.csv": f"{FILES['lab.csv']}9,99,4.5\n",
        },
        before=(LOAD, WITHDRAW),
        command=tuple(
            each.replace("patient=patient.csv", "patient=new.csv").replace("=lab.csv", "=labs.csv")
            for each in LOAD
        ),
        code=12,
        says=("labs.csv: line 5", "(reference_resolves)"),
        hides=("P3", "the policy left"),
    ),
)
