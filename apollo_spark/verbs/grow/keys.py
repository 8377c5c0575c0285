"""The keys of a step: the options of its verb, and for some steps others beside them."""

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, ValidationError

from apollo_spark.errors import ApolloError
from apollo_spark.model.base import Record
from apollo_spark.sources.patterns import is_pattern, is_there
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.verbs.gc import GRACE_HOURS
from apollo_spark.verbs.grow.retention import Keep
from apollo_spark.verbs.table import request_type

R = TypeVar("R", bound=Record)

SPELLED = {"source": "sources", "schema": "schema_tag"}
"""Keys that are called as the options of the command, and not as the fields of the request."""
NOT_OF_STEPS = frozenset({"dry_run", "as_name", "replace"})
"""Fields of requests that a step does not take: what is published goes on under its name."""
BY_ENTITY = frozenset({"data", "delete"})
PATHS = frozenset({
    "data", "delete", "sources", "dictionary", "codings", "entities", "policy", "id_map",
    "annotation", "link_file", "field_map",
})  # fmt: skip
"""Fields that hold files, which must be there unless they are patterns."""
SAID = {
    "string_type": "must be text; put it into quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "tuple_type": "must be a list",
    "missing": "is missing",
    "too_short": "names nothing",
}
"""What is wrong with a value, by the type of pydantic's error."""

BOUNDS = {"greater_than_equal": ("ge", "least"), "less_than_equal": ("le", "most")}


@dataclass(frozen=True)
class Problems:
    """Where what is wrong with a part of a file is gathered.

    Attributes:
        place: The part.
        found: All that is wrong with the file.
    """

    place: str
    found: list[str]

    def add(self, key: str, what: str) -> None:
        """Take in what is wrong with a key."""
        self.found.append(f"{self.place}: {key}: {what}" if key else f"{self.place}: {what}")

    def within(self, key: str) -> "Problems":
        """Return the same for a part of the part."""
        return Problems(f"{self.place}: {key}", self.found)


def listed(value: Any) -> Any:
    """Return a text as a list of it, a list as a tuple, nothing as none; else the value itself."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _all_as_none(value: Any) -> Any:
    """Return names; `*` is all of them, as where none is named."""
    found = listed(value)
    return () if found == ("*",) else found


Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
OfAll = Annotated[tuple[str, ...], BeforeValidator(_all_as_none)]


class RebaseKeys(Record):
    """The keys of a step that moves records.

    Attributes:
        rebase: The records, as patterns.
        onto: The datasets that grew; none are those of the steps before.
        without: The records that stay, as patterns: the key `except`.
        field_map: A file of new names: the key `map`.
    """

    rebase: Names = Field(min_length=1)
    onto: Names = ()
    without: Names = Field(default=(), alias="except")
    field_map: str | None = Field(default=None, alias="map")


class CompactKeys(Record):
    """The keys of a step that puts small files together."""

    compact: OfAll


class VerifyKeys(Record):
    """The keys of a step that verifies."""

    verify: OfAll
    deep: bool = False


class RetireKeys(Record):
    """The keys of a step that ends versions."""

    retire: Names = Field(min_length=1)
    keep: Keep


class GcKeys(Record):
    """The keys of a step that sweeps."""

    grace: float = Field(default=GRACE_HOURS, ge=0)


def read_keys(model: type[R], values: Any, problems: Problems) -> R | None:
    """Return the keys of a step as a value, or None where something is wrong with them."""
    if not isinstance(values, Mapping):
        problems.add("", "must hold keys with values")
        return None
    before = len(problems.found)
    for key in (each for each in values if not isinstance(each, str)):
        problems.add(str(key), "a key must be text")
    found = _validated(model, {k: v for k, v in values.items() if isinstance(k, str)}, problems)
    if isinstance(found, RebaseKeys) and found.field_map is not None:
        _require_there("map", [found.field_map], problems)
    return found if len(problems.found) == before else None


def keys_of(verb: str) -> dict[str, str]:
    """Return the keys of a step by the fields of its request."""
    spelled = {field: key for key, field in SPELLED.items()}
    fields = request_type(verb).model_fields.keys() - NOT_OF_STEPS
    return {field: spelled.get(field, field) for field in fields}


def read_request(
    verb: str, subject: Mapping[str, Any], values: Mapping[str, Any], problems: Problems
) -> Any:
    """Return the request that a step says, or None where something is wrong with it.

    Args:
        verb: The verb of the request.
        subject: The field that stands beside the verb.
        values: The other keys.
        problems: Where what is wrong is gathered.
    """
    before = len(problems.found)
    wanted = request_type(verb)
    named = {key: field for field, key in keys_of(verb).items() if field not in subject}
    fields: dict[str, Any] = dict(subject)
    for key, value in values.items():
        if key not in named:
            hint = did_you_mean(str(key), named)
            problems.add(str(key), f"unknown key{hint or f' (known are {_sorted(named)})'}")
        elif value is not None:
            field = named[key]
            fields[field] = _as_field(field, wanted.model_fields[field].annotation, value)
            if field in PATHS:
                _require_there(key, _paths(field, fields[field]), problems)
    found = _validated(wanted, fields, problems)
    return found if len(problems.found) == before else None


def _as_field(field: str, annotation: Any, value: Any) -> Any:
    """Return a value of YAML as a field of a request takes it; what is wrong stays as it is."""
    if field in BY_ENTITY:
        if not isinstance(value, Mapping):
            return value
        return tuple((entity, file) for entity, files in value.items() for file in listed(files))
    if not _is_list(annotation):
        return value
    if isinstance(value, str) and field != "sources":
        return tuple(each.strip() for each in value.split(","))
    return listed(value)


def _is_list(annotation: Any) -> bool:
    """Whether a field holds several texts."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        return any(_is_list(each) for each in typing.get_args(annotation))
    return typing.get_origin(annotation) is tuple


