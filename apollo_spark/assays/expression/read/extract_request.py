"""What is asked of `apollo extract expression`, and whether it has a meaning."""

from apollo_spark.assays.expression.query import ADDITIONAL_FIELDS
from apollo_spark.assays.expression.read.people_fields import FieldChoice, field_choice
from apollo_spark.assays.expression.read.rows import is_anndata, is_mudata
from apollo_spark.assays.expression.request_filter import ExpressionFilter, parse_filter_text
from apollo_spark.errors import UsageError
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.field_lists import read_field_list, read_wide_list
from apollo_spark.sources.option_text import read_json_option
from apollo_spark.sources.suggest import did_you_mean


class ExtractExpressionRequest(VerbRequest):
    """What a person asks for: the options of `apollo extract expression`."""

    verb = "extract expression"

    name: str
    assay: str | None = None
    unit: str | None = None
    filter_json: str | None = None
    matrix: bool = False
    additional_fields: str | None = None
    output: str | None = None
    force: bool = False
    cohort: str | None = None
    filter: str | None = None
    sql: bool = False
    full: bool = False
    dry_run: bool = False
    fields: str | None = None
    wide: str | None = None
    match: str | None = None

    @property
    def is_annotated(self) -> bool:
        """Whether the file has fields of samples and features beside the values."""
        return self.output is not None and (is_anndata(self.output) or is_mudata(self.output))

    @property
    def is_matrix(self) -> bool:
        """Whether a matrix is written: such a file holds nothing else."""
        return self.matrix or self.is_annotated


def read_people_choice(request: ExtractExpressionRequest) -> FieldChoice | None:
    """Return the fields of people that are asked for beside the values.

    Raises:
        UsageError: The file holds none.
    """
    fields = () if request.fields is None else read_field_list(request.fields)
    return field_choice(fields, read_wide_list(request.wide), is_held=request.is_annotated)


def read_additional_fields(text: str | None) -> tuple[str, ...]:
    """Read `a,b`, `a b` or `a, b`, and return the fields in the order of the output.

    Raises:
        UsageError: A name is none of the additional fields; all such names are listed.
    """
    asked = (text or "").replace(",", " ").split()
    unknown = [each for each in asked if each not in ADDITIONAL_FIELDS]
    if unknown:
        lines = [f"  {each}{did_you_mean(each, ADDITIONAL_FIELDS)}" for each in unknown]
        raise UsageError(
            "\n".join(["These are not additional fields:", *lines]),
            fix=f"There are {', '.join(ADDITIONAL_FIELDS)}.",
        )
    return tuple(each for each in ADDITIONAL_FIELDS if each in asked)


def read_filter(option: str | None) -> ExpressionFilter:
    """Return the filter on features, samples and values; without one everything is asked for."""
    if option is None:
        return ExpressionFilter()
    return parse_filter_text(read_json_option(option, "filter"))


def check_form(
    request: ExtractExpressionRequest, asked: ExpressionFilter, additional: tuple[str, ...]
) -> None:
    """Refuse what a matrix cannot have.

    Raises:
        UsageError: It is asked for.
    """
    if request.match is not None and not is_mudata(request.output or ""):
        raise UsageError(
            "Samples of several assays are matched in MuData alone.", fix="Write a file .h5mu."
        )
    if not request.is_matrix:
        return
    wrong = []
    if (asked.min_value, asked.max_value) != (None, None):
        wrong.append("a filter on expression values")
    if additional:
        wrong.append("additional fields")
    if wrong:
        raise UsageError(
            f"A matrix cannot have {' and '.join(wrong)}.", fix="Leave them or --matrix out."
        )
