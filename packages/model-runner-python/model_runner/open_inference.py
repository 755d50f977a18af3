"""The Open Inference Protocol v2 over a model that is described by its signature."""
from __future__ import annotations

import json
import math
from typing import Any

from .errors import RequestError
from .input_reader import MAX_ROWS, MAX_SAFE_INTEGER, type_of

#: Datatype of a field of the signature, as the protocol names it; objects go as JSON text.
DATATYPE_OF = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "string": "BYTES", "object": "BYTES"}

_MAX_DIMENSIONS = 8
_FLOATS = ("FP32", "FP64")
#: Lowest and highest value; 64 bit end where JSON ends to be exact.
_INTEGERS = {
    **{f"UINT{bits}": (0, 2**bits - 1) for bits in (8, 16, 32)},
    "UINT64": (0, MAX_SAFE_INTEGER),
    **{f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32)},
    "INT64": (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
}
_DATATYPES = ("BOOL", *_INTEGERS, *_FLOATS, "BYTES")
_NO_ROWS = "The inputs have no rows."


def tensors_of(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Metadata of the tensors: one a field, the first dimension the rows'."""
    return [
        {"name": field["name"], "datatype": DATATYPE_OF[field["type"]], "shape": [-1, *field.get("shape", [1])]}
        for field in fields
    ]


def _flatten(data: list[Any], depth: int = _MAX_DIMENSIONS) -> list[Any]:
    if depth == 0 or not any(isinstance(value, list) for value in data):
        return data
    flat: list[Any] = []
    for value in data:
        if isinstance(value, list):
            flat.extend(_flatten(value, depth - 1))
        else:
            flat.append(value)
    return flat


def _fits(datatype: str, value: Any) -> bool:
    if datatype == "BOOL":
        return isinstance(value, bool)
    if datatype == "BYTES":
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if datatype in _FLOATS:
        return math.isfinite(value)
    lowest, highest = _INTEGERS[datatype]
    return (isinstance(value, int) or value.is_integer()) and lowest <= value <= highest


def _is_size(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer() and 0 <= value <= MAX_SAFE_INTEGER
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE_INTEGER


def _told(shape: list[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _read_tensor(given: Any, index: int) -> dict[str, Any]:
    where = f"inputs[{index}]"
    if not isinstance(given, dict):
        raise RequestError(400, f"{where} must be an object.")
    name, datatype, shape, data = (given.get(key) for key in ("name", "datatype", "shape", "data"))
    if not isinstance(name, str) or not name:
        raise RequestError(400, f"{where}.name must be a string.")
    if not isinstance(datatype, str) or datatype not in _DATATYPES:
        raise RequestError(400, f"{where}.datatype must be one of {', '.join(_DATATYPES)}.")
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS or not all(map(_is_size, shape)):
        raise RequestError(
            400, f"{where}.shape must be an array of at most {_MAX_DIMENSIONS} non-negative integers."
        )
    shape = [int(size) for size in shape]
    if not isinstance(data, list):
        raise RequestError(400, f"{where}.data must be an array, flat or nested.")
    flat = _flatten(data)
    size = math.prod(shape)
    if len(flat) != size:
        raise RequestError(400, f"{where}.data has {len(flat)} elements, but shape {_told(shape)} needs {size}.")
    for position, value in enumerate(flat):
        if not _fits(datatype, value):
            raise RequestError(
                400, f"{where}.data[{position}] must fit {datatype}, but is of type {type_of(value)}."
            )
    return {"name": name, "datatype": datatype, "shape": shape, "data": flat}


def _nest(flat: list[Any], shape: list[int]) -> Any:
    if not shape:
        return flat[0]
    step = len(flat) // shape[0] if shape[0] else 0
    if len(shape) == 1:
        return flat
    return [_nest(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def _wanted_outputs(fields: list[dict[str, Any]], given: Any) -> list[str]:
    known = [field["name"] for field in fields]
    if given is None:
        return known
    if not isinstance(given, list) or not all(
        isinstance(output, dict) and isinstance(output.get("name"), str) for output in given
    ):
        raise RequestError(400, "outputs must be an array of objects with a name.")
    wanted = [output["name"] for output in given]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise RequestError(400, f"Unknown outputs: {', '.join(unknown)}. The model has {', '.join(known)}.")
    return wanted or known


def rows_from_tensors(
    signature: dict[str, Any], body: Any
) -> tuple[list[dict[str, Any]], str | None, list[str]]:
    """
    Rows by the signature's names, the request's id, and the outputs it wants.

    One `[N, k]` tensor takes the signature's scalars in their order; several
    take them by name. Raises RequestError 400.
    """
    if not isinstance(body, dict):
        raise RequestError(400, "The body must be an object with inputs.")
    request_id = body.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise RequestError(400, "id must be a string.")
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise RequestError(400, "inputs must be an array of tensors.")
    tensors = [_read_tensor(given, index) for index, given in enumerate(inputs)]
    wanted = _wanted_outputs(signature["outputs"], body.get("outputs"))
    fields = signature["inputs"]
    names = [field["name"] for field in fields]
    by_name = {tensor["name"]: tensor for tensor in tensors}
    if len(by_name) != len(tensors):
        raise RequestError(400, "Each input may be given only once.")
    if len(tensors) == 1 and tensors[0]["name"] not in names and len(tensors[0]["shape"]) == 2:
        only = tensors[0]
        if only["shape"][1] != len(names):
            raise RequestError(
                400, f"Input '{only['name']}' must have shape [-1,{len(names)}], not {_told(only['shape'])}."
            )
        if only["shape"][0] == 0:
            raise RequestError(400, _NO_ROWS)
        width = len(names)
        rows = [dict(zip(names, only["data"][i : i + width])) for i in range(0, len(only["data"]), width)]
        return rows, request_id, wanted
    unknown = [name for name in by_name if name not in names]
    if unknown:
        raise RequestError(400, f"Unknown inputs: {', '.join(unknown)}. The model takes {', '.join(names)}.")
    for tensor in tensors:
        if 0 in tensor["shape"][1:]:
            raise RequestError(400, f"Input '{tensor['name']}' must not be empty.")
    counts = {tensor["shape"][0] if tensor["shape"] else 1 for tensor in tensors}
    if len(counts) != 1:
        raise RequestError(400, "All inputs must have the same number of rows.")
    (count,) = counts
    if count == 0:
        raise RequestError(400, _NO_ROWS)
    if count > MAX_ROWS:
        raise RequestError(400, f"A batch has at most {MAX_ROWS} lines, not {count}.")
    rows = [{} for _ in range(count)]
    for field in fields:
        tensor = by_name.get(field["name"])
        if tensor is None:
            continue
        step = len(tensor["data"]) // count
        shape = field.get("shape")
        if shape is None and step != 1:
            raise RequestError(400, f"Input '{field['name']}' must have one value a row, not {step}.")
        for row in range(count):
            values = tensor["data"][row * step : (row + 1) * step]
            if field["type"] == "object":
                values = [_parsed(value, field["name"]) for value in values]
            rows[row][field["name"]] = _nest(values, tensor["shape"][1:]) if shape else values[0]
    return rows, request_id, wanted


def _parsed(value: Any, name: str) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        raise RequestError(400, f"Input '{name}' must be JSON text.") from None


def answer(
    name: str,
    version: str,
    fields: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    request_id: str | None,
    wanted: list[str],
) -> dict[str, Any]:
    """The protocol's answer, one tensor an output; the first dimension is the rows'."""
    by_name = {field["name"]: field for field in fields}
    outputs = []
    for output in wanted:
        field = by_name[output]
        data = _flatten([row[output] for row in rows])
        if field["type"] == "object":
            data = [json.dumps(value) for value in data]
        shape = field.get("shape", [1])
        if shape.count(-1) == 1:
            rest = math.prod(size for size in shape if size != -1)
            shape = [len(data) // len(rows) // rest if size == -1 else size for size in shape]
        outputs.append(
            {"name": output, "datatype": DATATYPE_OF[field["type"]], "shape": [len(rows), *shape], "data": data}
        )
    result: dict[str, Any] = {"model_name": name, "model_version": version}
    if request_id is not None:
        result["id"] = request_id
    result["outputs"] = outputs
    return result
