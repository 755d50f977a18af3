"""Reads the values of one field of a signature: made once, called for every value."""
from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from .levels import LEVELS_RULE, is_too_deep

MAX_FIELDS_TOLD = 50
#: Whole numbers beyond it lose digits in JSON readers.
MAX_SAFE_INTEGER = 2**53 - 1

Errors = list[dict[str, str]]
#: The value as models get it; what does not fit is added to the errors.
Read = Callable[[Any, str, Errors], Any]

_DATE = re.compile(r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_EXPECTED = {
    "number": "a number",
    "integer": "an integer",
    "string": "a string",
    "boolean": "a boolean",
    "date": "a date such as 2026-05-01",
    "datetime": "a date and time with its zone, such as 2026-05-01T12:00:00Z",
    "bytes": "bytes in base64",
    "object": "an object",
}
#: Types whose values are text in JSON, but not any text.
_WRITTEN = ("date", "datetime", "bytes")


def type_of(value: Any) -> str:
    """How a value of JSON is called in messages; never the value itself."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def is_finite(value: float) -> bool:
    """False for a whole number, too, that is larger than any that models count with."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if is_finite(value) else None


def _integer(largest: int) -> Callable[[Any], int | None]:
    def convert(value: Any) -> int | None:
        if isinstance(value, bool):
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return value if isinstance(value, int) and abs(value) <= largest else None

    return convert


def _instance(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, kind) else None


def _date(value: Any) -> date | None:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _datetime(value: Any) -> datetime | None:
    if not isinstance(value, str) or not _DATETIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _bytes(value: Any) -> bytes | None:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return None


def _scalar_reader(field: dict[str, Any], largest_integer: int) -> Read:
    kind = field["type"]
    convert = {
        "number": _number,
        "integer": _integer(largest_integer),
        "string": _instance(str),
        "boolean": _instance(bool),
        "date": _date,
        "datetime": _datetime,
        "bytes": _bytes,
        "object": _instance(dict),
    }[kind]
    expected, is_text = _EXPECTED[kind], kind in _WRITTEN
    allowed = field.get("enum")
    minimum, maximum = field.get("minimum"), field.get("maximum")

    def read(value: Any, path: str, errors: Errors) -> Any:
        fitting = convert(value)
        if fitting is None:
            given = "other text" if is_text and isinstance(value, str) else type_of(value)
            rule = "must be a finite number" if kind == given else f"must be {expected}, not {given}"
            errors.append({"path": path, "message": rule})
        elif kind == "object" and is_too_deep(fitting):
            errors.append({"path": path, "message": LEVELS_RULE})
        elif allowed is not None and fitting not in allowed:
            errors.append({"path": path, "message": f"must be one of {', '.join(map(str, allowed))}"})
        elif minimum is not None and fitting < minimum:
            errors.append({"path": path, "message": f"must be at least {minimum}"})
        elif maximum is not None and fitting > maximum:
            errors.append({"path": path, "message": f"must be at most {maximum}"})
        return fitting

    return read


def shape_of(value: Any, rank: int) -> list[int]:
    """Of nested lists that are of one shape each, in so many dimensions at most."""
    if rank == 0 or not isinstance(value, list):
        return []
    return [len(value), *(shape_of(value[0], rank - 1) if value else [])]


def _shaped_reader(shape: list[int], scalar: Read, may_be_uneven: bool = False) -> Read:
    size, rest = shape[0], shape[1:]
    inner = _shaped_reader(rest, scalar, may_be_uneven) if rest else scalar
    told = ",".join(map(str, shape))
    is_open = -1 in rest and not may_be_uneven

    def read(value: Any, path: str, errors: Errors) -> Any:
        if not isinstance(value, list):
            errors.append({"path": path, "message": f"must be an array of shape [{told}], not {type_of(value)}"})
            return value
        if size not in (-1, len(value)):
            errors.append({"path": path, "message": f"must have {size} elements, not {len(value)}"})
            return value
        result = []
        for index, element in enumerate(value):
            if len(errors) >= MAX_FIELDS_TOLD:
                break
            result.append(inner(element, f"{path}[{index}]", errors))
        if is_open and any(shape_of(item, len(rest)) != shape_of(result[0], len(rest)) for item in result):
            errors.append({"path": path, "message": "must have elements of one shape"})
        return result

    return read


def field_reader(field: dict[str, Any], largest_integer: int = MAX_SAFE_INTEGER) -> Read:
    """Null is no value; whether it may be left out is not its question."""
    scalar = _scalar_reader(field, largest_integer)
    return _shaped_reader(field["shape"], scalar) if field.get("shape") else scalar


def answer_reader(field: dict[str, Any], largest_integer: int) -> Read:
    """
    The same for what a model answers, by type and shape alone: numbers that are none go out as null, and sequences
    may be uneven.
    """
    kind = field["type"]
    read = _scalar_reader({"type": kind}, largest_integer)
    is_numeric = kind in ("number", "integer")

    def scalar(value: Any, path: str, errors: Errors) -> Any:
        is_none = value is None or (isinstance(value, float) and not math.isfinite(value))
        return value if is_numeric and is_none else read(value, path, errors)

    return _shaped_reader(field["shape"], scalar, may_be_uneven=True) if field.get("shape") else scalar
