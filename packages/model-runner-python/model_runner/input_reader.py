"""Reads `inputs` by the signature: one line or a small batch."""
from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

from .errors import RequestError, StartError
from .field_reader import MAX_FIELDS_TOLD, MAX_SAFE_INTEGER, Errors, Read, field_reader, type_of

MAX_ROWS = 1_000


def _fallback(field: dict[str, Any], read: Read) -> Callable[[], Any] | None:
    """What stands for an input that is left out; made anew, for a model could change it."""
    default = field.get("default")
    if default is None:
        return (lambda: None) if field.get("optional") else None
    errors: Errors = []
    read(default, f"the default of input '{field['name']}'", errors)
    if errors:
        raise StartError(f"{errors[0]['path']} {errors[0]['message']}")
    return lambda: read(copy.deepcopy(default), "", [])


def _plain_type(field: dict[str, Any]) -> type | None:
    """What values of a field are where nothing else is said of it: there is nothing to read then, but whether they are finite."""
    if field.get("shape") or any(field.get(bound) is not None for bound in ("enum", "minimum", "maximum")):
        return None
    return {"number": float, "string": str, "boolean": bool}.get(field["type"])


def no_fit(errors: Errors) -> RequestError:
    first = errors[0]
    return RequestError(
        400, f"The inputs do not fit the signature: {first['path']} {first['message']}.", errors
    )


class InputReader:
    """
    Compiled from the signature once; raises RequestError 400 that names every wrong field.

    `largest_integer`: what JSON carries exactly, unless the values came otherwise.
    """

    def __init__(self, fields: list[dict[str, Any]], largest_integer: int = MAX_SAFE_INTEGER) -> None:
        self._fields = []
        for field in fields:
            read = field_reader(field, largest_integer)
            self._fields.append(
                (field["name"], field.get("optional", False), _fallback(field, read), read, _plain_type(field))
            )
        self._known = {name for name, *_ in self._fields}
        self._is_only_numbers = all(plain is float for *_, plain in self._fields)

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
            raise no_fit(errors)
        return rows, batch

    def problems(self, row: Any, path: str) -> Errors:
        """What in one row does not fit."""
        errors: Errors = []
        self._read_row(row, path, errors)
        return errors

    def _is_numbers(self, given: dict[str, Any]) -> bool:
        """Looked at together, they take a fifth of the time; what is not sure here is looked at one by one."""
        return (
            given.keys() == self._known
            and set(map(type, given.values())) <= {float, int}
            and math.isfinite(sum(given.values()))
        )

    def _read_row(self, given: Any, path: str, errors: Errors) -> dict[str, Any]:
        if not isinstance(given, dict):
            errors.append(
                {"path": path, "message": f"must be an object with the inputs by name, not {type_of(given)}"}
            )
            return {}
        if self._is_only_numbers and self._is_numbers(given):
            return given
        row = {}
        for name, optional, fallback, read, plain in self._fields:
            value = given.get(name, ...)
            # Most values of most calls: nothing else is done for them.
            if type(value) is plain and (plain is not float or math.isfinite(value)):
                row[name] = value
            elif value is ... or (value is None and optional):
                if fallback is not None:
                    row[name] = fallback()
                else:
                    errors.append({"path": f"{path}.{name}", "message": "is missing"})
            else:
                row[name] = read(value, f"{path}.{name}", errors)
        if not self._known.issuperset(given):
            for name in given:
                if len(errors) >= MAX_FIELDS_TOLD:
                    break
                if name not in self._known:
                    errors.append({"path": f"{path}.{name[:100]}", "message": "is not an input of this model"})
        return row
