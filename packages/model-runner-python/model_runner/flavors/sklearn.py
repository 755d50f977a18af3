"""Flavor `sklearn`: an estimator kept with joblib or pickle."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import StartError

SUFFIXES = (".joblib", ".pkl", ".pickle")


def load(manifest: dict[str, Any], directory: Path) -> Any:
    """Raises StartError where there is no such file, or it can't be loaded."""
    import joblib

    file = next((name for name in manifest["files"] if name.endswith(SUFFIXES)), None)
    if file is None:
        raise StartError(f"there is no file that ends in {', '.join(SUFFIXES)} among the files of the version")
    try:
        return joblib.load(directory / file)
    except Exception as error:
        raise StartError(f"{file} can't be loaded: {type(error).__name__}: {error}") from error


def predict_rows(model: Any, manifest: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """
    The estimator's own prediction: columns in the signature's order.

    An output named `probabilities` with a shape comes from `predict_proba`;
    the others are the columns of `predict`, in order.
    """
    import numpy

    names = [field["name"] for field in manifest["signature"]["inputs"]]
    kinds = {field["type"] for field in manifest["signature"]["inputs"]}
    dtype = float if kinds <= {"number", "integer", "boolean"} else object
    columns = numpy.asarray([[row[name] for name in names] for row in rows], dtype=dtype)
    outputs = manifest["signature"]["outputs"]
    answers: list[dict[str, Any]] = [{} for _ in rows]
    plain = [field for field in outputs if not (field["name"] == "probabilities" and field.get("shape"))]
    if plain:
        predicted = numpy.asarray(model.predict(columns)).reshape(len(rows), -1)
        for index, field in enumerate(plain):
            values = predicted if field.get("shape") else predicted[:, index]
            for answer, value in zip(answers, values.tolist()):
                answer[field["name"]] = value
    if len(plain) < len(outputs):
        for answer, value in zip(answers, model.predict_proba(columns).tolist()):
            answer["probabilities"] = value
    return answers
