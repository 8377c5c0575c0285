"""Read a test of a cohort: a YAML file with a few invented rows, and who is meant by them.

```yaml
dictionary: data_dictionary.csv   # with codings and entities; not for a cohort of a lake
rows:
  patient:
    - {patient_id: P1, sex: 1}
    - {patient_id: P2}
  visit:
    - {visit_id: 1, patient_id: P1, fev1_l: 1.8}
in: [P1]
out: [P2]
```
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from apollo_spark.errors import InputFileError, UsageError
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.sources.regular_files import say_unreadable
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.workers.values.code_values import CodeValue, parse_code

FILES = ("dictionary", "codings", "entities")
_KEYS = (*FILES, "rows", "in", "out")
_PLAIN = (str, int, float, date)


@dataclass(frozen=True)
class CohortTest:
    """A test as it is written.

    Attributes:
        name: The file.
        files: The files of the dictionary, those of `FILES` that are named.
        rows: The rows of each entity: the value of each field that is given.
        expected: Whether somebody is meant, by id.
    """

    name: str
    files: Mapping[str, Path]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    expected: Mapping[str, bool]


def read_cohort_test(path: Path) -> CohortTest:
    """Read a test; files that it names are beside it.

    Raises:
        InputFileError: The file cannot be read.
        UsageError: It is not such a file; all that is wrong is listed.
    """
    # Nothing else that asks needs YAML.
    from apollo_spark.sources.plain_yaml import PlainYamlError, read_plain_yaml

    try:
        content = read_plain_yaml(path)
    except OSError as error:
        raise InputFileError(
            f"The test {path.name} cannot be read.", why=say_unreadable(error)
        ) from None
    except PlainYamlError as error:
        raise InputFileError(f"The test {path.name} cannot be read: {error}.") from None
    _refuse(path.name, list(_find_problems(content)))
    files = {each: path.parent / content[each] for each in FILES if content.get(each)}
    expected = {
        _text(each): word == "in" for word in ("in", "out") for each in content.get(word) or ()
    }
    return CohortTest(path.name, files, content["rows"], expected)


@dataclass(frozen=True)
class TypedRows:
    """A test with values of the types of their fields.

    Attributes:
        rows: The rows of every entity.
        keys: The key of each person who is expected, by the id as it is written.
    """

    rows: Mapping[str, list[dict[str, CodeValue | list[CodeValue] | None]]]
    keys: Mapping[str, CodeValue | None]


def typed_rows(test: CohortTest, dictionary: DataDictionary) -> TypedRows:
    """Return the rows and the ids of a test, typed.

    Raises:
        UsageError: A name is not in the dictionary, or a value is not one of its field; all that
            is wrong is listed.
    """
    problems: list[str] = []
    found: dict[str, list[dict[str, Any]]] = {each.name: [] for each in dictionary.entities}
    for name, rows in test.rows.items():
        entity = dictionary.find_entity(name)
        if entity is None:
            hint = did_you_mean(name, list(found))
            problems.append(f"there is no entity {name!r}{hint}")
            continue
        for number, row in enumerate(rows, start=1):
            where = f"{name}, row {number}"
            found[name].append(_typed_row(row, entity, dictionary, where, problems))
    keys = _typed_keys(test, found, dictionary, problems)
    _refuse(test.name, problems)
    return TypedRows(found, keys)


def _typed_keys(
    test: CohortTest,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    dictionary: DataDictionary,
    problems: list[str],
) -> dict[str, CodeValue | None]:
    main = dictionary.find_entity(dictionary.main_entity)
    spec = main.find_field(main.primary_key or "") if main else None
    if main is None or spec is None:
        problems.append("the main entity has no primary key, by which people could be named")
        return {}
    path = f"{main.name}.{spec.name}"
    there = [each.get(spec.name) for each in rows[main.name]]
    if len(set(there)) < len(there):
        problems.append(f"a value of {path} is there twice")
    keys = {each: parse_code(each, spec.type) for each in test.expected}
    for each, key in keys.items():
        if key is None or key not in there:
            problems.append(f"{each!r} is not the {path} of a row")
    return keys


def _typed_row(
    row: Mapping[str, Any],
    entity: Entity,
    dictionary: DataDictionary,
    where: str,
    problems: list[str],
) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in row.items():
        spec = entity.find_field(name)
        if spec is None:
            hint = did_you_mean(name, [each.name for each in entity.fields])
            problems.append(f"{where}: there is no field {entity.name}.{name}{hint}")
        elif value is not None:
            items = value if isinstance(value, list) else [value]
            cells = [_typed(each, spec, dictionary) for each in items]
            if None in cells or (isinstance(value, list) and not spec.is_multi_select):
                problems.append(f"{where}: {entity.name}.{name} cannot have such a value")
            typed[name] = cells if spec.is_multi_select else cells[0] if cells else None
    if entity.primary_key is not None and typed.get(entity.primary_key) is None:
        problems.append(f"{where}: {entity.name}.{entity.primary_key} is missing")
    return typed


def _typed(value: Any, spec: FieldSpec, dictionary: DataDictionary) -> CodeValue | None:
    text = _text(value)
    typed = parse_code(text, spec.type)
    coding = dictionary.find_coding(spec.coding_name)
    is_free = coding is None or not spec.must_be_coded or spec.has_open_coding
    if coding is None or is_free or text in coding.meanings:
        return typed
    return typed if typed in {parse_code(each, spec.type) for each in coding.meanings} else None


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _find_problems(content: Any) -> Iterator[str]:
    """Yield what is wrong with a test, as it was read from YAML."""
    if not isinstance(content, dict):
        yield "the file is not a mapping with 'rows', 'in' and 'out'"
        return
    for key in content:
        if key not in _KEYS:
            yield f"{key!r} is not a key of a test{did_you_mean(str(key), list(_KEYS))}"
    for key in FILES:
        if content.get(key) is not None and not isinstance(content[key], str):
            yield f"{key!r} is not the name of a file"
    yield from _find_row_problems(content.get("rows"))
    people: list[str] = []
    for key in ("in", "out"):
        ids = content.get(key) or []
        if not isinstance(ids, list) or not all(_is_plain(each) for each in ids):
            yield f"{key!r} is not a list of ids"
        else:
            people += map(_text, ids)
    if len(set(people)) < len(people):
        yield "an id is twice in 'in' and 'out'"
    elif not people:
        yield "nobody is named who must be in or out"


def _find_row_problems(rows: Any) -> Iterator[str]:
    if not isinstance(rows, dict) or not rows:
        yield "'rows' is not a mapping of entities with their rows"
        return
    for entity, listed in rows.items():
        if not isinstance(entity, str) or not isinstance(listed, list):
            yield f"{entity}: its rows are not a list"
            continue
        for number, row in enumerate(listed, start=1):
            is_row = isinstance(row, dict) and all(isinstance(each, str) for each in row)
            if not is_row:
                yield f"{entity}, row {number}: it is not a mapping of fields with values"
            elif not all(map(_is_cell, row.values())):
                yield f"{entity}, row {number}: a value is not a text, number or date"


def _is_plain(value: Any) -> bool:
    return isinstance(value, _PLAIN) and not isinstance(value, bool)


def _is_cell(value: Any) -> bool:
    return value is None or all(map(_is_plain, value if isinstance(value, list) else [value]))


def _refuse(name: str, problems: Sequence[str]) -> None:
    if problems:
        listed = "\n".join(f"- {each}" for each in problems)
        raise UsageError(f"The test {name} cannot be used:\n{listed}")
