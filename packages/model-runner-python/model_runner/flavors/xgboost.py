"""Flavor `xgboost`: a booster in XGBoost's own format, JSON or UBJ."""
from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..table import Columns, Table
from .files import column_order, find_file, open_model
from .trees import Answers, require_codes, tree_predictor

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

    if "c" in (model.feature_types or ()):
        require_codes(_categories(model))
    # As XGBoost's own estimators predict: without the trees that early stopping found to be too many.
    best = model.attr("best_iteration")
    rounds = (0, 0 if best is None else min(int(best) + 1, model.num_boosted_rounds()))

    def predict(matrix: Any) -> Any:
        return model.inplace_predict(matrix, iteration_range=rounds, validate_features=False)

    return tree_predictor(names, predict, signature, objective, _ANSWERS.get(objective, "numbers"))


def _categories(model: Any) -> list[list[Any]]:
    """Of the frame that it was fitted with; none where that had codes, or XGBoost was older than 3.1 and kept none."""
    booster = json.loads(model.save_raw("json"))["learner"]["gradient_booster"]
    # Within another one where trees are dropped out.
    kept = booster.get("gbtree", booster)["model"].get("cats", {}).get("enc", [])
    return [_texts(one) if "offsets" in one else one["values"] for one in kept]


def _texts(kept: dict[str, Any]) -> list[Any]:
    """They lie one behind the other, as bytes."""
    values = bytes(code & 255 for code in kept["values"])
    return [values[begin:end].decode(errors="replace") for begin, end in pairwise(kept["offsets"])]


def is_line_by_line(model: Any) -> bool:
    return True
