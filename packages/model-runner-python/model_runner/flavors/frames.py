"""Lines as a frame of pandas, for models that take their columns by name."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import StartError
from ..table import Table

#: By types of the signature; all others are what they are in Python.
_DTYPES = {"number": "float64", "integer": "int64", "boolean": "bool"}


def frame_maker(names: list[str], signature: dict[str, Any]) -> Callable[[Table], Any]:
    """
    Makes a frame of the lines, with the columns in this order; what is missing is NaN.

    Types of columns are those of the signature, whatever the lines have: an integer that may be missing is a float.
    Raises StartError where there is no pandas.
    """
    try:
        import pandas
    except ImportError as error:
        raise StartError(
            "the model takes its columns by name (ColumnTransformer), which needs pandas: "
            "name pandas in a requirements.txt among the version's files"
        ) from error

    fields = {field["name"]: field for field in signature["inputs"]}

    def dtype(field: dict[str, Any]) -> str:
        kind = _DTYPES.get(field["type"], "object")
        if not field.get("optional") or field.get("default") is not None:
            return kind
        return "float64" if kind == "int64" else "object" if kind == "bool" else kind

    kinds = {name: dtype(fields[name]) for name in names}

    def column(values: Any, kind: str) -> Any:
        if kind == "object":
            values = [float("nan") if value is None else value for value in values]
        try:
            return pandas.Series(values, dtype=kind)
        except OverflowError:
            # Tensors may have integers of 64 bits without a sign.
            return pandas.Series(values, dtype="float64")

    def frame(table: Table) -> Any:
        return pandas.DataFrame({name: column(table.columns[name], kind) for name, kind in kinds.items()})

    return frame
