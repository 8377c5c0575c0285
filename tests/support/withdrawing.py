"""Take people out of a study through the command line, and ask who is left."""

from pathlib import Path

from tests.support.study import Study, loaded

FIELDS = "patient.patient_id,visit.visit_id"


def study_with_view(folder: Path) -> Study:
    """Load a study twice, and publish a view of its women."""
    study = loaded(folder)
    study.replace("patient.csv", "72", "73")
    assert study.load().code == 0
    words = ("--rows", 'patient.sex = "F"', "--entities", "patient,visit")
    assert study.ask("view", "study", "--as", "women", *words).code == 0
    return study


def withdraw(study: Study, *keys: str, of: str = "study.patient", code: int = 0) -> str:
    """Withdraw people by their keys and return what the command said."""
    file = study.write("gone.csv", "patient_id\n" + "".join(f"{each}\n" for each in keys))
    result = study.ask("withdraw", file, "--of", of, "--apply")
    assert result.code == code, result.err
    return result.err


def rows(study: Study, name: str, fields: str = FIELDS, *more: object) -> list[str]:
    """Return the rows shown."""
    result = study.ask("extract", "fields", name, "--fields", fields, *more)
    assert result.code == 0, result.err
    return result.out.splitlines()[1:]


def alone(study: Study, name: str, field: str) -> list[str]:
    """Return the rows shown."""
    rows(study, name, field, "--per-entity", "--force", "-o", study.folder / "out.csv")
    entity, _, _ = field.partition(".")
    return study.read(f"out.{entity}.csv").splitlines()[1:]
