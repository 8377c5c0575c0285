"""Extensions of a study by the command line, and all that a lake reads as afterwards."""

import json
from pathlib import Path
from typing import Any

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.tables.layout import MAX_COLUMNS
from apollo_spark.verbs.table import perform
from tests.support.contexts import loading
from tests.support.loading import Rows, answers_of
from tests.support.study import CommandResult, Study

NEW_FIELDS = """\
patient_id,smoker,bmi,seen first,code
P1,yes,21.5,2020-01-01,007
P2,no,,2020-02-01,008
P3,yes,30,,
P4,no,12,2021-01-01,1
"""


def extend(
    study: Study, text: str, *words: object, of: str = "patient", name: str = "study"
) -> CommandResult:
    """Extend a dataset with a file of an entity."""
    path = study.write("added.csv", text)
    return study.ask("extend", name, "--data", f"{of}={path}", *words)


def published(result: CommandResult) -> dict[str, Any]:
    """Return the JSON of a command that published, or found what is there."""
    assert result.code == 0, result.err
    found: dict[str, Any] = result.json
    return found


def rows(study: Study, fields: str, name: str = "study") -> list[str]:
    """Return the rows of an extract, without its header."""
    result = study.ask("extract", "fields", name, "--fields", fields)
    assert result.code == 0, result.err
    return result.out.splitlines()[1:]


def record_of(study: Study, name: str = "study") -> DatasetRecord:
    """Return a record."""
    return open_lake(str(study.lake)).load_record(parse_reference(name))


def everything(lake: Path) -> dict[str, Rows]:
    """Return all rows of every entity of every version, as people read them."""
    entries = open_lake(str(lake)).registry.snapshot().entries
    return {str(each): answers_of(lake, str(each)) for each in entries}


def tables_of(study: Study, entity: str = "patient", name: str = "study") -> list[str]:
    """Return the tables that hold the fields of an entity."""
    found = record_of(study, name).find_entity(entity)
    assert found is not None
    return [each.table for each in found.slices]


def secrets_in(result: CommandResult, *values: str) -> list[str]:
    """Return which values of rows a command said."""
    said = result.err + result.out
    return [each for each in values if each in said]


def describe(study: Study, name: str = "study") -> dict[str, Any]:
    """Return what `apollo show --json` says."""
    found: dict[str, Any] = json.loads(study.ask("show", name, "--json").out)
    return found


def run_extension(
    folder: Path,
    file: Path,
    *,
    of: str = "patient",
    on_step: OnStep = no_step,
    max_columns: int = MAX_COLUMNS,
    **options: Any,
) -> Outcome[Any]:
    """Extend the study in a lake as the command does, watched at every step."""
    lake = open_lake(str(folder))
    request = ClinicalExtension(name="study", data=((of, str(file)),), **options)
    return perform(loading(lake, on_step, max_columns=max_columns), request)
