"""The filter cases of the original's client: refused and accepted alike, but for a named list."""

import json
from pathlib import Path
from typing import Any

from apollo_spark.assays.expression.request_filter import parse_filter
from apollo_spark.errors import UsageError

# Each is in docs/expression.md under Differences.
NOW_ACCEPTED = {
    "annotation_id_maxitem",
    "sample_id_maxitem_limit",
    "feature_name_101",
    "sample_id_101",
    "large_location_range",
    "range_over_across_chr",
}
NOW_REFUSED = {"expression_empty_dict", "expression_bool_min"}


def is_refused(content: Any) -> bool:
    try:
        parse_filter(content)
    except UsageError:
        return True
    return False


def was_refused(case: dict[str, Any]) -> bool:
    errors = [each.get("error") for each in (case.get("by_schema") or {}).values()]
    return any([case["json_validation_error"], case.get("range_error"), *errors])


def test_filters_are_refused_as_by_the_original_but_for_the_listed_differences(
    shared: Path,
) -> None:
    path = shared / "conformance" / "expression" / "filter_cases.json"
    cases = json.loads(path.read_text())["cases"]

    differing = {each["name"] for each in cases if is_refused(each["input"]) != was_refused(each)}

    assert len(cases) == 48
    assert differing == NOW_ACCEPTED | NOW_REFUSED
    assert {each["name"] for each in cases if is_refused(each["input"])} >= NOW_REFUSED
