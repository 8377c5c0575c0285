"""What a person asks for who loads expression."""

from apollo_spark.assays.expression.sources.files.quantifiers import Strand
from apollo_spark.assays.expression.tasks.tiles.spec import OnDuplicate
from apollo_spark.ingest.plan import ClinicalLoad
from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.requests.files import FileRequest
from apollo_spark.sources.text_options import Delimiter


class ExpressionLoad(FileRequest, NamedRequest):
    """What a person asks for: the options of `apollo load expression`."""

    verb = "load expression"

    assay: str
    unit: str
    sources: tuple[str, ...]
    format: str = "auto"
    annotation: str | None = None
    release: str | None = None
    id_map: str | None = None
    feature_ids: str = "ensembl"
    features: str = "refuse"
    on_duplicate: OnDuplicate = "refuse"
    sample_pattern: str | None = None
    sample_columns: str | None = None
    delimiter: Delimiter = None
    no_header: bool = False
    samples: tuple[str, ...] = ()
    strand: Strand = "unstranded"
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
