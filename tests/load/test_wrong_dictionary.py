"""What wrong dictionaries, options, names and storage get, before anything is published."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.jobs.processes import APOLLO, CHECKOUT, finish
from tests.support.loading import versions
from tests.support.secret import (
    SECRET,
    Prepared,
    SecretStudy,
    Wrong,
    file,
    pack,
    picture,
    prepare,
    require_next_load_works,
    require_refused,
    require_untouched,
)
from tests.support.study import LOCAL_SETTINGS, CommandResult, Study
from tests.unit.sources import test_dictionary_rules as dictionary_rules


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def study(prepared: Prepared, tmp_path: Path) -> SecretStudy:
    return prepared.study(tmp_path)


DICTIONARY_DATA = {
    "patient.csv": f"patient_id,sex,weight,hospital_id\n{SECRET},F,61.5,1\n",
    "visit.csv": f"visit_id,patient_id,symptoms\n1,{SECRET},R1|R2\n",
    "hospital.csv": "hospital_id\n1\n",
}
REFUSING = {
    name: swap
    for name, swap in dictionary_rules.DEFECTS.items()
    if dictionary_rules.RULES[name.partition(":")[0]].default == "refuse"
}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with the dictionary of the tests of its rules, loaded once."""
    study = Study(tmp_path_factory.mktemp("hospital"))
    dictionary_rules.read(study.folder)
    for name, text in DICTIONARY_DATA.items():
        study.write(name, text)
    study.data = ["patient=patient.csv", "visit=visit.csv", "hospital=hospital.csv"]
    loaded = study.load()
    assert loaded.code == 0, loaded.err
    return study


@pytest.mark.parametrize("name", list(REFUSING))
def test_a_wrong_dictionary_is_refused_before_anything_is_read(hospital: Study, name: str) -> None:
    dictionary_rules.read(hospital.folder, swap=REFUSING[name])

    refused = hospital.load()

    require_refused(refused, 11, f"({name.partition(':')[0]})", ".csv")
    assert " s  take the lease" not in refused.err
    assert versions(hospital.lake) == ["study@1"]


def with_dictionary(old: str, new: str) -> Callable[[SecretStudy], object]:
    return lambda study: study.replace("data_dictionary.csv", old, new)


CITY = "site,city,string,,,,,,,,,,,,City,\n"
GRAPHS: dict[str, Wrong] = {
    "a cycle": file(
        with_dictionary(CITY, f"{CITY}site,v,integer,,,,,,,,,,visit:visit_id,many_to_one,,\n"),
        "(entity_cycle)", code=11,
    ),
    "a diamond": file(
        with_dictionary(CITY, f"{CITY}site,x,string,,,,,,,,,,passport:passport_id,many_to_one,,\n"),
        "(entity_cycle)", code=11,
    ),
    "an orphan": file(
        with_dictionary(CITY, f"{CITY}island,x,integer,,,,,,,,,,,,,\n"), "(entity_unreachable)",
        "island", code=11,
    ),
    "two global keys": file(
        with_dictionary("visit_id,integer,local", "visit_id,integer,global"), "(key_global)",
        "visit.visit_id", "patient.patient_id", "line 8", code=11,
    ),
    "a name that breaks SQL": file(
        with_dictionary("site,city,", 'site,"x""; DROP TABLE patient; --",'), "(field_name)",
        code=11,
    ),
    "a name that leaves the folder": file(
        with_dictionary("\nsite,", "\n../../site,"), "(entity_name)", code=11
    ),
    "a picture as dictionary": file(
        lambda study: study.write("data_dictionary.csv", picture()), "data_dictionary.csv",
        "(file_not_text)",
    ),
    "a dictionary cut off": file(
        lambda study: pack(study, "data_dictionary.csv", cut=20), "data_dictionary.csv",
        "(file_truncated)",
    ),
    "no dictionary": file(
        lambda study: (study.folder / "data_dictionary.csv").unlink(), "data_dictionary.csv",
        "(file_missing)",
    ),
    "a folder as dictionary": file(
        lambda study: (
            (study.folder / "codings.csv").unlink(), (study.folder / "codings.csv").mkdir(),
        ),
        "codings.csv", "(file_missing)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", GRAPHS.values(), ids=list(GRAPHS))
def test_a_dictionary_that_cannot_be_used_is_refused(
    prepared: Prepared, study: SecretStudy, wrong: Wrong
) -> None:
    wrong.make(study)

    require_refused(study.load(), wrong.code, *wrong.words)

    require_untouched(prepared, study)


@pytest.mark.parametrize(
    ("code", "words", "message"),
    [
        (2, ["--encoding", "klingon"], "'klingon' is not a known encoding"),
        (2, ["--encoding", "idna"], "'idna' is not a known encoding"),
        (2, ["--encoding", "rot13"], "'rot13' is not a known encoding"),
        (2, ["--encodnig", "utf-8"], "--encodnig"),
        (2, ["--data", "site"], "ENTITY=FILE"),
        (10, ["--policy", "none.yaml"], "none.yaml"),
        (2, ["--conf", "none.yaml"], "none.yaml"),
    ],
)
def test_a_wrong_option_is_told(
    prepared: Prepared, study: SecretStudy, code: int, words: list[str], message: str
) -> None:
    require_refused(study.load(*words), code, message)

    require_untouched(prepared, study)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rules: {cell_codes: warn}", "did you mean 'cell_code'"),
        ("rules: {quoting: quarantine}", "quoting"),
        ("rules: [", "not YAML"),
    ],
)
def test_a_wrong_policy_is_refused(
    prepared: Prepared, study: SecretStudy, text: str, message: str
) -> None:
    policy = study.write("policy.yaml", text)

    require_refused(study.load("--policy", policy), 11, "policy.yaml", message, "policy_rule")

    require_untouched(prepared, study)


