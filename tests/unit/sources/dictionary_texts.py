"""Data dictionaries as texts, and what reading them gives."""

from pathlib import Path

from apollo_spark.model.findings import Finding
from apollo_spark.sources.dictionary.read import DictionaryReading, read_dictionary

HEADER = "entity,name,type,primary_key_type,coding_name,is_sparse_coding,referenced_entity_field"
SMALL = """\
entity,name,type,primary_key_type,description,title
patient,patient_id,string,global,"two
lines",Patient
patient,age,integer,,"a ""quoted"" word",Age
"""


def read_text(folder: Path, text: str | bytes, name: str = "fields.csv") -> DictionaryReading:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_dictionary(path)


def read_texts(folder: Path, fields: str, codings: str, entities: str = "") -> DictionaryReading:
    paths = [folder / name for name in ("fields.csv", "codings.csv", "entities.csv")]
    for path, text in zip(paths, (fields, codings, entities), strict=True):
        path.write_text(text, encoding="utf-8", newline="")
    return read_dictionary(paths[0], paths[1], paths[2] if entities else None)


def describe(findings: tuple[Finding, ...]) -> list[tuple[str | None, int | None, str, str]]:
    """What people see, without the warning about columns that a short test leaves out."""
    return [
        (each.file and Path(each.file).name, each.line, each.rule, each.message)
        for each in findings
        if each.rule != "dictionary_optional_columns"
    ]
