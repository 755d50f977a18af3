"""Reads `inputs` by the signature: one line or a small batch."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .errors import RequestError

MAX_ROWS = 1_000
MAX_FIELDS_TOLD = 50
#: Whole numbers beyond it lose digits in JSON readers.
MAX_SAFE_INTEGER = 2**53 - 1

Errors = list[dict[str, str]]
Check = Callable[[Any, str, Errors], Any]


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


def _as_integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and abs(value) <= MAX_SAFE_INTEGER else None


def _scalar_check(field: dict[str, Any]) -> Check:
    kind = field["type"]
    allowed = field.get("enum")
    minimum, maximum = field.get("minimum"), field.get("maximum")
    expected = f"an {kind}" if kind in ("integer", "object") else f"a {kind}"

    def check(value: Any, path: str, errors: Errors) -> Any:
        if kind == "integer":
            fitting = _as_integer(value)
            fits = fitting is not None
        elif kind == "number":
            fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
            fitting = value
        elif kind == "boolean":
            fits, fitting = isinstance(value, bool), value
        elif kind == "object":
            fits, fitting = isinstance(value, dict), value
        else:
            fits, fitting = isinstance(value, str), value
        if not fits:
            errors.append({"path": path, "message": f"must be {expected}, not {type_of(value)}"})
        elif allowed is not None and fitting not in allowed:
            errors.append({"path": path, "message": f"must be one of {', '.join(map(str, allowed))}"})
        elif minimum is not None and fitting < minimum:
            errors.append({"path": path, "message": f"must be at least {minimum}"})
        elif maximum is not None and fitting > maximum:
            errors.append({"path": path, "message": f"must be at most {maximum}"})
        return fitting

    return check


def _shaped_check(shape: list[int], scalar: Check) -> Check:
    size, rest = shape[0], shape[1:]
    inner = _shaped_check(rest, scalar) if rest else scalar
    told = ",".join(map(str, shape))

    def check(value: Any, path: str, errors: Errors) -> Any:
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
        return result

    return check


class InputReader:
    """Compiled from the signature once; raises RequestError 400 that names every wrong field."""

    def __init__(self, signature: dict[str, Any]) -> None:
        self._fields = []
        for field in signature["inputs"]:
            scalar = _scalar_check(field)
            check = _shaped_check(field["shape"], scalar) if field.get("shape") else scalar
            self._fields.append((field["name"], field.get("optional", False), field.get("default"), check))
        self._known = {name for name, *_ in self._fields}

    def read(self, body: Any) -> tuple[list[dict[str, Any]], bool]:
        """Returns the rows, and whether they came as a batch."""
        if not isinstance(body, dict) or "inputs" not in body:
            raise RequestError(
                400,
                'The body must be an object {"inputs": {…}} or {"inputs": [{…}, …]}.',
                [{"path": "inputs", "message": "is missing"}],
            )
        inputs = body["inputs"]
        errors: Errors = [
            {"path": name[:100], "message": "is not known beside inputs"}
            for name in list(body)[:MAX_FIELDS_TOLD]
            if name != "inputs"
        ]
        batch = isinstance(inputs, list)
        rows = []
        if batch:
            if not inputs:
                raise RequestError(
                    400, "The batch is empty.", [{"path": "inputs", "message": "must have at least one line"}]
                )
            if len(inputs) > MAX_ROWS:
                raise RequestError(
                    400,
                    f"A batch has at most {MAX_ROWS} lines, not {len(inputs)}.",
                    [{"path": "inputs", "message": f"must have at most {MAX_ROWS} lines"}],
                )
            for index, given in enumerate(inputs):
                if len(errors) >= MAX_FIELDS_TOLD:
                    break
                rows.append(self._read_row(given, f"inputs[{index}]", errors))
        else:
            rows.append(self._read_row(inputs, "inputs", errors))
        if errors:
            first = errors[0]
            raise RequestError(
                400, f"The inputs do not fit the signature: {first['path']} {first['message']}.", errors
            )
        return rows, batch

    def problems(self, row: Any, path: str) -> Errors:
        """What in one row does not fit."""
        errors: Errors = []
        self._read_row(row, path, errors)
        return errors

    def _read_row(self, given: Any, path: str, errors: Errors) -> dict[str, Any]:
        if not isinstance(given, dict):
            errors.append(
                {"path": path, "message": f"must be an object with the inputs by name, not {type_of(given)}"}
            )
            return {}
        row = {}
        for name, optional, default, check in self._fields:
            if name not in given or (given[name] is None and optional):
                if default is not None:
                    row[name] = default
                elif optional:
                    row[name] = None
                else:
                    errors.append({"path": f"{path}.{name}", "message": "is missing"})
            else:
                row[name] = check(given[name], f"{path}.{name}", errors)
        for name in given:
            if len(errors) >= MAX_FIELDS_TOLD:
                break
            if name not in self._known:
                errors.append({"path": f"{path}.{name[:100]}", "message": "is not an input of this model"})
        return row
