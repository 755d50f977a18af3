"""MLflow's scoring client against endpoints of both runtimes, through the gateway."""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

import numpy
import pandas
import pytest
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

ENDPOINTS = {endpoint["name"]: endpoint for endpoint in json.loads(os.environ["TEST_ENDPOINTS"])}
NAMES = ["iris", "disease-progression"]


def client_of(name: str, token: str | None = None) -> ScoringServerClient:
    """The client knows a host and a port: the token goes in front of the one, the endpoint behind the other."""
    address = urlsplit(ENDPOINTS[name]["url"])
    password = token or ENDPOINTS[name]["token"]
    return ScoringServerClient(f"mlflow:{password}@{address.hostname}", f"{address.port}{address.path}")


def example_of(name: str) -> dict[str, Any]:
    return ENDPOINTS[name]["exampleRequest"]["inputs"]


@pytest.mark.parametrize("name", NAMES)
def test_the_client_works_unmodified(name: str) -> None:
    client, example = client_of(name), example_of(name)
    client.wait_server_ready(timeout=60)
    assert re.fullmatch(r"\d+\.\d+\.\d+", client.get_version())
    lines = pandas.DataFrame([example, example])
    predictions = client.invoke(lines).get_predictions()
    assert isinstance(predictions, pandas.DataFrame) and len(predictions) == 2
    for same in (
        lines[reversed(lines.columns)].assign(row=[1, 2]),
        numpy.array([list(example.values())] * 2),
        [list(example.values())] * 2,
        {"dataframe_records": [example] * 2},
        {"instances": [example] * 2},
        {"inputs": {column: [value, value] for column, value in example.items()}},
    ):
        # Dictionaries are sent as they are where they are text.
        data = json.dumps(same) if isinstance(same, dict) else same
        assert client.invoke(data, params={"any": 1}).get_predictions().equals(predictions)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_refused_says_why(name: str) -> None:
    column, *_ = example_of(name)
    with pytest.raises(Exception, match=rf"400.*BAD_REQUEST.*inputs\[0\].{column} must be a number, not string"):
        client_of(name).invoke(pandas.DataFrame([{**example_of(name), column: "much"}]))
    with pytest.raises(Exception, match=r"401.*UNAUTHENTICATED.*not known"):
        client_of(name, "mpe_wrong").invoke(pandas.DataFrame([example_of(name)]))
    with pytest.raises(Exception, match="ping failed .*401"):
        client_of(name, "mpe_wrong").ping()
