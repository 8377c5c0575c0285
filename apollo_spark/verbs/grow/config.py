"""Read what a growth does: a YAML file of steps. Everything that is wrong is found at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apollo_spark.errors import ConfigurationError
from apollo_spark.sources.plain_yaml import PlainYamlError, read_plain_yaml
from apollo_spark.sources.regular_files import say_unreadable
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.verbs.grow.keeping import CompactStep, GcStep, RetireStep, VerifyStep
from apollo_spark.verbs.grow.keys import (
    CompactKeys,
    GcKeys,
    Problems,
    RebaseKeys,
    RetireKeys,
    VerifyKeys,
    read_keys,
    read_request,
)
from apollo_spark.verbs.grow.limits import Limits
from apollo_spark.verbs.grow.loading import ExtendStep, LoadStep
from apollo_spark.verbs.grow.merging import MergeStep
from apollo_spark.verbs.grow.moving import RebaseStep
from apollo_spark.verbs.grow.step import Step, name_of

KEYS = ("steps", "limits")
LIMITS = "limits"


@dataclass(frozen=True)
class StepText:
    """A step as it was written.

    Attributes:
        number: Its place, from 1.
        verb: The verb.
        subject: What stands beside the verb.
        values: The other keys.
    """

    number: int
    verb: str
    subject: Any
    values: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where it is, for a message."""
        return f"step {self.number} ({self.verb})"


@dataclass
class GrowthConfig:
    """The steps of a growth, and what is wrong with the file that says them.

    Attributes:
        steps: Those that can be read, by their place, from 1.
        problems: What is wrong.
    """

    steps: dict[int, Step] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_config(path: str) -> GrowthConfig:
    """Read the file of a growth.

    Raises:
        ConfigurationError: It cannot be read, or holds no steps at all.
    """
    try:
        content = read_plain_yaml(Path(path))
    except OSError as wrong:
        why = f"{say_unreadable(wrong)}"
        raise ConfigurationError(f"The file of a growth {path} cannot be read.", why=why) from None
    except PlainYamlError as wrong:
        raise ConfigurationError(f"The file of a growth {path} cannot be read: {wrong}.") from None
    if not isinstance(content, Mapping) or not isinstance(content.get("steps"), list):
        raise ConfigurationError(
            f"{path} does not say what a growth does.", fix="Write 'steps:' and a list below it."
        )
    config = GrowthConfig()
    config.problems += (
        f"{key}: unknown key{did_you_mean(str(key), KEYS)}" for key in content if key not in KEYS
    )
    limits = None
    if content.get(LIMITS) is not None:
        limits = read_keys(Limits, content[LIMITS], Problems(LIMITS, config.problems))
    if not content["steps"]:
        config.problems.append("steps: there are none")
    reader = _StepReader(config, limits)
    for number, each in enumerate(content["steps"], start=1):
        reader.read(number, each)
    return config