def _paths(field: str, value: Any) -> Iterator[str]:
    if field in BY_ENTITY and isinstance(value, tuple):
        yield from (file for _, file in value if isinstance(file, str))
    elif isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in (x for x in value if isinstance(x, str)):
            # `UNIT=PATH` where an assay has several units.
            yield each if is_there(each) else each.rpartition("=")[2]


def _require_there(key: str, paths: Sequence[str] | Iterator[str], problems: Problems) -> None:
    for each in paths:
        if not is_pattern(each) and not is_there(each):
            problems.add(key, f"there is no file or folder {each}")


def _validated(model: type[R], values: Mapping[str, Any], problems: Problems) -> R | None:
    """Return a value of a class, and gather what keeps the values from being one."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as wrong:
        for each in wrong.errors():
            _add_error(model, each, problems)
    except ApolloError as wrong:
        problems.add("", str(wrong))
    return None


def _add_error(model: type[Record], error: Any, problems: Problems) -> None:
    """Say an error of pydantic in our words."""
    first, *rest = map(str, error["loc"]) if error["loc"] else ("",)
    spelled = {field: key for key, field in SPELLED.items()}
    key = ".".join((spelled.get(first, first), *(each for each in rest if not each.isdigit())))
    if error["type"] == "extra_forbidden":
        known = _known_keys(model, first if rest else None)
        hint = did_you_mean(key.rpartition(".")[2], known)
        what = f"unknown key{hint or f' (known are {_sorted(known)})'}"
    elif error["type"].startswith("model"):
        what = "must hold keys with values"
    elif first in BY_ENTITY and not rest:
        what = "must hold entities, each with its files"
    elif error["type"] in BOUNDS:
        bound, word = BOUNDS[error["type"]]
        what = f"must be at {word} {error['ctx'][bound]:g}"
    else:
        what = SAID.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    problems.add(key, what)


def _known_keys(model: type[Record], within: str | None) -> list[str]:
    """Return the keys of a class, or of the value that one of its keys holds."""
    if within:
        inner = model.model_fields[within].annotation
        assert isinstance(inner, type), "only values of a class have keys of their own"
        assert issubclass(inner, Record), "as above"
        model = inner
    return [each.alias or name for name, each in model.model_fields.items()]


def _sorted(names: Any) -> str:
    return ", ".join(sorted(names))
