"""A small good study on disk, and the command line run on it in this process."""

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apollo_spark.cli.main import run
from tests.support.watching import LISTENER

DICTIONARY = """\
entity,name,type,primary_key_type,coding_name,concept,description,folder_path,is_multi_select,is_sparse_coding,linkout,longitudinal_axis_type,referenced_entity_field,relationship,title,units
patient,patient_id,string,global,,,,,,,,,,,Patient,
patient,sex,string,,sex,,,,,,,,,,Sex,
patient,born,date,,,,,,,,,,,,Date of birth,
patient,weight,float,,,,,,,,,,,,Weight,kg
patient,smokes,integer,,answer,,,,,yes,,,,,Cigarettes a day,
patient,site_id,integer,,,,,,,,,,site:site_id,many_to_one,Site,
visit,visit_id,integer,local,,,,,,,,,,,Visit,
visit,patient_id,string,,,,,,,,,,patient:patient_id,many_to_one,Patient,
visit,seen,datetime,,,,,,,,,,,,Seen at,
visit,symptoms,string,,symptom,,,,yes,,,,,,Symptoms,
visit,note,string,,,,,,,,,,,,Note,
site,site_id,integer,local,,,,,,,,,,,Site,
site,city,string,,,,,,,,,,,,City,
passport,passport_id,string,local,,,,,,,,,,,Passport,
passport,holder,string,,,,,,,,,,patient:patient_id,one_to_one,Holder,
"""
CODINGS = """\
coding_name,code,meaning,concept,display_order,parent_code
sex,F,Female,,1,
sex,M,Male,,2,
answer,-1,Did not answer,,1,
symptom,R,Respiratory,,1,
symptom,R1,Cough,,2,R
symptom,R2,Wheeze,,3,R
"""
ENTITIES = """\
entity,entity_title,entity_description,entity_label_plural,entity_label_singular
patient,Patients,People in the study,Patients,Patient
"""
PATIENTS = """\
patient_id,sex,born,weight,smokes,site_id
P1,F,1961-05-04,61.5,0,1
P2,M,1957-11-30,,-1,2
P3,F,1970-01-01,72,20,1
P4,,1944-02-29,58.25,,
"""
VISITS = '''\
visit_id,patient_id,seen,symptoms,note
1,P1,2020-01-02 10:00:00,R1|R2,"first
line, and ""second"""
2,P1,2020-02-03T09:30:00Z,R1,
3,P2,2020-03-04 08:15:00.5,,plain
4,P3,2021-12-31 23:59:59+02:00,R,
'''
SITES = """\
site_id,city
1,Uppsala
2,Turin
"""
PASSPORTS = """\
passport_id,holder
X1,P1
X2,P2
"""
LOCAL_SETTINGS = Path(__file__).with_name("local.yaml")


@dataclass(frozen=True)
class CommandResult:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        return json.loads(self.out)

    @property
    def last_line(self) -> str:
        """The last line of stdout."""
        return self.out.strip().splitlines()[-1]


def apollo(*arguments: object) -> CommandResult:
    """Run the command line in this process, with the local runner."""
    out, err = _Captured(io.BytesIO(), "utf-8"), _Captured(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        words = [str(each) for each in ("--conf", LOCAL_SETTINGS, *arguments)]
        code = run(words, on_step=LISTENER.get())
    return CommandResult(code=code, out=out.text, err=err.text)


class _Captured(io.TextIOWrapper):
    """A text stream in memory, with the bytes beneath it, as standard output has."""

    @property
    def text(self) -> str:
        """What was written."""
        self.flush()
        return bytes(self.buffer.getvalue()).decode()


class Study:
    """The files of a study in a folder; every test changes what it is about."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = folder / "lake"
        self.report = folder / "report"
        self.data = ["patient=patient.csv", "visit=visit.csv", "site=site.csv"]
        self.data.append("passport=passport.csv")
        for name, text in (
            ("data_dictionary.csv", DICTIONARY),
            ("codings.csv", CODINGS),
            ("entity_dictionary.csv", ENTITIES),
            ("patient.csv", PATIENTS),
            ("visit.csv", VISITS),
            ("site.csv", SITES),
            ("passport.csv", PASSPORTS),
        ):
            self.write(name, text)

    @classmethod
    def reopen(cls, folder: Path, *, lake: Path, data: list[str]) -> "Study":
        """Return a study whose files are there already, with a lake of its own."""
        study = cls.__new__(cls)
        study.folder, study.lake, study.report, study.data = folder, lake, folder / "report", data
        return study

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file of the study."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        """Read one file of the study."""
        return (self.folder / name).read_bytes().decode()

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one file: the old text must be in it."""
        text = self.read(name)
        assert old in text, f"{old!r} is not in {name}"
        self.write(name, text.replace(old, new))

    def load_words(self, *more: object, name: str = "study") -> list[object]:
        """Return the words of the load command."""
        words: list[object] = ["--lake", self.lake, "load", "clinical", name]
        for option, file in (
            ("--dictionary", "data_dictionary.csv"),
            ("--codings", "codings.csv"),
            ("--entities", "entity_dictionary.csv"),
        ):
            words += [option, self.folder / file]
        for each in self.data:
            entity, _, file = each.partition("=")
            words += ["--data", f"{entity}={self.folder / file}"]
        return [*words, *more]

    def load(self, *more: object, name: str = "study") -> CommandResult:
        """Load the study with the local runner."""
        return apollo(*self.load_words(*more, name=name))

    def ask(self, *words: object) -> CommandResult:
        """Run another command on the study's lake."""
        return apollo("--lake", self.lake, *words)

    def rows(self, fields: str, *more: object, name: str = "study") -> list[str]:
        """Return the lines of fields of a dataset, the header first."""
        result = self.ask("extract", "fields", name, "--fields", fields, *more)
        assert result.code == 0, result.err
        return result.out.splitlines()

    def findings(self) -> list[dict[str, Any]]:
        """Return the findings of the report in the report folder."""
        report = json.loads(next(self.report.rglob("*.json")).read_text())
        found: list[dict[str, Any]] = report["findings"]
        return found


_MADE: "dict[Callable[[Path], Study], Study]" = {}
_PLACE = TemporaryDirectory(prefix="apollo-studies-")


def prepared(make: Callable[[Path], Study], folder: Path) -> Study:
    """Return a copy, in a folder of the test's own, of a study that is made once a run.

    For tests that begin with a lake and are not about how it came to be. Its records name the
    files of the study that was made, not those of the copy.

    Args:
        make: Makes the study, with its lake, in a folder.
        folder: That of the copy.
    """
    if make not in _MADE:
        place = Path(_PLACE.name) / str(len(_MADE))
        place.mkdir()
        _MADE[make] = make(place)
    made = _MADE[make]
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    return Study.reopen(folder, lake=folder / "lake", data=[*made.data])


def loaded(folder: Path) -> Study:
    """Make the study and load it."""
    study = Study(folder)
    assert study.load().code == 0
    return study


def loaded_twice(folder: Path) -> Study:
    """Make the study and load two versions: somebody weighs more in the second."""
    study = loaded(folder)
    study.replace("patient.csv", "61.5", "62.5")
    assert study.load().last_line == "study@2"
    return study
