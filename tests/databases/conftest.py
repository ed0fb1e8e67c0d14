"""One PostgreSQL server and one Spark cluster for all tests of databases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import engines
import lake as journeys
import pytest
import server
import spark_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def postgres() -> Iterator[server.Postgres]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLW_TEST_PASSWORD", server.PASSWORD)
        with server.running() as running:
            yield running


@pytest.fixture(scope="session")
def spark() -> Iterator[spark_cluster.Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLW_TEST_TOKEN", spark_cluster.TOKEN)
        with spark_cluster.running() as running:
            yield running


@pytest.fixture(scope="session")
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