@pytest.mark.parametrize(
    "name", ["../study", "a/b", "..", "", "a;drop table b", 'a"b', "a`b", "a\nb", "-x", "a" * 256]
)
def test_a_name_made_to_leave_the_folder_is_refused(
    prepared: Prepared, study: SecretStudy, name: str
) -> None:
    before = {path.name for path in study.folder.iterdir()}

    assert study.load("--", name=name).code == 2

    assert {path.name for path in study.folder.iterdir()} == before
    require_untouched(prepared, study)


def test_a_lake_that_is_not_told_or_is_a_file_is_refused(
    study: SecretStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APOLLO_LAKE", raising=False)
    study.lake = study.write("no lake", "text")
    require_refused(study.load(), 2, "no lake is not a folder")

    study.lake = study.folder / "no lake" / "deeper"
    require_refused(study.load(), 15, "Not a directory")

    study.lake = Path("s3://bucket/lake")
    require_refused(study.load(), 2, "s3")


def test_a_report_that_cannot_be_written_refuses_the_load(
    prepared: Prepared, study: SecretStudy
) -> None:
    study.write("taken", "text")

    require_refused(study.load("--report", study.folder / "taken"), 15, "taken", "File exists")

    require_untouched(prepared, study)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable or read-only for root")
def test_what_may_not_be_read_or_written_is_told(prepared: Prepared, study: SecretStudy) -> None:
    (study.folder / "visit.csv").chmod(0)
    require_refused(study.load(), 10, "visit.csv")
    (study.folder / "visit.csv").chmod(0o600)
    require_untouched(prepared, study)

    folders = [study.lake, *(each for each in study.lake.rglob("*") if each.is_dir())]
    for each in folders:
        each.chmod(0o500)
    require_refused(study.load(), 15)
    for each in folders:
        each.chmod(0o700)
    require_untouched(prepared, study)
    require_next_load_works(study)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory, for who may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2500k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_and_a_read_only_one_are_told(
    prepared: Prepared, small_disk: Path, tmp_path: Path
) -> None:
    study = SecretStudy(tmp_path)
    study.next_version()
    study.lake = small_disk / "lake"
    shutil.copytree(prepared.lake, study.lake)

    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    require_refused(study.load(), 15, "Read-only file system")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    require_untouched(prepared, study)

    filler = small_disk / "filler"
    with contextlib.suppress(OSError):
        filler.write_bytes(bytes(4_000_000))
    # A process of its own: nobody is left to hold the lease that cannot be given back.
    full = finish([*APOLLO, "--conf", LOCAL_SETTINGS, *study.load_words()], folder=CHECKOUT)
    require_refused(CommandResult(full.code, full.out, full.err), 15, "No space left on device")
    filler.unlink()
    require_untouched(prepared, study)
    require_next_load_works(study)
