"""What every verb is asked for that reads files."""

from apollo_spark.model.request import PublishRequest
from apollo_spark.sources.text_options import MissingMarkers


class FileRequest(PublishRequest):
    """The options of every verb that reads files of rows or values.

    Attributes:
        missing: Texts that mean missing.
        policy: The file of the policy.
    """

    missing: MissingMarkers = ("",)
    policy: str | None = None
