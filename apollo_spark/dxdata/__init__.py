"""The names of the original's Python library, so that notebooks move over by an import.

    from apollo_spark import dxdata

    engine = dxdata.connect(dialect="hive+pyspark")
    participant = dxdata.load_dataset("study@3")["participant"]
    participant.retrieve_fields(engine=engine, names=["eid", "p31"])

The lake is that of the variable APOLLO_LAKE, or the one that `use_lake` names.
"""

from apollo_spark import __version__ as __version__
from apollo_spark.dxdata.cohort import Cohort as Cohort
from apollo_spark.dxdata.dataset import Dataset as Dataset
from apollo_spark.dxdata.engine import Engine as Engine
from apollo_spark.dxdata.engine import connect as connect
from apollo_spark.dxdata.entity import Entity as Entity
from apollo_spark.dxdata.field import Coding as Coding
from apollo_spark.dxdata.field import Edge as Edge
from apollo_spark.dxdata.field import Field as Field
from apollo_spark.dxdata.loading import load_cohort as load_cohort
from apollo_spark.dxdata.loading import load_dataset as load_dataset
from apollo_spark.dxdata.loading import use_lake as use_lake

__all__ = [
    "Cohort", "Coding", "Dataset", "Edge", "Engine", "Entity", "Field", "__version__", "connect",
    "load_cohort", "load_dataset", "use_lake",
]  # fmt: skip
