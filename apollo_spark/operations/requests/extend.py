"""What a person asks for who extends a dataset with clinical files."""

from typing import Literal

from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.requests.files import FileRequest
from apollo_spark.sources.inference.categories import Categories
from apollo_spark.sources.text_options import Delimiter, Encoding

ClinicalMode = Literal["fields", "rows", "entity"]


class ClinicalExtension(FileRequest, NamedRequest):
    """The options of `apollo extend NAME --data ENTITY=FILE`.

    Attributes:
        name: The dataset that is extended: `NAME` or `NAME@VERSION`.
        data: Entity and file or folder of each `--data`.
        delete: Entity and file of keys of each `--delete`.
        dictionary: The data dictionary of what is added; None infers it.
        codings: The codings of the dictionary.
        no_codings: Whether what is inferred has no codings.
        codings_of: The columns whose values are codes, and no others; None infers which are.
        mode: What is added; None lets the files tell.
        as_name: The name that the result is published under; None is the dataset's own.
        policy: What refuses, quarantines or warns.
        report: Folder of the validation report.
        missing: Texts that mean missing; the empty cell always does.
        encoding: Encoding of the data files.
        delimiter: What separates the cells of data files; None looks at each file.
        dry_run: Check everything, write nothing to the lake.
    """

    verb = "extend"

    data: tuple[tuple[str, str], ...] = ()
    delete: tuple[tuple[str, str], ...] = ()
    dictionary: str | None = None
    codings: str | None = None
    no_codings: bool = False
    codings_of: tuple[str, ...] | None = None
    mode: ClinicalMode | None = None
    as_name: str | None = None
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = None

    @property
    def categories(self) -> Categories:
        """What is said about categories."""
        return Categories(() if self.no_codings else self.codings_of)

    @property
    def is_copy(self) -> bool:
        """Whether the result is published under another name than the dataset's own."""
        own = self.name.partition("@")[0]
        return self.as_name is not None and self.as_name.lower() != own.lower()

    @property
    def published_name(self) -> str:
        """The name that the result is published under."""
        return self.as_name if self.is_copy and self.as_name else self.name.partition("@")[0]
