"""The platform that the tests speak to, and what they register in it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

#: All that the default schema asks for, as tags of a version.
METADATA = {
    "metadata.purpose": "Tells species of iris by their measures",
    "metadata.audience": "Visitors of the greenhouse",
    "metadata.method": "Logistic regression",
    "metadata.data.sources": "Herbarium, Greenhouse",
    "metadata.data.personalData": "none",
    "metadata.data.period": "1936",
    "metadata.theme": "species-recognition",
    "metadata.risk": "minimal",
}
#: The same in a model's own file.
OWN_METADATA = {
    "owner": "group:default/botany-ml",
    "description": "Tells species of iris",
    "purpose": "Tells species of iris by their measures",
    "audience": "Visitors of the greenhouse",
    "method": "Logistic regression",
    "data": {"sources": ["Herbarium"], "personalData": "none", "period": "1936"},
    "theme": "species-recognition",
    "risk": "minimal",
}


@pytest.fixture(scope="session", autouse=True)
def platform() -> None:
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])


@pytest.fixture()
def client() -> MlflowClient:
    return MlflowClient()


@pytest.fixture()
def name() -> str:
    return f"iris-{uuid.uuid4().hex[:8]}"


@pytest.fixture()
def acting() -> Iterator[Callable[..., None]]:
    """Calls as somebody else; back to oneself at the end."""
    patch = pytest.MonkeyPatch()

    def act(**variables: str | None) -> None:
        for variable, value in variables.items():
            if value is None:
                patch.delenv(variable, raising=False)
            else:
                patch.setenv(variable, value)

    yield act
    patch.undo()


@pytest.fixture(scope="session")
def iris() -> tuple[Any, Any, Any]:
    measures, species = load_iris(return_X_y=True, as_frame=True)
    measures.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    model = LogisticRegression(max_iter=1000).fit(measures, species)
    return model, measures, infer_signature(measures, model.predict(measures))


@pytest.fixture()
def log_iris(iris: tuple[Any, Any, Any]) -> Callable[..., Any]:
    model, measures, signature = iris

    def log(**options: Any) -> Any:
        # Given, so that nothing is looked up in a package index.
        return mlflow.sklearn.log_model(
            model,
            name="model",
            **{
                "signature": signature,
                "input_example": measures.head(1),
                "pip_requirements": ["scikit-learn"],
                **options,
            },
        )

    return log
