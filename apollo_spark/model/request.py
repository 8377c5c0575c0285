"""What every verb that publishes is asked for."""

from typing import ClassVar

from apollo_spark.model.base import Record


class PublishRequest(Record):
    """The options that every verb has which publishes.

    Attributes:
        report: The folder of the report; by default one in the lake, where there is a report.
        dry_run: Whether everything is checked, and nothing published.
    """

    verb: ClassVar[str] = ""
    """The verb that it is for, in the words of the command."""

    report: str | None = None
    dry_run: bool = False

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
