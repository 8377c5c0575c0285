"""Whatever is asked of a view, nothing that it hides is in the answer: names, rows, parents, files.

One study has a telling word for everything that the view hides; every verb is asked, and what it
prints or writes is searched for the words.
"""

import gzip
import json
import socket
from getpass import getuser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import apollo_spark as ap
from apollo_spark.errors import NotFoundError
from tests.support.study import CommandResult, Study, apollo

HEADER = (
    "entity,name,type,primary_key_type,coding_name,concept,description,folder_path,"
    "is_multi_select,is_sparse_coding,linkout,longitudinal_axis_type,referenced_entity_field,"
    "relationship,title,units\n"
)
DICTIONARY = HEADER + (
    "patient,pid,string,global,,,,,,,,,,,Person,\n"
    "patient,sex,string,,sexes,,,,,,,,,,Sex,\n"
    "patient,hid_score,float,,,,,hid_folder,,,,,,,hid_title,hid_unit\n"
    "patient,hid_kind,string,,hid_coding,,,,,,,,,,Kind,\n"
    "visit,vid,integer,local,,,,,,,,,,,Visit,\n"
    "visit,pid,string,,,,,,,,,,patient:pid,many_to_one,Of,\n"
    "hid_lab,lid,integer,local,,,,,,,,,,,Lab,\n"
    "hid_lab,pid,string,,,,,,,,,,patient:pid,many_to_one,Of,\n"
    "hid_lab,hid_value,float,,,,,,,,,,,,Value,\n"
)
G = ("ENSG00000000001", "ENSG00000000002", "ENSG00000000009")
FILES = {
    "d.csv": DICTIONARY,
    "c.csv": "coding_name,code,meaning,concept,display_order,parent_code\n"
    "sexes,F,Female,,1,\nsexes,M,Male,,2,\nhid_coding,hid_code,hid_meaning,,1,\n",
    "hid_patient.csv": "pid,sex,hid_score,hid_kind\nP1,F,12345.5,hid_code\nP2,F,23456.5,\n"
    "HIDP3,M,1.5,\nHIDP4,M,2.5,hid_code\n",
    "hid_visit.csv": "vid,pid\n1,P1\n2,P2\n777003,HIDP3\n777004,HIDP4\n",
    "hid_lab.csv": "lid,pid,hid_value\n1,P1,2\n2,HIDP3,3\n",
    "hid_rna.tsv": f"gene_id\tS1\tS2\tHIDS3\n{G[0]}\t1\t2\t3\n{G[1]}\t4\t\t6\n{G[2]}\t\t\t7\n",
    "hid_link.csv": "s,p\nS1,P1\nS2,P2\nHIDS3,HIDP3\n",
    "gone.csv": "pid\nHIDP4\n",
    "more.csv": "pid,extra\nP1,1\nP2,2\n",
}
HIDDEN = ("hid_", "HIDP", "HIDS", "77700", "12345.5", "23456.5", G[2], "hospital", "hid_study")
RULE = "patient.hid_score > 5"
FIELDS = "patient.pid,patient.sex,visit.vid"
VIEW_OF_FIELDS = ("--fields", FIELDS)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("view")
    found = Study.reopen(folder, lake=folder / "lake", data=[])
    for name, text in FILES.items():
        found.write(name, text)
    for words in (
        ("load", "clinical", "hid_study", "--dictionary", folder / "d.csv", "--codings",
         folder / "c.csv", "--data", f"patient={folder / 'hid_patient.csv'}", "--data",
         f"visit={folder / 'hid_visit.csv'}", "--data", f"hid_lab={folder / 'hid_lab.csv'}"),
        ("load", "expression", "hid_rna", "--assay", "rna", "--unit", "tpm", "--source",
         folder / "hid_rna.tsv"),
        ("merge", "assay", "hid_rna", "hid_study", "--as", "hid_all", "--assay", "rna",
         "--link-file", folder / "hid_link.csv"),
        ("view", "hid_all", "--as", "women", "--fields", FIELDS, "--rows", RULE, "--assays", "rna"),
        ("view", "hid_all", "--as", "narrow", *VIEW_OF_FIELDS),
        ("view", "hid_study", "--as", "bylab", "--fields", "patient.sex", "--rows",
         "exists(hid_lab: hid_lab.hid_value < 3)"),
        ("withdraw", folder / "gone.csv", "--of", "hid_study.patient", "--apply"),
    ):  # fmt: skip
        done = found.ask(*words)
        assert done.code == 0, done.err
    return found


