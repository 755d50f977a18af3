"""MLflow's scoring protocol: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally"""
from __future__ import annotations

from .predictions import error_code, predictions_of
from .scoring_reader import ScoringReader

#: The MLflow whose scoring protocol is spoken.
MLFLOW_VERSION = "3.17.2"

__all__ = ["MLFLOW_VERSION", "ScoringReader", "error_code", "predictions_of"]
