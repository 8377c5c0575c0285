"""Every method with `to=` says the type of each answer."""

import inspect
import sys
import typing

import pytest

from apollo_spark.api.assay import Assay
from apollo_spark.api.dataset import Dataset
from apollo_spark.api.entity import EntityHandle

TABLES = {"arrow", "pandas", "spark"}
METHODS = [
    (Dataset.retrieve_fields, TABLES),
    (Dataset.retrieve_entity, TABLES),
    (EntityHandle.retrieve_fields, TABLES),
    (Assay.expression, TABLES),
    (Assay.features, TABLES),
    (Assay.statistics, TABLES),
    (Assay.matrix, {*TABLES, "numpy", "anndata"}),
]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="typing.get_overloads came with 3.11")
@pytest.mark.parametrize(
    ("method", "forms"), METHODS, ids=[each.__qualname__ for each, _ in METHODS]
)
def test_each_form_has_an_overload(method: typing.Any, forms: set[str]) -> None:
    found = {}
    for each in typing.get_overloads(method):
        signature = inspect.signature(each)
        if "to" in signature.parameters:
            (form,) = typing.get_args(signature.parameters["to"].annotation)
            found[form] = signature.return_annotation

    assert found.keys() == forms
    assert len({str(each) for each in found.values()}) == len(forms)
