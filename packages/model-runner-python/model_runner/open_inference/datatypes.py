"""The datatypes of the Open Inference Protocol, in JSON and as binary data."""
from __future__ import annotations

import math
import struct
from typing import Any

from ..errors import RequestError
from ..field_reader import MAX_SAFE_INTEGER

_LARGEST = {"FP16": 65504.0, "FP32": 3.4028234663852886e38, "FP64": math.inf}
#: Lowest and highest value in JSON; 64 bit end where its readers end to be exact.
_INTEGERS = {
    **{f"UINT{bits}": (0, 2**bits - 1) for bits in (8, 16, 32)},
    "UINT64": (0, MAX_SAFE_INTEGER),
    **{f"INT{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32)},
    "INT64": (-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
}
#: How `struct` calls one value of the datatype.
_FORMATS = {
    "BOOL": "B",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}
DATATYPES = ("BOOL", *_INTEGERS, *_LARGEST, "BYTES")
_PREFIX = struct.Struct("<I")


def size_of(datatype: str) -> int | None:
    """Bytes of one value; None where each says its own."""
    return struct.calcsize(f"<{_FORMATS[datatype]}") if datatype in _FORMATS else None


def fits(datatype: str, value: Any) -> bool:
    """Whether a value of JSON is one of the datatype."""
    if datatype == "BOOL":
        return isinstance(value, bool)
    if datatype == "BYTES":
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if datatype in _LARGEST:
        return math.isfinite(value) and abs(value) <= _LARGEST[datatype]
    lowest, highest = _INTEGERS[datatype]
    return (isinstance(value, int) or value.is_integer()) and lowest <= value <= highest


def are_fit(datatype: str, values: list[Any]) -> bool:
    """Whether these are flat and sure to be all of the datatype, looked at together: a tenth of the time that each takes."""
    if not values or datatype in ("BOOL", "BYTES"):
        return False
    kinds = set(map(type, values))
    if datatype in _INTEGERS:
        lowest, highest = _INTEGERS[datatype]
        return kinds == {int} and lowest <= min(values) and max(values) <= highest
    if not kinds <= {float, int}:
        return False
    largest = _LARGEST[datatype]
    # A sum that is finite has finite numbers only.
    return math.isfinite(sum(values)) and (largest == math.inf or (-largest <= min(values) and max(values) <= largest))


def misfit(datatype: str, values: list[Any]) -> int | None:
    """Position of the first value of JSON that is none of the datatype; None where all fit."""
    return next((position for position, value in enumerate(values) if not fits(datatype, value)), None)


def _kind(datatype: str) -> str:
    if datatype.startswith("FP"):
        return "FP"
    return "INT" if "INT" in datatype else datatype


def is_taken_for(given: str, wanted: str) -> bool:
    """Whether tensors of one datatype may be given for another: numbers of another size are, where each fits."""
    kinds = (_kind(given), _kind(wanted))
    return kinds[0] == kinds[1] or kinds == ("INT", "FP")


def read_binary(datatype: str, data: bytes, where: str) -> list[Any]:
    """Values of a tensor's bytes, row-major, little-endian. Raises RequestError 400 where they are none."""
    if datatype == "BYTES":
        return _read_texts(data, where)
    values = list(struct.unpack(f"<{len(data) // (size_of(datatype) or 1)}{_FORMATS[datatype]}", data))
    if datatype != "BOOL":
        return values
    if any(value > 1 for value in values):
        raise RequestError(400, f"{where} has bytes that are no BOOL.")
    return [value == 1 for value in values]


def _read_texts(data: bytes, where: str) -> list[bytes]:
    values, at = [], 0
    while at < len(data):
        begin = at + _PREFIX.size
        end = begin + _PREFIX.unpack_from(data, at)[0] if begin <= len(data) else math.inf
        if end > len(data):
            raise RequestError(400, f"{where} has BYTES that do not end where their length says.")
        at = int(end)
        values.append(data[begin:at])
    return values


def write_binary(name: str, datatype: str, values: list[Any]) -> bytes:
    """Raises RequestError 400 where a value is missing and the datatype has nothing for it."""
    if datatype == "BYTES":
        texts = (value if isinstance(value, bytes) else str("" if value is None else value).encode() for value in values)
        return b"".join(part for text in texts for part in (_PREFIX.pack(len(text)), text))
    if datatype in _LARGEST:
        values = [math.nan if value is None else value for value in values]
    elif None in values:
        raise RequestError(
            400,
            f"Output '{name}' lacks values, and binary data of {datatype} have nothing for that; ask for it as JSON.",
        )
    return struct.pack(f"<{len(values)}{_FORMATS[datatype]}", *values)
