"""Tensors of a model that is described by its signature: one a field, the first dimension the rows'."""
from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any

import orjson

from ..as_json import as_json
from ..errors import RequestError
from ..field_reader import shape_of
from ..input_reader import MAX_ROWS
from ..table import Columns, Table
from .datatypes import is_taken_for, write_binary
from .infer_request import InferRequest, Tensor, flatten, told

Fields = list[dict[str, Any]]

#: Datatype of a field, as the protocol names it; objects go as JSON text, dates as they are written.
_DATATYPE_OF = {"number": "FP64", "integer": "INT64", "boolean": "BOOL"}
_NO_ROWS = "The inputs have no rows."


def _datatype(field: dict[str, Any]) -> str:
    return _DATATYPE_OF.get(field["type"], "BYTES")


def tensors_of(fields: Fields) -> list[dict[str, Any]]:
    """Metadata of the tensors."""
    return [
        {"name": field["name"], "datatype": _datatype(field), "shape": [-1, *field.get("shape", [1])]}
        for field in fields
    ]


def _nest(flat: list[Any], shape: list[int]) -> Any:
    if not shape:
        return flat[0]
    step = len(flat) // shape[0] if shape[0] else 0
    if len(shape) == 1:
        return flat
    return [_nest(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def _missing(value: Any) -> Any:
    """NaN is how binary data, and models, write that a number is missing."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _plain(field: dict[str, Any], values: list[Any]) -> list[Any]:
    """Values of a tensor as the signature's reader takes them; most are that already."""
    kind = field["type"]
    if kind == "number":
        return list(map(_missing, values)) if field.get("optional") else values
    if kind in ("integer", "boolean", "bytes"):
        return values
    try:
        texts = [value.decode() if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError:
        raise RequestError(400, f"Input '{field['name']}' must be UTF-8.") from None
    if kind != "object":
        return texts
    try:
        return list(map(orjson.loads, texts))
    except (TypeError, ValueError):
        raise RequestError(400, f"Input '{field['name']}' must be JSON text.") from None


def _require_datatype(name: str, field: dict[str, Any], datatype: str) -> None:
    if not is_taken_for(datatype, _datatype(field)):
        raise RequestError(400, f"Input '{name}' must have datatype {_datatype(field)}, not {datatype}.")


def _columns_of_matrix(fields: Fields, only: Tensor) -> Table:
    """One `[N, k]` tensor has the signature's scalars in their order."""
    width = len(fields)
    if only.shape[1] != width:
        raise RequestError(400, f"Input '{only.name}' must have shape [-1,{width}], not {told(only.shape)}.")
    if only.shape[0] == 0:
        raise RequestError(400, _NO_ROWS)
    for field in fields:
        _require_datatype(only.name, field, only.datatype)
    columns = {field["name"]: _plain(field, only.data[index::width]) for index, field in enumerate(fields)}
    return Table(only.shape[0], columns)


def columns_of(fields: Fields, tensors: list[Tensor]) -> Table:
    """
    Columns by the signature's names, still to be read by it; those of tensors that are left out are missing.

    One `[N, k]` tensor takes the signature's scalars in their order; several
    take them by name. Raises RequestError 400.
    """
    names = [field["name"] for field in fields]
    if len(tensors) == 1 and tensors[0].name not in names and len(tensors[0].shape) == 2:
        return _columns_of_matrix(fields, tensors[0])
    by_name = {tensor.name: tensor for tensor in tensors}
    unknown = [name for name in by_name if name not in names]
    if unknown:
        raise RequestError(400, f"Unknown inputs: {', '.join(unknown)}. The model takes {', '.join(names)}.")
    for tensor in tensors:
        if 0 in tensor.shape[1:]:
            raise RequestError(400, f"Input '{tensor.name}' must not be empty.")
    counts = {tensor.shape[0] if tensor.shape else 1 for tensor in tensors}
    if len(counts) != 1:
        raise RequestError(400, "All inputs must have the same number of rows.")
    (count,) = counts
    if count == 0:
        raise RequestError(400, _NO_ROWS)
    if count > MAX_ROWS:
        raise RequestError(400, f"A batch has at most {MAX_ROWS} lines, not {count}.")
    columns: Columns = {}
    for field in fields:
        name, shape = field["name"], field.get("shape")
        tensor = by_name.get(name)
        if tensor is None:
            continue
        _require_datatype(name, field, tensor.datatype)
        step = len(tensor.data) // count
        if shape is None and step != 1:
            raise RequestError(400, f"Input '{name}' must have one value a row, not {step}.")
        values = _plain(field, tensor.data)
        columns[name] = (
            [_nest(values[at : at + step], tensor.shape[1:]) for at in range(0, len(values), step)] if shape else values
        )
    return Table(count, columns)


def wanted_outputs(fields: Fields, request: InferRequest) -> list[tuple[dict[str, Any], bool]]:
    """The outputs that are asked for, and whether as binary data. Raises RequestError 400."""
    by_name = {field["name"]: field for field in fields}
    unknown = [name for name, _ in request.wanted if name not in by_name]
    if unknown:
        raise RequestError(400, f"Unknown outputs: {', '.join(unknown)}. The model has {', '.join(by_name)}.")
    if not request.wanted:
        return [(field, request.is_binary) for field in fields]
    return [(by_name[name], is_binary) for name, is_binary in request.wanted]


def _values(field: dict[str, Any], data: list[Any], is_binary: bool) -> list[Any]:
    if field["type"] == "object":
        return [as_json(value).decode() for value in data]
    if is_binary and field["type"] == "integer":
        return list(map(_missing, data))
    # Columns have them as JSON does.
    if is_binary and field["type"] == "bytes":
        return [value if value is None else base64.b64decode(value) for value in data]
    return data


def _shape(field: dict[str, Any], column: Sequence[Any]) -> list[int]:
    """Of one line. Raises RequestError 400 where lines differ in a dimension that is open."""
    shape: list[int] = field.get("shape", [1])
    if -1 not in shape:
        return shape
    found = {tuple(shape_of(value, len(shape))) for value in column if value is not None}
    if len(found) > 1:
        raise RequestError(
            400, f"output '{field['name']}' has lines of different lengths, which a tensor cannot have; use /predict"
        )
    if not found:
        # One null tells so.
        return [1 if size == -1 else size for size in shape]
    only = list(found.pop())
    # An empty list has nothing within that tells its length.
    return [*only, *(max(size, 0) for size in shape[len(only) :])]


def _filled(column: Sequence[Any], shape: list[int]) -> list[Any]:
    """A line that is null has as many nulls as others have values."""
    if None not in column:
        return list(column)
    nulls = [None] * math.prod(shape)
    return [nulls if value is None else value for value in column]


def infer_answer(
    about: dict[str, str], request_id: str | None, outputs: list[tuple[dict[str, Any], bool]], answers: Table
) -> tuple[bytes, list[bytes]]:
    """The JSON of the answer, and behind it the bytes of the tensors that are wanted so. Raises RequestError 400."""
    tensors, binary = [], []
    for field, is_binary in outputs:
        datatype = _datatype(field)
        column = answers.columns[field["name"]]
        shape = _shape(field, column)
        values = _values(field, flatten(_filled(column, shape)), is_binary)
        tensor: dict[str, Any] = {
            "name": field["name"],
            "datatype": datatype,
            "shape": [answers.count, *shape],
        }
        if is_binary:
            data = write_binary(field["name"], datatype, values)
            binary.append(data)
            tensor["parameters"] = {"binary_data_size": len(data)}
        else:
            tensor["data"] = values
        tensors.append(tensor)
    told_id = {} if request_id is None else {"id": request_id}
    answer = {**about, **told_id, "outputs": tensors}
    return as_json(answer), binary
