"""Flavor `sklearn`: an estimator kept with joblib, pickle or skops, as MLflow keeps it too."""
from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import StartError
from ..table import Columns, Table
from .files import column_order, find_file, matrix_maker, open_model
from .float32 import LARGEST_FLOAT32, require_float32
from .frames import frame_maker

SUFFIXES = (".joblib", ".pkl", ".pickle", ".skops")


def load(manifest: dict[str, Any], directory: Path) -> Any:
    """Raises StartError where there is no such file, or it can't be loaded."""
    file = find_file(manifest, SUFFIXES)
    load_file = _load_skops if file.endswith(".skops") else _load_joblib
    return open_model(file, lambda: load_file(directory / file))


def _load_joblib(file: Path) -> Any:
    import joblib

    return joblib.load(file)


def _load_skops(file: Path) -> Any:
    """Of types that skops knows to be harmless only: that is what the format is for."""
    from skops.io import get_untrusted_types, load as load_skops

    unknown = get_untrusted_types(file=file)
    if unknown:
        raise StartError(
            f"{file.name} has types that skops doesn't trust ({', '.join(unknown)}); keep the model with joblib, "
            "or log it with serialization_format='cloudpickle'"
        )
    return load_skops(file, trusted=[])


def predictor(model: Any, signature: dict[str, Any]) -> Callable[[Table], Columns]:
    """
    The estimator's own prediction. Columns are in the order it was fitted with where it knows
    their names, else in the signature's. They come with their names, as a frame of pandas, where a
    `ColumnTransformer` in it asks for names.

    An output named `probabilities` with a shape comes from `predict_proba`; the others are the
    columns of `predict`, in order. Raises StartError where the signature can't be served so.
    """
    import numpy
    from sklearn import config_context, get_config

    fitted_names = getattr(model, "feature_names_in_", None)
    names = column_order(fitted_names, signature)
    by_name = _takes_names(model)
    if fitted_names is not None and not by_name:
        # The columns come without names, but in this order.
        warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
    kinds = {field["type"] for field in signature["inputs"]}
    dtype = float if kinds <= {"number", "integer", "boolean"} else object
    plain = [field for field in signature["outputs"] if not (field["name"] == "probabilities" and field.get("shape"))]
    has_probabilities = len(plain) < len(signature["outputs"])
    if has_probabilities and not hasattr(model, "predict_proba"):
        raise StartError("the output 'probabilities' needs a model with predict_proba")

    to_lines = frame_maker(names, signature) if by_name else matrix_maker(names, dtype)
    # What is missing is NaN, which estimators look for themselves.
    is_whole = not by_name and dtype is float and not any(
        field.get("optional") and field.get("default") is None for field in signature["inputs"]
    )

    # Its parameters were looked at when it was fitted, and one that was set since and is wrong fails where it is used.
    # Older versions always look again.
    settings = {"skip_parameter_validation": True} if "skip_parameter_validation" in get_config() else {}

    def predict(table: Table) -> Columns:
        lines = to_lines(table)
        # Looked at once here, and not again at every step of a pipeline.
        is_finite = is_whole and numpy.abs(lines).max() <= LARGEST_FLOAT32
        with config_context(assume_finite=is_finite, **settings):
            try:
                return answer(lines, table)
            except ValueError:
                if by_name:
                    numbers = lines.select_dtypes("number")
                    require_float32(numbers.to_numpy(float), list(numbers.columns))
                elif dtype is float:
                    require_float32(lines, names)
                raise

    def answer(lines: Any, table: Table) -> Columns:
        answers: Columns = {}
        if plain:
            predicted = numpy.asarray(model.predict(lines)).reshape(table.count, -1)
            if len(plain) > 1 and predicted.shape[1] < len(plain):
                raise ValueError(f"the model predicts {predicted.shape[1]} columns for {len(plain)} outputs")
            for index, field in enumerate(plain):
                answers[field["name"]] = (predicted if field.get("shape") else predicted[:, index]).tolist()
        if has_probabilities:
            answers["probabilities"] = model.predict_proba(lines).tolist()
        return answers

    return predict


#: Their estimators answer each line by itself.
_LINE_BY_LINE = ("sklearn", "xgboost", "lightgbm")
#: Functions that look at one value at a time, beside the universal ones of one input. Others of these libraries look
#: across lines, as `scale` and `cumsum` do.
_VALUE_BY_VALUE = ("nan_to_num", "round", "around", "clip")
#: Scores by which features were chosen when the estimator was fitted, and are not looked at again.
_SCORES = "sklearn.feature_selection"


def is_line_by_line(model: Any) -> bool:
    """Whether each line is answered by itself: of an estimator or a step of somebody's own nobody knows."""
    return all(map(_is_known, (model, *_steps(model))))


def _steps(model: Any) -> list[Any]:
    given = model.get_params(deep=True).values() if hasattr(model, "get_params") else ()
    return [part for part in given if callable(part) or hasattr(part, "get_params")]


def _takes_names(model: Any) -> bool:
    # Whoever has one has imported it; nobody else has to wait for that.
    compose = sys.modules.get("sklearn.compose")
    if compose is None:
        return False
    return any(
        _is_by_name(columns)
        for part in (model, *_steps(model))
        if isinstance(part, compose.ColumnTransformer)
        # Only in those that are fitted, functions that choose have become what they chose.
        for _, _, columns in getattr(part, "transformers_", part.transformers)
    )


def _is_by_name(columns: Any) -> bool:
    import numpy

    if isinstance(columns, slice):
        columns = [columns.start, columns.stop]
    return callable(columns) or any(isinstance(column, str) for column in numpy.ravel(columns))


def _is_known(part: Any) -> bool:
    import numpy

    if isinstance(part, type):
        # What values are to be.
        return part is float or part is int or issubclass(part, numpy.generic)
    if isinstance(part, numpy.ufunc):
        return part.nin == 1 and part.signature is None
    if hasattr(part, "get_params") or not hasattr(part, "__name__"):
        return type(part).__module__.partition(".")[0] in _LINE_BY_LINE
    module = str(getattr(part, "__module__", None))
    if module.startswith(_SCORES):
        return True
    return any(part is getattr(numpy, name) for name in _VALUE_BY_VALUE)
