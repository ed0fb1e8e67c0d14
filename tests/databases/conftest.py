"""All tests in here ask a real database server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.servers import engines
from tests.support.servers import lake as journeys

if TYPE_CHECKING:
    from tests.support.servers import spark_cluster

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="module")
def lake(spark: spark_cluster.Cluster) -> spark_cluster.Cluster:
    """Return the cluster with Journey Optimizer's events in it."""
    journeys.fill(spark)
    return spark


@pytest.fixture(params=["postgresql", "spark"])
def engine(request: pytest.FixtureRequest) -> engines.Engine:
    """Return each engine that can be asked; of those that are not needed none is started."""
    if request.param == "spark":
        return engines.OnSpark(request.getfixturevalue("spark"))
    return engines.OnPostgres(request.getfixturevalue("postgres"))
