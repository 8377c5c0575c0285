"""A dataset under the names that notebooks know."""

from collections import OrderedDict
from functools import cached_property
from typing import Any

from apollo_spark.api.assay import Assay
from apollo_spark.api.dataset import Dataset as OpenDataset
from apollo_spark.dxdata.entity import Entity
from apollo_spark.dxdata.field import Edge, edge_of


class Dataset:
    """One version of a dataset.

    Args:
        opened: The version.
    """

    def __init__(self, opened: OpenDataset) -> None:
        self._opened = opened
        self.name = opened.name
        self.entities = [Entity(opened, each) for each in opened.dictionary.entities]
        self.edges: list[Edge] = [edge_of(each) for each in opened.dictionary.tree_relations]
        self.dashboards: dict[str, Any] = {}
        self.primary_dashboard = None
        self.annotations: dict[str, Any] = {}
        self.pheno_geno_link_info = None

    def __repr__(self) -> str:
        """Return the dataset as `name@version`."""
        return repr(self._opened)

    def __getitem__(self, entity: str) -> Entity:
        """Return an entity by name.

        Raises:
            NotFoundError: There is none of that name.
        """
        return self.entities_by_name[self._opened[entity].name]

    @cached_property
    def entities_by_name(self) -> "OrderedDict[str, Entity]":
        """The entities by name, in the order of the dictionary."""
        return OrderedDict((each.name, each) for each in self.entities)

    @property
    def primary_entity(self) -> Entity:
        """The main entity."""
        return self.entities_by_name[self._opened.dictionary.main_entity]

    @property
    def assays(self) -> "OrderedDict[str, Assay]":
        """The expression assays by name."""
        return OrderedDict((each.record.name, each) for each in self._opened.assays)

    @property
    def folders(self) -> list[list[str]]:
        """The folders that fields lie in, each once."""
        paths = (each.folder_path for entity in self.entities for each in entity.fields)
        return [list(each) for each in dict.fromkeys(map(tuple, paths)) if each]
