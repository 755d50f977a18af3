"""Flavor `lightgbm`: a booster in LightGBM's own text format."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..table import Columns, Table
from .files import column_order, find_file, open_model
from .trees import Answers, require_codes, tree_predictor

SUFFIXES = (".lgb", ".txt")
#: https://lightgbm.readthedocs.io/en/stable/Parameters.html#objective: these answer probabilities.
_OF_CLASSES = ("binary", "multiclass", "multiclassova", "cross_entropy", "cross_entropy_lambda")
#: Never a model.
OTHER_TEXTS = ("requirements.txt",)


def load(manifest: dict[str, Any], directory: Path) -> Any:
    """Raises StartError where there is no such file, or it can't be loaded."""
    files = [name for name in manifest["files"] if Path(name).name not in OTHER_TEXTS]
    file = find_file({"files": files}, SUFFIXES)

    def read() -> Any:
        import lightgbm

        return lightgbm.Booster(model_file=str(directory / file))

    return open_model(file, read)


def predictor(model: Any, signature: dict[str, Any]) -> Callable[[Table], Columns]:
    require_codes(model.pandas_categorical or [])
    fitted = model.feature_name()
    # How it calls columns that nobody named.
    named = fitted != [f"Column_{index}" for index in range(len(fitted))]
    objective = str(model.params.get("objective", "custom"))
    answers: Answers = "probabilities" if objective in _OF_CLASSES else "numbers"
    names = column_order(fitted if named else None, signature)
    return tree_predictor(names, model.predict, signature, objective, answers)


def is_line_by_line(model: Any) -> bool:
    return True
