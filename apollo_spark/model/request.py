"""What verbs are asked for: the options that several of them have."""

from typing import ClassVar

from apollo_spark.model.base import Record


class VerbRequest(Record):
    """What a verb is asked for; each of its fields is an option of the command."""

    verb: ClassVar[str] = ""
    """The verb that it is for, in the words of the command."""


class ActionRequest(VerbRequest):
    """The options of every verb that changes a lake.

    Attributes:
        dry_run: Whether everything is read and checked, and nothing done.
    """

    dry_run: bool = False

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is done."""
        return self.dry_run


class ApplyRequest(ActionRequest):
    """The options of a verb that only plans where nothing else is said.

    Attributes:
        apply: Whether what is planned is done. With `dry_run` it is not, whatever is said here:
            a job that applies can be tried.
    """

    apply: bool = False

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is done."""
        return self.dry_run or not self.apply


class PublishRequest(ActionRequest):
    """The options that every verb has which publishes.

    Attributes:
        report: The folder of the report; by default one in the lake, where there is a report.
        dry_run: Whether everything is checked, and nothing published.
    """

    report: str | None = None

    @property
    def published_name(self) -> str:
        """The name that is published."""
        raise NotImplementedError


class NamedRequest(PublishRequest):
    """The options of a verb that makes the next version of a name."""

    name: str

    @property
    def published_name(self) -> str:
        """The name that is published."""
        return self.name


class ResultRequest(PublishRequest):
    """The options of a verb that makes a dataset of others."""

    as_name: str

    @property
    def published_name(self) -> str:
        """The name that is published."""
        return self.as_name
