"""Flavor `xgboost`: a booster in XGBoost's own format, JSON or UBJ."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..table import Columns, Table
from .files import column_order, find_file, open_model
from .trees import Answers, tree_predictor

SUFFIXES = (".ubj", ".xgb", ".bst", ".json")


#: https://xgboost.readthedocs.io/en/stable/parameter.html#learning-task-parameters
_ANSWERS: dict[str, Answers] = {
    "binary:logistic": "probabilities",
    "reg:logistic": "probabilities",
    "multi:softprob": "probabilities",
    "multi:softmax": "class",
    "binary:hinge": "class",
}


def load(manifest: dict[str, Any], directory: Path) -> Any:
    """Raises StartError where there is no such file, or it can't be loaded."""
    file = find_file(manifest, SUFFIXES)

    def read() -> Any:
        import xgboost

        return xgboost.Booster(model_file=str(directory / file))

    return open_model(file, read)


def predictor(model: Any, signature: dict[str, Any]) -> Callable[[Table], Columns]:
    names = column_order(model.feature_names, signature)
    objective = json.loads(model.save_config())["learner"]["objective"]["name"]

    def predict(matrix: Any) -> Any:
        return model.inplace_predict(matrix, validate_features=False)

    return tree_predictor(names, predict, signature, objective, _ANSWERS.get(objective, "numbers"))


def is_line_by_line(model: Any) -> bool:
    return True
