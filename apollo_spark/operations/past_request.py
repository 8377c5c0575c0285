"""What a version keeps of the request that made it, so that it can be asked for again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from apollo_spark.export.dictionary_csv import write_dictionary
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.policy import Policy


@dataclass(frozen=True)
class PastRequest:
    """The request that made a version, as far as the version says it.

    What is not reported is a KeyError with the name of it.

    Attributes:
        lake: Where the version is.
        record: The version.
        scratch: An empty folder, where what the lake holds of the request is written as files.
    """

    lake: Lake
    record: DatasetRecord
    scratch: Path

    @cached_property
    def dictionary(self) -> DataDictionary:
        """The data dictionary of the version."""
        return self.lake.load_dictionary(self.record)

    @property
    def parameters(self) -> dict[str, Any]:
        """The options by name; requests validate what they are given."""
        return dict(self.record.lineage.parameters)

    @property
    def missing(self) -> tuple[str, ...]:
        """What marks a missing value."""
        return tuple(json.loads(self.parameters["missing"]))

    @property
    def policy(self) -> str | None:
        """The path of the policy; None where there was none."""
        policy = Policy.model_validate_json(self.parameters["policy"])
        if not policy.severities:
            return None
        path = self.scratch / "policy.yaml"
        rules = {name: str(severity) for name, severity in policy.severities}
        path.write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
        return str(path)

    def file(self, role: str) -> str | None:
        """Return the first file of a role, or None."""
        return next(iter(self.files(role)), None)

    def files(self, role: str) -> tuple[str, ...]:
        """Return the files of a role, by the names that they were given by."""
        return tuple(each.name for each in self.record.lineage.inputs if each.role == role)

    def described(self, dictionary: DataDictionary) -> Mapping[str, str]:
        """Write a dictionary as the files that a load reads; return their paths by kind."""
        paths = {}
        for name, text in write_dictionary(dictionary).items():
            path = self.scratch / f"{name}.csv"
            path.write_text(text, encoding="utf-8", newline="")
            paths[name] = str(path)
        return paths