COMMANDS: tuple[tuple[str, int], ...] = (
    ("show women", 0), ("show women --json", 0), ("show women --pins", 0),
    ("show women --pins --json", 0), ("show narrow --pins --json", 0), ("history women", 0),
    ("history women --json", 0), ("lineage women", 0), ("lineage women --json", 0),
    ("fields women", 0), ("fields women --json", 0), ("verify women --deep", 0),
    ("verify women --json", 0), ("verify bylab", 0), ("trace women patient P1 sex", 0),
    ("trace women patient P1 sex --json", 0), ("trace women patient NOBODY sex", 13),
    ("trace women patient P1 weight", 13), ("diff women women", 0), ("diff women narrow", 0),
    ("extract fields women --fields patient.pid,patient.sex,visit.vid", 0),
    ("extract fields women --fields patient.score", 13),
    ("extract fields women --fields patient.sex --sql", 13),
    ("extract sql women", 13), ("extract sql women --dialect spark", 13),
    ("extract sql bylab", 13), ("extract expression women", 0),
    ("extract expression women --matrix", 0), ("extract expression women --dry-run", 0),
    ("extract expression women --dry-run --json", 0), ("extract expression women --sql", 13),
    ("rebase women --onto narrow@1", 0), ("rebase bylab --onto women@1", 0),
    ("view women --as part --rows patient.score>1 --dry-run", 13),
    ("view women --as part --fields patient.sex --dry-run --json", 0),
    ("retire women@1 --dry-run", 0), ("show women --json --full", 0),
)  # fmt: skip


@pytest.mark.parametrize(("command", "code"), COMMANDS)
def test_no_verb_tells_what_a_view_hides(study: Study, command: str, code: int) -> None:
    found = study.ask(*command.split())

    assert found.code == code, found.err
    if "--full" in command:
        assert "hid_study" in found.out, "the words that are looked for are there to be found"
    else:
        require_nothing_hidden(found.out + found.err)
        assert str(study.lake) not in found.out + found.err


def test_features_of_hidden_samples_are_not_counted(study: Study) -> None:
    (shown,) = study.ask("show", "women", "--json").json["assays"]

    assert (shown["features"], shown["samples"]) == (None, 2)


def test_keys_withdrawn_from_a_view_are_refused_without_its_base(study: Study) -> None:
    found = study.ask("withdraw", study.folder / "gone.csv", "--of", "women.patient")

    assert found.code == 2
    require_nothing_hidden(found.err.replace(str(study.folder), ""))


def test_an_extension_of_a_view_tells_nothing_of_its_base(study: Study) -> None:
    file = study.folder / "more.csv"
    for more in (("--dry-run",), ("--as", "grown")):
        found = study.ask("extend", "women", "--data", f"patient={file}", *more, "--json")
        assert found.code == 0, found.err
        require_nothing_hidden((found.out + found.err).replace(str(study.folder), ""))
    for words in ("show grown --pins --json", "lineage grown", "trace grown patient P1 extra"):
        shown = study.ask(*words.split())
        require_nothing_hidden((shown.out + shown.err).replace(str(study.folder), ""))


def test_a_view_of_fields_alone_still_gets_its_statement(study: Study) -> None:
    found = study.ask("extract", "sql", "narrow", "--dialect", "spark")

    assert found.code == 13 or "CREATE" in found.out
    made = study.ask("view", "hid_rna", "--as", "samples", "--entities", "sample")
    assert made.code == 0
    assert "CREATE OR REPLACE VIEW" in study.ask("extract", "sql", "samples").out
    assert "CREATE" in study.ask("extract", "sql", "women", "--full").out


def test_the_plan_of_a_rebase_tells_neither_the_base_nor_the_rule(study: Study) -> None:
    assert study.ask("view", "hid_study", "--as", "own", "--fields", "patient.sex").code == 0
    found = study.ask("rebase", "own", "--onto", "hid_study@1", "--json")

    assert found.code == 0
    (plan,) = found.json["plans"]
    assert plan["moves"] == [{"before": "", "after": "hid_study@1"}]
    assert (plan["related"], plan["problems"], plan["repairs"]) == (None, [], [])
    full = study.ask("rebase", "own", "--onto", "hid_study@1", "--full", "--json").json
    assert full["plans"][0]["moves"][0]["before"] == "hid_study@1"
    assert full["plans"][0]["related"] == "same tables"


def test_tables_are_told_by_the_names_that_the_view_has_for_them(study: Study) -> None:
    for words in (
        ("merge", "assay", "hid_rna", "hid_study@1", "--as", "hid_named", "--assay", "rna",
         "--name", "shown", "--link-file", study.folder / "hid_link.csv"),
        ("view", "hid_named", "--as", "named", "--entities", "patient", "--assays", "shown"),
    ):  # fmt: skip
        done = study.ask(*words)
        assert done.code == 0, done.err

    pins = study.ask("show", "named", "--pins", "--json").json["pins"]

    assert sorted(each["table"] for each in pins) == [
        "patient", "shown_features", "shown_link", "shown_samples", "shown_tiles_tpm",
    ]  # fmt: skip


