"""Steps of cohorts say how one is made, and nothing that contradicts it."""

import pytest
from pydantic import ValidationError

from apollo_spark.model.cohort import CohortOperation, CohortStep


@pytest.mark.parametrize(
    ("operation", "of", "text", "keys", "said"),
    [
        ("filter", (), None, None, "a cohort by 'filter' has other parts"),
        ("filter", (), "a.b = 1", "ids", "a cohort by 'filter' has other parts"),
        ("union", (0, 1), "a.b = 1", None, "a cohort by 'union' has other parts"),
        ("union", (0,), None, None, "is not made of 1"),
        ("complement", (0, 1), None, None, "is not made of 2"),
        ("ids", (0, 1), None, "ids", "is not made of 2"),
    ],
)
def test_a_step_that_contradicts_itself_is_none(
    operation: str, of: tuple[int, ...], text: str | None, keys: str | None, said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        CohortStep(operation=CohortOperation(operation), of=of, text=text, keys=keys)
