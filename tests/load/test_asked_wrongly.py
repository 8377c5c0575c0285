"""Commands and calls that mean nothing, each refused with a message that says what does."""

from collections.abc import Callable
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.api.lake import ApolloLake
from tests.support.study import Study

SAMPLES = "entity,name,type,primary_key_type\nsample,sample_id,string,global\nsample,sex,string,\n"
FILES = {
    "rna.csv": "feature_id,P1,P2\nENSG00000000001,1,5\n",
    "sexes.csv": "patient_id,sex\nP1,M\n",
    "bmi.csv": "patient_id,bmi\nP1,20\n",
    "no_key.csv": "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
    "ward,ward_id,string,global,,\nstay,ward_id,string,,ward:ward_id,many_to_one\n"
    "stay,days,integer,,,\n",
    "ward.csv": "ward_id\nW1\n",
    "stay.csv": "ward_id,days\nW1,3\n",
    "letters.csv": "site_id\nx\n",
    "latin.txt": b"patient.sex\xff",
    "latin.json": b'{"a": "\xff"}',
    "twice.json": '{"features": ["A"], "features": ["B"]}',
    "deep.json": "[" * 100_000 + "]" * 100_000,
    "latin.csv": b"patient_id\n\xff\n",
    "fields.csv": SAMPLES,
    "sample.csv": "sample_id,sex\nP1,F\nP2,M\n",
    "link.csv": "sample,patient\nP1,P1\nP2,P2\n",
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A lake of a study, a view, assays with and without fields of samples, and a merge."""
    study = Study(tmp_path_factory.mktemp("asked"))
    for name, content in FILES.items():
        study.write(name, content)
    assert study.load().code == 0
    words = "load expression {} --assay rna --unit count --source rna.csv"
    own = " --dictionary fields.csv --data sample=sample.csv"
    merge = "merge assay {} study --as {} --assay rna --link-file link.csv"
    for each in (
        words.format("rna"), words.format("own") + own,
        merge.format("own", "both"), "view study --as part --fields patient.sex",
        "load clinical stay --dictionary no_key.csv --data ward=ward.csv --data stay=stay.csv",
    ):  # fmt: skip
        result = ask(study, each)
        assert result[0] == 0, (each, result)
    return study


def ask(study: Study, words: str) -> tuple[int, str]:
    """Run a command; names of files stand for those of the study's folder."""
    placed = []
    for word in words.split():
        head, equals, tail = word.rpartition("=")
        is_file = tail in FILES
        placed.append(f"{head}{equals}{study.folder / tail}" if is_file else word)
    result = study.ask(*placed)
    return result.code, result.out + result.err


OWN = "merge assay own study --as x --assay rna --link-file link.csv"
BMI = "extend study --data patient=bmi.csv"
COMMANDS = {
    "show studi": (13, "Did you mean 'study'?"),
    "show xyz": (13, "There is no 'xyz' in the lake. apollo list shows"),
    "show study@9": (13, "There is no study@9 in the lake."),
    "show study@x": (2, "names no version. After '@' comes"),
    "fields study (": (2, "is not a valid regular expression. As a regular expression:"),
    "profile study patient.seks": (13, "No field matches 'patient.seks' (did you mean"),
    "profile study (": (2, "is not a valid regular expression. As a regular expression:"),
    "view study --as 1x": (2, "cannot be the name of a dataset."),
    "retire study": (2, "does not say which version to retire."),
    "rebase": (2, "No record is named."),
    "rebase part": (2, "Nothing is named to move to."),
    "rebase part --onto rna@1": (14, "Its main entity is"),
    "rebase rna --onto study@1": (2, "was loaded from files: it is made from no other dataset."),
    "rebase part --undo part@1": (2, "--undo takes one version and nothing else."),
    "rebase --undo part@1": (2, "was not made by a rebase: there is nothing to undo."),
    "extend study": (2, "What is added is not said."),
    f"{BMI} --codings fields.csv": (2, "Codings without a dictionary describe nothing."),
    f"{BMI} --no-codings --codings-of bmi": (2, "--no-codings and --codings-of do not go"),
    f"{BMI} --no-codings --dictionary no_key.csv": (2, "and --dictionary do not go together."),
    f"{BMI} --mode rows --no-codings": (2, "Their fields are known."),
    "extend study --data patien=bmi.csv --mode fields": (13, "has no entity 'patien'"),
    "extend stay --data stay=stay.csv --mode fields": (2, "The rows of entity 'stay' have no key."),
    "extend study --mode rows --data patient=bmi.csv --dictionary fields.csv": (
        2, "A dictionary says nothing about rows of an entity that is there.",
    ),
    "extend part --mode rows --data patient=sexes.csv": (14, "does not own rows of 'patient'."),
    "extend study --mode rows --data patient=sexes.csv --as x": (
        14, "They would go to tables of another dataset.",
    ),
    "extract fields study --fields ,": (2, "No field is asked for."),
    "extract fields study --fields latin.txt": (2, "The list of fields "),
    "extract fields study --fields patient.sex,site.city --per-entity": (
        2, "One file for each entity cannot go to standard output.",
    ),
    "extract expression rna --matrix --sql": (2, "A matrix cannot be printed as SQL."),
    "extract expression study": (13, "has no expression assay."),
    "extract expression rna --assay dna": (13, "has no assay 'dna'. It has rna."),
    "extract expression rna --filter-json gone.json": (13, "There is no filter file "),
    "extract expression rna --filter-json latin.json": (2, "The filter file "),
    "rebase part --onto study@1 --map latin.csv": (10, "The file of new names"),
    "extract expression rna --filter-json twice.json": (2, "A key occurs twice in one object."),
    "extract expression rna --filter-json deep.json": (2, "are nested too deeply."),
    'extract expression rna --filter-json {"x":1}': (2, "The filter cannot be used:"),
    "extract sql study --dialect oracle": (2, "The dialect is one of"),
    "extract sql study --grant x --dialect spark": (
        2, "Spark has no grants. Use --dialect databricks.",
    ),
    "load expression x --assay rna --unit count --source rna.csv --format bam": (
        2, "is not a format. Formats are",
    ),
    "load expression x --assay rna --unit count --source rna.csv --dictionary fields.csv": (
        2, "Fields of samples need a dictionary and a table.",
    ),
    "load expression x --assay rna --unit count --source rna.csv --sample-columns (": (
        2, "--sample-columns is neither a file nor a regular expression.",
    ),
    "load expression x --assay rna --unit count --source rna.csv --no-header --samples A,,B": (
        2, "--samples names a sample without a name.",
    ),
    "merge assay rna study --as x --assay dna": (13, "has no assay 'dna'"),
    f"{OWN} --sample-fields sex --no-sample-fields": (
        2, "--sample-fields and --no-sample-fields exclude each other.",
    ),
    f"{OWN} --sample-fields zzz": (13, "They have sex"),
    "merge clinical study stay --as x --link patient": (2, "is not a link. Write SOURCE_ENTITY"),
    "merge assay rna study --as x --assay rna --link patient": (
        2, "names no field. Write a field as ENTITY.FIELD.",
    ),
    "withdraw letters.csv --of study.site": (10, "are not of the type"),
    "withdraw latin.csv --of study.patient": (10, "cannot be read as csv."),
    "withdraw bmi.csv --of study.nobody": (13, "No version of study has an entity 'nobody'."),
    "withdraw stay.csv --of stay.stay": (2, "has no primary key by which rows could be named."),
    "withdraw bmi.csv --of part.patient": (2, "what is made from it follows."),
    "merge assay rna study --as x --assay rna --policy latin.csv": (10, "The policy"),
    "load clinical x --dictionary fields.csv --data sample=sample.csv --policy latin.csv": (
        10, "cannot be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_that_means_nothing_is_refused(study: Study, words: str) -> None:
    code, text = COMMANDS[words]

    found, said = ask(study, words)

    assert (found, text in said) == (code, True), said


Call = Callable[[ApolloLake], Any]
CALLS: dict[str, tuple[Call, type[Exception], str]] = {
    "a name that is not public": (
        lambda _: ap.close_lake, AttributeError, "module 'apollo_spark' has no attribute",
    ),
    "an entity": (
        lambda lake: lake.dataset("study")["stay"], ap.ApolloError, "has no entity 'stay'. It has",
    ),
    "values": (
        lambda lake: lake.dataset("study")["patient"].retrieve_fields(coding_values="x"),
        ap.ApolloError, "coding_values is one of raw, replace, exclude, not 'x'.",
    ),
    "statistics": (
        lambda lake: lake.dataset("rna").assay("rna").statistics("tissue"),
        ap.ApolloError, "Statistics are of 'feature' or 'sample', not of 'tissue'.",
    ),
    "a region": (
        lambda lake: lake.dataset("rna").assay("rna").expression(location="chr1"),
        ap.ApolloError, "is not a genomic region. A place is CHROMOSOME:START-END.",
    ),
    "a region of another kind": (
        lambda lake: lake.dataset("rna").assay("rna").expression(location=[7]),
        ap.ApolloError, "A place is CHROMOSOME:START-END, or (chromosome, start, end).",
    ),
    "a region that ends first": (
        lambda lake: lake.dataset("rna").assay("rna").expression(location="chr1:9-2"),
        ap.ApolloError, "A place ends before it starts: chr1:9-2.",
    ),
    "nothing to extend with": (
        lambda lake: lake.extend("study"), ap.ApolloError, "Nothing is given to extend with.",
    ),
    "a matrix of no assay": (
        lambda lake: lake.dataset("rna").read_assays([]), ap.ApolloError, "No assay is named.",
    ),
    "an address of a file": (
        lambda _: ap.open_lake(__file__), ap.ApolloError, "is not a folder. Give the folder of",
    ),
    "no address": (lambda _: ap.open_lake(""), ap.ApolloError, "The address of the lake is empty."),
    "an address with a pattern": (
        lambda _: ap.open_lake("lakes/{a"), ap.ApolloError, "Readers of Delta tables misread",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_means_nothing_is_refused(study: Study, name: str) -> None:
    call, kind, text = CALLS[name]

    with pytest.raises(kind) as refused:
        call(ap.open_lake(str(study.lake)))

    assert text in str(refused.value)


def test_nothing_was_published_by_what_was_refused(study: Study) -> None:
    found = study.ask("list", "--json").json["records"]
    assert sorted(each["name"] for each in found) == [
        "both", "own", "part", "rna", "stay", "study",
    ]  # fmt: skip