def test_a_move_that_is_made_and_undone_tells_nothing_of_where_it_came_from(study: Study) -> None:
    more = study.write("more_patients.csv", "pid,sex,hid_score\nP7,F,1.5\n")
    for words in (
        ("view", "hid_study@1", "--as", "moved", "--fields", "patient.sex"),
        ("extend", "hid_study", "--mode", "rows", "--data", f"patient={more}"),
    ):
        done = study.ask(*words)
        assert done.code == 0, done.err

    moved = study.ask("rebase", "moved", "--onto", "hid_study", "--apply", "--json")
    undone = study.ask("rebase", "--undo", "moved@2", "--json")

    assert (moved.code, undone.code) == (0, 0), moved.err + undone.err
    assert "hid_study@1" not in moved.out + moved.err
    require_nothing_hidden((undone.out + undone.err).replace(str(study.folder), ""))


def test_a_broken_table_of_the_rule_is_told_in_full_only(study: Study, tmp_path: Path) -> None:
    (file,) = (study.lake / "tables" / "hid_study" / "hid_lab").glob("*.parquet")
    kept = tmp_path / "kept"
    file.replace(kept)
    try:
        found = study.ask("verify", "bylab")
        full = study.ask("verify", "bylab", "--full")
    finally:
        kept.replace(file)
    assert (found.code, full.code) == (16, 16)
    require_nothing_hidden(found.out + found.err)
    assert "bylab@1: something that it reads is not as it was published" in found.err
    assert "hid_lab@0" in full.err


def test_python_tells_no_more(study: Study) -> None:
    lake = ap.open_lake(str(study.lake))
    dataset = lake.dataset("women")

    require_nothing_hidden(dataset.record.to_json() + dataset.assay().record.to_json())
    require_nothing_hidden(repr(dataset) + repr(dataset.assay()))
    assert (dataset.record.pins, dataset.record.rules, dataset.record.change) == ((), (), None)
    assay = dataset.assay()
    assert (assay.record.sample_count, assay.record.feature_count) == (2, 2)
    assert dataset.record.assays == (assay.record.as_record(),)
    assert assay.matrix(dry_run=True).stored_bytes is None
    assert assay.features().column("feature_id").to_pylist() == list(G[:2])
    assert assay.statistics().column("feature_id").to_pylist() == list(G[:2])
    with pytest.raises(NotFoundError):
        assay.matrix([G[2]])
    require_nothing_hidden(lake.trace("women", "patient", "P1", "sex").to_json())
    full = lake.dataset("women", full=True).record
    assert full.lineage.parents == ("hid_all@1",)
    assert full.rules[0].text == RULE
    assert lake.trace("women", "patient", "P1", "sex", full=True).table is not None


@pytest.mark.parametrize("name", ["women", "bylab", "narrow"])
def test_a_sealed_copy_holds_no_byte_of_it(
    study: Study, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Names that are in no file by chance.
    monkeypatch.setattr(socket, "gethostname", lambda: "telling-host-name")
    for variable in ("LOGNAME", "USER"):
        monkeypatch.setenv(variable, "telling-account")
    folder = tmp_path / "copy"
    done = study.ask("extract", "sealed", name, "-o", folder, "--json")

    assert done.code == 0, done.err
    require_nothing_hidden(json.dumps(done.json["receipt"]) if name != "narrow" else "")
    maker = (str(tmp_path), str(study.folder), socket.gethostname(), getuser())
    for path in folder.rglob("*"):
        assert not any(word in path.name for word in HIDDEN), path
        if path.is_file():
            text = readable(path)
            found = [word for word in (*(HIDDEN if name != "narrow" else ()), *maker)
                     if word in text]  # fmt: skip
            assert not found, (path, found)
    assert sealed(folder, "verify", "--deep").code == 0
    assert [each.name for each in tmp_path.iterdir()] == ["copy"]


def test_a_sealed_copy_answers_as_the_view(study: Study, tmp_path: Path) -> None:
    assert study.ask("extract", "sealed", "women", "-o", tmp_path / "copy").code == 0
    for words in (
        ("extract", "fields", "women", "--fields", "patient.pid,visit.vid"),
        ("extract", "expression", "women", "--matrix"),
    ):
        assert sealed(tmp_path / "copy", *words).out == study.ask(*words).out


def sealed(folder: Path, *words: str) -> CommandResult:
    result = apollo("--lake", folder, *words)
    assert result.code == 0, result.err
    return result


def readable(path: Path) -> str:
    """Return all that a file says, its columns decompressed and its footer among it."""
    found = path.read_bytes().decode("utf-8", "replace")
    if path.suffix == ".parquet":
        rows: Any = pq.read_table(path)
        found += str(rows.to_pylist()) + str(rows.schema.metadata)
    elif path.suffix == ".gz":
        found += gzip.decompress(path.read_bytes()).decode()
    return found


def require_nothing_hidden(text: str) -> None:
    found = [word for word in HIDDEN if word in text]
    assert not found, (found, text)
