"""A version in memory: its flavor's model, and the developer's endpoint code around it."""
from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from .context import Context
from .errors import StartError
from .flavors import FLAVORS
from .flavors.sklearn import predictor

Rows = list[dict[str, Any]]


class ModelOutputError(Exception):
    """The model answered something else than its signature says."""


def _import_endpoint(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("endpoint", file)
    if spec is None or spec.loader is None:
        raise StartError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules["endpoint"] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise StartError(f"{file.name} can't be imported: {type(error).__name__}: {error}") from error
    return module


class Model:
    """Answers rows with rows; raises whatever the model or the endpoint code raises."""

    def __init__(self, manifest: dict[str, Any], directory: Path, context: Context) -> None:
        flavor = FLAVORS.get(manifest["flavor"])
        if flavor is None:
            raise StartError(
                f"the Python runtime has no flavor '{manifest['flavor']}'; it has: {', '.join(FLAVORS)}"
            )
        # Endpoint code and pickled classes import the modules beside them; no __pycache__ is left there,
        # for the version's files stay as they were verified.
        sys.path.insert(0, str(directory))
        sys.dont_write_bytecode = True
        self._outputs = [field["name"] for field in manifest["signature"]["outputs"]]
        endpoint = _import_endpoint(directory / manifest["endpoint"]) if manifest.get("endpoint") else None
        load = getattr(endpoint, "load", None)
        model = load(context) if load else flavor(manifest, directory)
        self._predict = self._choose(endpoint, model, manifest, context)

    def _choose(
        self, endpoint: ModuleType | None, model: Any, manifest: dict[str, Any], context: Context
    ) -> Callable[[Rows], Rows]:
        batch = getattr(endpoint, "predict_batch", None)
        if batch:
            return lambda rows: batch(model, rows, context)
        single = getattr(endpoint, "predict", None)
        if single:
            return lambda rows: [single(model, row, context) for row in rows]
        if model is None:
            raise StartError("endpoint.py must define predict(model, inputs, context), since the flavor loads nothing")
        return predictor(model, manifest["signature"])

    def predict(self, rows: Rows) -> Rows:
        """
        The signature's outputs, as plain values, and no others.

        Raises ModelOutputError where an answer lacks one of them.
        """
        answers = self._predict(rows)
        if not isinstance(answers, (list, tuple)) or len(answers) != len(rows):
            raise ModelOutputError(f"{len(rows)} rows must be answered with a list of as many")
        return [self._plain(answer) for answer in answers]

    def _plain(self, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise ModelOutputError(f"a row must be answered with a dict, not {type(answer).__name__}")
        missing = [name for name in self._outputs if name not in answer]
        if missing:
            raise ModelOutputError(f"the answer lacks the outputs {', '.join(missing)}")
        return {name: _plain_value(answer[name]) for name in self._outputs}


def _plain_value(value: Any) -> Any:
    """Arrays and scalars of numpy and pandas become lists and numbers."""
    to_list = getattr(value, "tolist", None)
    return value if to_list is None else to_list()
