"""What a person asks for who loads expression."""

from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.assays.expression.sources.files.quantifiers import Strand
from apollo_spark.assays.expression.tasks.tiles.spec import OnDuplicate
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.requests.files import FileRequest
from apollo_spark.sources.text_options import Delimiter


class ExpressionFiles(FileRequest):
    """How expression files are read: options of every verb that reads some.

    Attributes:
        sources: Files or folders.
        samples: Names of the samples, in the order of columns or files.
    """

    sources: tuple[str, ...]
    format: str = "auto"
    id_map: str | None = None
    features: str = "refuse"
    on_duplicate: OnDuplicate = "refuse"
    sample_pattern: str | None = None
    sample_columns: str | None = None
    delimiter: Delimiter = None
    no_header: bool = False
    samples: tuple[str, ...] = ()
    strand: Strand = "unstranded"


class ExpressionLoad(ExpressionFiles, NamedRequest):
    """What a person asks for: the options of `apollo load expression`."""

    verb = "load expression"

    assay: str
    unit: str
    annotation: str | None = None
    release: str | None = None
    feature_ids: str = "ensembl"
    dictionary: str | None = None
    codings: str | None = None
    data: tuple[tuple[str, str], ...] = ()
    replace: bool = False

    @property
    def sample_table(self) -> ClinicalLoad | None:
        """The load of the fields of the samples, if they come along."""
        if self.dictionary is None:
            return None
        return ClinicalLoad(
            name=self.name,
            dictionary=self.dictionary,
            codings=self.codings,
            data=self.data,
            missing=self.missing,
            policy=self.policy,
        )


class AssayExtension(ExpressionFiles, NamedRequest):
    """What a person asks for: the options of `apollo extend NAME --assay A`.

    A source is a path, or `UNIT=PATH` where the assay has several units.
    """

    verb = "extend assay"

    assay: str

    def load_of(
        self, assay: ExpressionAssay, unit: str, sources: tuple[str, ...]
    ) -> ExpressionLoad:
        """Return the load that reads the sources of one unit."""
        shared = {name: getattr(self, name) for name in ExpressionFiles.model_fields}
        return ExpressionLoad(
            **{**shared, "sources": sources, "report": None},
            name=self.name,
            assay=assay.name,
            unit=unit,
            feature_ids="any" if assay.feature_id_kind == "any" else "ensembl",
        )