class _StepReader:
    """Reads one step after the other."""

    def __init__(self, config: GrowthConfig, limits: Limits | None) -> None:
        self._config = config
        self._limits = limits
        self._grown: list[str] = []
        """The names that steps before load, extend or merge."""
        self._read: dict[str, str] = {}
        """The names that steps before are made of, in small letters, with where that is said."""

    def read(self, number: int, value: Any) -> None:
        """Take a step in, or what is wrong with it."""
        problems = self._config.problems
        if not isinstance(value, Mapping):
            problems.append(f"step {number}: must be a verb with its keys")
            return
        verbs = [each for each in value if each in READERS]
        if len(verbs) != 1:
            problems.append(f"step {number}: {_without_verb(value, verbs)}")
            return
        verb = verbs[0]
        text = StepText(number, verb, value[verb], {k: v for k, v in value.items() if k != verb})
        step = READERS[verb](self, text, Problems(text.place, problems))
        if step is None:
            return
        problems += self._in_order(text, step)
        self._config.steps[number] = step

    def _in_order(self, text: StepText, step: Step) -> Iterator[str]:
        """Yield which names get another version after something was made of them."""
        for each in step.makes:
            if before := self._read.get(name_of(each)):
                yield f"{text.place}: {each} changes after {before} was made of it: put it before"
        for each in step.reads:
            self._read.setdefault(name_of(each), text.place)
        self._grown += (each for each in step.makes if each not in self._grown)

    def load(self, text: StepText, problems: Problems) -> Step | None:
        """Read a load."""
        request = read_request(text.verb, {"name": text.subject}, text.values, problems)
        return None if request is None else LoadStep(request)

    def extend(self, text: StepText, problems: Problems) -> Step | None:
        """Read an extension by clinical files, or by samples of an assay."""
        verb = "extend assay" if "assay" in text.values else "extend"
        request = read_request(verb, {"name": text.subject}, text.values, problems)
        if request is None:
            return None
        if verb == "extend" and not (request.data or request.delete):
            problems.add("data", "what is added is not said")
        return ExtendStep(request)

    def merge(self, text: StepText, problems: Problems) -> Step | None:
        """Read a merge."""
        values = dict(text.values)
        limits = self._limits_of(values.pop(LIMITS, None), problems)
        request = read_request(text.verb, {"as_name": text.subject}, values, problems)
        return None if request is None else MergeStep(request, limits)

    def rebase(self, text: StepText, problems: Problems) -> Step | None:
        """Read what moves along."""
        limits = self._limits_of(text.values.get(LIMITS), problems)
        others = {key: each for key, each in text.values.items() if key != LIMITS}
        keys = read_keys(RebaseKeys, {"rebase": text.subject, **others}, problems)
        if keys is None:
            return None
        if not limits.has_people:
            problems.add(LIMITS, "say how many people a record may lose: lost or lost_share")
        onto = keys.onto or tuple(self._grown)
        if not onto:
            problems.add("onto", "no step before it loads, extends or merges: name what grew")
        return RebaseStep(
            keys.rebase, onto=onto, without=keys.without, field_map=keys.field_map, limits=limits
        )

    def compact(self, text: StepText, problems: Problems) -> Step | None:
        """Read what is put together: by default what steps before it grow."""
        keys = read_keys(CompactKeys, {"compact": text.subject, **text.values}, problems)
        if keys is None:
            return None
        names = keys.compact or tuple(self._grown)
        if not names:
            problems.add("compact", "no step before it loads or extends: name a dataset")
        return CompactStep(names)

    def verify(self, text: StepText, problems: Problems) -> Step | None:
        """Read what is verified: by default everything."""
        keys = read_keys(VerifyKeys, {"verify": text.subject, **text.values}, problems)
        return None if keys is None else VerifyStep(keys.verify, deep=keys.deep)

    def retire(self, text: StepText, problems: Problems) -> Step | None:
        """Read a rule of retention."""
        keys = read_keys(RetireKeys, {"retire": text.subject, **text.values}, problems)
        if keys is None:
            return None
        return RetireStep(keys.retire, keys.keep)

    def gc(self, text: StepText, problems: Problems) -> Step | None:
        """Read a sweep."""
        if text.subject is not None:
            problems.add("gc", "takes no name: it sweeps the lake")
        keys = read_keys(GcKeys, text.values, problems)
        return None if keys is None else GcStep(keys.grace)

    def _limits_of(self, given: Any, problems: Problems) -> Limits:
        """Return the limits of a step, else those of the file."""
        if given is None:
            return self._limits or Limits()
        return read_keys(Limits, given, problems.within(LIMITS)) or Limits(lost=0)


READERS: Mapping[str, Callable[[_StepReader, StepText, Problems], Step | None]] = {
    "load clinical": _StepReader.load,
    "load expression": _StepReader.load,
    "extend": _StepReader.extend,
    "compact": _StepReader.compact,
    "merge clinical": _StepReader.merge,
    "merge assay": _StepReader.merge,
    "rebase": _StepReader.rebase,
    "verify": _StepReader.verify,
    "retire": _StepReader.retire,
    "gc": _StepReader.gc,
}
"""How a step of each verb is read."""


def _without_verb(value: Mapping[Any, Any], verbs: list[str]) -> str:
    if verbs:
        return f"names {' and '.join(verbs)}: a step is one verb"
    hints = (did_you_mean(str(each), READERS) for each in value)
    return f"names none of {', '.join(READERS)}{next(filter(None, hints), '')}"
