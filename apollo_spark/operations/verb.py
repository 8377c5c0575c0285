"""Where a verb is."""

from typing import NamedTuple


class Verb(NamedTuple):
    """A verb that makes a version: it is imported when it is used.

    Attributes:
        module: The module of both.
        operation: The class of what it does.
        request: The class of what it is asked for.
    """

    module: str
    operation: str
    request: str
