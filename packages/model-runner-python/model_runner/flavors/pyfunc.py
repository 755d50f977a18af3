"""
Flavor `pyfunc`: a folder as MLflow writes it, loaded by MLflow where the version's requirements have it,
else by the file of the flavor that it holds.
"""
from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import StartError
from ..field_reader import MAX_FIELDS_TOLD
from ..input_reader import no_fit
from ..table import Columns, Rows, Table
from . import lightgbm, sklearn, xgboost
from .files import open_model

#: MLflow's own descriptions, which no flavor means.
DESCRIPTIONS = ("requirements.txt", "requirements.lock", "conda.yaml", "python_env.yaml", ".json")

#: What pandas counts in nanoseconds, in whole days.
FIRST_DATETIME = datetime(1677, 9, 22, tzinfo=timezone.utc)
LAST_DATETIME = datetime(2262, 4, 11, tzinfo=timezone.utc)


class NativeModel:
    """A model that was read without MLflow, and what predicts with it."""

    def __init__(self, model: Any, flavor: Any) -> None:
        self.model = model
        self.flavor = flavor


def load(manifest: dict[str, Any], directory: Path) -> Any:
    """Raises StartError where there is no MLmodel file, or what it describes can't be loaded."""
    descriptor = next((name for name in manifest["files"] if Path(name).name == "MLmodel"), None)
    if descriptor is None:
        raise StartError("there is no MLmodel file among the files of the version")
    folder = Path(descriptor).parent
    if importlib.util.find_spec("mlflow") is None:
        return _load_native(manifest, directory, folder)

    def read() -> Any:
        import mlflow.pyfunc

        # Files of a version are linked to, and MLflow follows no links.
        return mlflow.pyfunc.load_model(str((directory / folder).resolve()))

    return open_model(descriptor, read)


def _load_native(manifest: dict[str, Any], directory: Path, folder: Path) -> NativeModel:
    files = [
        name
        for name in manifest["files"]
        if Path(name).is_relative_to(folder) and not name.endswith(DESCRIPTIONS)
    ]
    for flavor in (sklearn, xgboost, lightgbm):
        if any(name.endswith(flavor.SUFFIXES) for name in files):
            return NativeModel(flavor.load({**manifest, "files": files}, directory), flavor)
    raise StartError(
        "MLflow is needed to load this model: name mlflow in a requirements.txt among the version's files"
    )


def is_line_by_line(model: Any) -> bool:
    """What a developer's own `PythonModel` does with lines that stand beside each other, nobody knows."""
    if isinstance(model, NativeModel):
        return bool(model.flavor.is_line_by_line(model.model))
    loader = model.metadata.flavors.get("python_function", {}).get("loader_module")
    if loader == "mlflow.sklearn":
        return sklearn.is_line_by_line(model.get_raw_model())
    return loader in ("mlflow.xgboost", "mlflow.lightgbm")


def inputs(model: Any, signature: dict[str, Any]) -> list[dict[str, Any]]:
    """The signature's inputs, no wider than what MLflow counts with: narrowed, other numbers would be others."""
    fields: list[dict[str, Any]] = signature["inputs"]
    schema = None if isinstance(model, NativeModel) else model.metadata.get_input_schema()
    if schema is None:
        return fields
    kinds = _kinds(signature, schema)
    return [_narrowed(field, kinds[field["name"]]) if field["name"] in kinds else field for field in fields]


def _kinds(signature: dict[str, Any], schema: Any) -> dict[str, Any]:
    """Types of numpy by the names of the signature's inputs; none of those that MLflow has no name or no plain type for."""
    import numpy

    if schema.is_tensor_spec():
        return dict(zip((field["name"] for field in signature["inputs"]), schema.numpy_types()))
    if not schema.has_input_names():
        return {}
    # Lists and objects are none of numpy's. Texts and bytes are a class, not a type of numpy.
    plain = [column for column in schema.inputs if hasattr(column.type, "to_pandas")]
    return {column.name: numpy.dtype(column.type.to_pandas()) for column in plain}


def _narrowed(field: dict[str, Any], kind: Any) -> dict[str, Any]:
    import numpy

    if kind.kind == "M" and field["type"] in ("date", "datetime"):
        lowest, highest = FIRST_DATETIME, LAST_DATETIME
        is_date = field["type"] == "date"
        return {**field, "minimum": lowest.date() if is_date else lowest, "maximum": highest.date() if is_date else highest}
    if field["type"] not in ("number", "integer") or kind.kind not in "iuf" or kind == numpy.float64:
        return field
    is_whole = kind.kind != "f"
    limits = numpy.iinfo(kind) if is_whole else numpy.finfo(kind)
    as_python = int if is_whole else float
    least, most = field.get("minimum"), field.get("maximum")
    return {
        **field,
        "type": "integer" if is_whole else field["type"],
        "minimum": as_python(limits.min) if least is None else max(least, as_python(limits.min)),
        "maximum": as_python(limits.max) if most is None else min(most, as_python(limits.max)),
    }


