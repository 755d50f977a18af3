"""Flavor `xgboost`: a booster in XGBoost's own format, JSON or UBJ."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..table import Columns, Table
from .files import column_order, find_file, open_model
from .trees import tree_predictor

SUFFIXES = (".ubj", ".xgb", ".bst", ".json")


def load(manifest: dict[str, Any], directory: Path) -> Any:
    """Raises StartError where there is no such file, or it can't be loaded."""
    file = find_file(manifest, SUFFIXES)

    def read() -> Any:
        import xgboost

        return xgboost.Booster(model_file=str(directory / file))

    return open_model(file, read)


def predictor(model: Any, signature: dict[str, Any]) -> Callable[[Table], Columns]:
    names = column_order(model.feature_names, signature)
    return tree_predictor(names, lambda matrix: model.inplace_predict(matrix, validate_features=False), signature)
