"""A study with two cohorts, `women` and `listed`, and the words that make and ask others."""

from pathlib import Path

from tests.support.study import CommandResult, Study

WOMEN = 'patient.sex = "F" and patient.weight > 60'


def two_cohorts(folder: Path) -> Study:
    """Load the study and make the cohorts, in a folder."""
    study = Study(folder)
    assert study.load().code == 0
    study.write("ids.txt", "P2\r\nP1\nP2\n")
    study.write("unknown.txt", "P1\nP9\nP8\n")
    made(study, "create", "women", "--from", "study", "--filter", WOMEN)
    made(study, "create", "listed", "--from", "study", "--ids", study.folder / "ids.txt")
    return study


def made(study: Study, verb: str, *words: object) -> CommandResult:
    """Run a verb of cohorts, which must be done."""
    result = study.ask("cohort", verb, *words)
    assert result.code == 0, result.err
    return result


def ids(study: Study, name: str) -> list[str]:
    """Return the ids of the people of a cohort."""
    return made(study, "ids", name).out.splitlines()
