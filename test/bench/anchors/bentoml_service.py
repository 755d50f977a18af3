"""scikit-learn on BentoML, as its documentation shows; models from the folder MODELS."""
import os

import bentoml
import joblib
import numpy as np


@bentoml.service(workers=1, metrics={"enabled": True})
class Sklearn:
    def __init__(self) -> None:
        folder = os.environ["MODELS"]
        self.models = {
            name: joblib.load(f"{folder}/{name}.joblib") for name in ("iris", "cancer")
        }

    @bentoml.api
    def iris(self, rows: np.ndarray) -> np.ndarray:
        return self.models["iris"].predict(rows)

    @bentoml.api
    def cancer(self, rows: np.ndarray) -> np.ndarray:
        return self.models["cancer"].predict(rows)