def predictor(model: Any, signature: dict[str, Any]) -> Callable[[Table], Columns | Rows]:
    if isinstance(model, NativeModel):
        return model.flavor.predictor(model.model, signature)
    schema = model.metadata.get_input_schema()
    to_inputs = _tensors(signature, schema) if schema is not None and schema.is_tensor_spec() else _table(signature, schema)
    outputs = signature["outputs"]

    def predict(table: Table) -> Columns | Rows:
        return _answers(model.predict(to_inputs(table)), outputs, table.count)

    return predict


def _tensors(signature: dict[str, Any], schema: Any) -> Callable[[Table], Any]:
    import numpy

    kinds = _kinds(signature, schema)

    def tensor(name: str, kind: Any, column: Any) -> Any:
        try:
            return numpy.array(column, dtype=kind)
        except (OverflowError, TypeError, ValueError):
            rule = f"must be one tensor of {kind}: a value in every line, and all lines of one shape"
            raise no_fit([{"path": f"inputs.{name}", "message": rule}]) from None

    def convert(table: Table) -> Any:
        arrays = {name: tensor(name, kind, table.columns[name]) for name, kind in kinds.items()}
        return arrays if schema.has_input_names() else next(iter(arrays.values()))

    return convert


def _table(signature: dict[str, Any], schema: Any) -> Callable[[Table], Any]:
    import pandas

    names = [field["name"] for field in signature["inputs"]]
    # MLflow narrows no numbers by itself: 64 bits are refused where it was fitted with 32.
    kinds = {} if schema is None else {name: kind for name, kind in _kinds(signature, schema).items() if name in names}
    # Theirs have no zone.
    times = [name for name, kind in kinds.items() if kind.kind == "M"]
    # Theirs can't be missing in single lines, only as a whole.
    whole = [name for name, kind in kinds.items() if kind.kind in "iu"]
    may_be_left_out = {column.name for column in schema.inputs if not column.required} if whole else set()

    def without_missing(frame: Any) -> Any:
        """Raises RequestError 400 where the model can't take integers that are missing."""
        missing = {name: frame[name].isna() for name in whole}
        left_out = [name for name, lines in missing.items() if lines.all() and name in may_be_left_out]
        errors = [
            {
                "path": f"{'inputs' if len(frame) == 1 else f'inputs[{lines.argmax()}]'}.{name}",
                "message": f"must be given{' in every line or in none' if name in may_be_left_out else ''}: "
                "the model has no missing integers",
            }
            for name, lines in missing.items()
            if lines.any() and name not in left_out
        ]
        if errors:
            raise no_fit(errors[:MAX_FIELDS_TOLD])
        return frame.drop(columns=left_out) if left_out else frame

    def convert(table: Table) -> Any:
        frame = pandas.DataFrame({name: list(table.columns[name]) for name in names})
        for name in times:
            frame[name] = pandas.to_datetime(frame[name], utc=True).dt.tz_localize(None)
        frame = without_missing(frame)
        # Numbers alone have a value for what is missing.
        return frame.astype(
            {name: kinds[name] for name in frame if name in kinds and (kinds[name].kind == "f" or not frame[name].isna().any())}
        )

    return convert


def _answers(predicted: Any, outputs: list[dict[str, Any]], count: int) -> Columns | Rows:
    """Columns by name where it has those of the signature, else by place."""
    import numpy

    names = [field["name"] for field in outputs]
    if isinstance(predicted, list) and all(isinstance(row, dict) for row in predicted):
        return predicted
    if isinstance(predicted, dict) or (hasattr(predicted, "columns") and set(names) <= set(predicted.columns)):
        columns = [_values(predicted[name]) for name in names]
    elif len(outputs) == 1 and outputs[0].get("shape"):
        columns = [_values(predicted)]
    else:
        table = numpy.asarray(predicted, dtype=object).reshape(count, -1)
        if table.shape[1] < len(names):
            raise ValueError(f"the model predicts {table.shape[1]} columns for {len(names)} outputs")
        columns = [table[:, index].tolist() for index in range(len(names))]
    return dict(zip(names, columns))


def _values(column: Any) -> list[Any]:
    to_list = getattr(column, "tolist", None)
    if to_list is not None:
        return to_list()
    return column.values.tolist() if hasattr(column, "values") and not isinstance(column, dict) else list(column)
