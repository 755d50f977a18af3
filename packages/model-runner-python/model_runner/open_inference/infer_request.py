"""Reads the body of `POST v2/models/{m}/infer`."""
from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from ..errors import RequestError
from ..field_reader import MAX_SAFE_INTEGER, type_of
from ..levels import require_levels
from .datatypes import DATATYPES, are_fit, misfit, read_binary, size_of

MAX_DIMENSIONS = 8
#: Extensions of other servers that change what an answer is, and are not spoken here.
_NOT_SERVED = ("shared_memory_region", "shared_memory_byte_size", "shared_memory_offset", "classification")


@dataclass(frozen=True)
class Tensor:
    name: str
    datatype: str
    shape: list[int]
    #: Flat, row-major.
    data: list[Any]
    #: Whether the data were JSON, which has no numbers that are none.
    is_json: bool

    @property
    def is_finite(self) -> bool:
        return self.is_json and self.datatype.startswith("FP")


@dataclass(frozen=True)
class InferRequest:
    id: str | None
    tensors: list[Tensor]
    #: Outputs by name, and whether they are wanted as binary data; none names all.
    wanted: list[tuple[str, bool]]
    #: Whether outputs that are not named are binary.
    is_binary: bool


class _BinaryPart:
    """Hands out the bytes behind the JSON, tensor by tensor."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: Any, where: str) -> bytes:
        if not _is_size(size):
            raise RequestError(400, f"{where}.parameters.binary_data_size must be a non-negative integer.")
        begin, end = self._at, self._at + int(size)
        if end > len(self._data):
            raise RequestError(
                400,
                f"{where} has {int(size)} bytes of binary data by its parameters, "
                f"but only {len(self._data) - begin} are left in the body.",
            )
        self._at = end
        return self._data[begin:end]

    def end(self) -> None:
        left = len(self._data) - self._at
        if left > 0:
            raise RequestError(400, f"The body has {left} bytes behind the data of its tensors.")


def told(shape: list[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def flatten(data: list[Any], depth: int = MAX_DIMENSIONS) -> list[Any]:
    if depth == 0 or list not in set(map(type, data)):
        return data
    flat: list[Any] = []
    for value in data:
        if isinstance(value, list):
            flat.extend(flatten(value, depth - 1))
        else:
            flat.append(value)
    return flat


def _flat_of(data: list[Any], shape: list[int], where: str) -> list[Any]:
    """Raises RequestError 400 where the nesting is another than the shape: values would stand in other rows."""
    if list not in set(map(type, data)):
        return data
    fits = len(data) == (shape[0] if shape else 1)
    level = data
    for size in shape[1:]:
        fits = fits and all(isinstance(one, list) and len(one) == size for one in level)
        if fits:
            level = list(chain.from_iterable(level))
    if not fits:
        raise RequestError(
            400, f"{where}.data is nested, but not as shape {told(shape)} says; give it so, or flat."
        )
    return level


def _is_size(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer() and 0 <= value <= MAX_SAFE_INTEGER
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE_INTEGER


def _parameters(given: dict[str, Any], where: str) -> dict[str, Any]:
    """Some clients write null for what they leave out."""
    parameters = given.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise RequestError(400, f"{where}parameters must be an object.")
    for name in _NOT_SERVED:
        if name in parameters:
            raise RequestError(400, f"{where}parameters.{name} is of an extension that is not served here.")
    return parameters


def _flag(parameters: dict[str, Any], name: str, where: str, otherwise: bool) -> bool:
    value = parameters.get(name, otherwise)
    if not isinstance(value, bool):
        raise RequestError(400, f"{where}parameters.{name} must be a boolean.")
    return value


def _require_count(count: int, shape: list[int], has: str) -> None:
    size = math.prod(shape)
    if count != size:
        raise RequestError(400, f"{has} {count} elements, but shape {told(shape)} needs {size}.")


def _read_tensor(given: Any, index: int, part: _BinaryPart) -> Tensor:
    where = f"inputs[{index}]"
    if not isinstance(given, dict):
        raise RequestError(400, f"{where} must be an object.")
    for key, value in given.items():
        if key != "data":
            require_levels(f"{where}.{key[:100]}", value)
    name, datatype, shape, data = (given.get(key) for key in ("name", "datatype", "shape", "data"))
    if not isinstance(name, str) or not name:
        raise RequestError(400, f"{where}.name must be a string.")
    if not isinstance(datatype, str) or datatype not in DATATYPES:
        raise RequestError(400, f"{where}.datatype must be one of {', '.join(DATATYPES)}.")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS or not all(map(_is_size, shape)):
        raise RequestError(
            400, f"{where}.shape must be an array of at most {MAX_DIMENSIONS} non-negative integers."
        )
    shape = [int(size) for size in shape]
    parameters = _parameters(given, f"{where}.")
    if "binary_data_size" in parameters:
        if data is not None:
            raise RequestError(400, f"{where} must not have data twice.")
        taken = part.take(parameters["binary_data_size"], where)
        size = size_of(datatype)
        if size is not None and len(taken) != math.prod(shape) * size:
            raise RequestError(
                400,
                f"{where} has {len(taken)} bytes of binary data, "
                f"but shape {told(shape)} of {datatype} needs {math.prod(shape) * size}.",
            )
        values = read_binary(datatype, taken, where)
        _require_count(len(values), shape, f"{where} has")
        return Tensor(name, datatype, shape, values, False)
    if not isinstance(data, list):
        raise RequestError(400, f"{where}.data must be an array, flat or nested.")
    is_fit = are_fit(datatype, data)
    flat = data if is_fit else _flat_of(data, shape, where)
    _require_count(len(flat), shape, f"{where}.data has")
    position = None if is_fit else misfit(datatype, flat)
    if position is not None:
        raise RequestError(
            400, f"{where}.data[{position}] must fit {datatype}, but is of type {type_of(flat[position])}."
        )
    return Tensor(name, datatype, shape, flat, True)


def _split(body: bytes, header: bytes | None) -> tuple[bytes, bytes]:
    if header is None:
        return body, b""
    length = int(header) if header.isdigit() and len(header) <= 10 else math.inf
    if length > len(body):
        raise RequestError(
            400,
            "Inference-Header-Content-Length must be the size of the JSON in front of the binary data, "
            f"at most the body's {len(body)} bytes.",
        )
    return body[: int(length)], body[int(length) :]


def read_infer_request(body: bytes, header: bytes | None = None) -> InferRequest:
    """
    JSON, and behind it the bytes of the tensors whose `binary_data_size` says so.

    `header`: `Inference-Header-Content-Length`, where it was sent. Raises RequestError 400.
    """
    json, binary = _split(body, header)
    try:
        given = orjson.loads(json)
    except orjson.JSONDecodeError:
        raise RequestError(400, "The body is not valid JSON.") from None
    if not isinstance(given, dict):
        raise RequestError(400, "The body must be an object with inputs.")
    for name, value in given.items():
        if name != "inputs":
            require_levels(name[:100], value)
    request_id = given.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise RequestError(400, "id must be a string.")
    is_binary = _flag(_parameters(given, ""), "binary_data_output", "", False)
    inputs = given.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise RequestError(400, "inputs must be an array of tensors.")
    part = _BinaryPart(binary)
    tensors = [_read_tensor(tensor, index, part) for index, tensor in enumerate(inputs)]
    part.end()
    if len({tensor.name for tensor in tensors}) != len(tensors):
        raise RequestError(400, "Each input may be given only once.")
    outputs = given.get("outputs")
    if outputs is None:
        return InferRequest(request_id, tensors, [], is_binary)
    if not isinstance(outputs, list) or not all(
        isinstance(output, dict) and isinstance(output.get("name"), str) for output in outputs
    ):
        raise RequestError(400, "outputs must be an array of objects with a name.")
    if len({output["name"] for output in outputs}) != len(outputs):
        raise RequestError(400, "Each output may be asked for only once.")
    wanted = []
    for index, output in enumerate(outputs):
        where = f"outputs[{index}]."
        wanted.append((output["name"], _flag(_parameters(output, where), "binary_data", where, is_binary)))
    return InferRequest(request_id, tensors, wanted, is_binary)
