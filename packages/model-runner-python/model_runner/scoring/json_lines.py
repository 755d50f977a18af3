"""Lines of `POST /invocations` as JSON."""
from __future__ import annotations

import json
import re
from typing import Any

import orjson

from ..errors import RequestError
from ..field_reader import type_of
from ..levels import require_levels
from .columns import Columns

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_FORMAT = f"The input must be a JSON dictionary with exactly one of the input fields {', '.join(_FORMATS)}"


def _wrong(message: str) -> RequestError:
    return RequestError(400, message)


#: Half of a pair of surrogates, which is no text; whole pairs and other escapes are passed over.
_ESCAPES = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)", re.DOTALL)


def _no_constant(name: str) -> None:
    """Python writes NaN for a missing number, which is no JSON; infinities are none either."""
    if name != "NaN":
        raise ValueError(name)


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        value = json.loads(text, parse_constant=_no_constant)
        if not any(escape[1] for escape in _ESCAPES.finditer(text)):
            return value
    except (ValueError, RecursionError):
        pass
    raise _wrong("Ensure that input is a valid JSON formatted string.")


def _list_of(value: Any, what: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise _wrong(f"{what} must be a list, not {'undefined' if value is ... else type_of(value)}.")


def lines_of_json(columns: Columns, text: str) -> list[Any]:
    """By the names of the signature. Raises RequestError 400."""
    body = _parse(text)
    if not isinstance(body, dict):
        raise _wrong(f"{_FORMAT}, not {type_of(body)}.")
    given = [name for name in _FORMATS if name in body]
    if len(given) != 1:
        raise _wrong(f"{_FORMAT}; given are {', '.join(given) or 'none'}.")
    params = body.get("params")
    if params is not None and not isinstance(params, dict):
        raise _wrong(f"params must be a dictionary, not {type_of(params)}.")
    (form,) = given
    data = body[form]
    for name, value in body.items():
        if name != form:
            require_levels(name[:100], value)
    if form == "dataframe_split":
        return _lines_of_split(columns, data)
    if form == "inputs" and isinstance(data, dict):
        return _lines_of_dict(columns, data)
    lines = _list_of(data, form)
    if form == "dataframe_records" or any(isinstance(line, dict) for line in lines):
        return [columns.line(line.items()) if isinstance(line, dict) else line for line in lines]
    return _lines_of_tensor(columns, lines, form)


def _lines_of_split(columns: Columns, frame: Any) -> list[Any]:
    if not isinstance(frame, dict):
        raise _wrong(f"dataframe_split must be a dictionary, not {type_of(frame)}.")
    given = _list_of(frame.get("columns", ...), "dataframe_split.columns")
    for at, name in enumerate(given):
        require_levels(f"dataframe_split.columns[{at}]", name)
    for name, value in frame.items():
        if name not in ("columns", "data"):
            require_levels(f"dataframe_split.{name[:100]}", value)
    names = [name if isinstance(name, str) else orjson.dumps(name).decode() for name in given]
    if len(set(names)) != len(names):
        raise _wrong("dataframe_split.columns names a column twice.")
    lines = []
    for index, row in enumerate(_list_of(frame.get("data", ...), "dataframe_split.data")):
        values = _list_of(row, f"dataframe_split.data[{index}]")
        if len(values) != len(names):
            raise _wrong(f"dataframe_split.data[{index}] has {len(values)} values for {len(names)} columns.")
        lines.append(columns.line(zip(names, values)))
    return lines


def _lines_of_dict(columns: Columns, data: dict[str, Any]) -> list[Any]:
    """A list of values for each input."""
    lists = [(name, _list_of(values, f"inputs.{name}")) for name, values in data.items() if columns.is_input(name, values)]
    sizes = {len(values) for _, values in lists}
    if len(sizes) > 1:
        raise _wrong("All lists of inputs must have the same number of values.")
    return [columns.line((name, values[index]) for name, values in lists) for index in range(max(sizes, default=0))]


def _lines_of_tensor(columns: Columns, lines: list[Any], form: str) -> list[Any]:
    """Without names, values are told by their order."""
    names = columns.names
    if len(names) == 1:
        (name,) = names
        is_scalar = not (columns.get(name) or {}).get("shape")

        def only(item: Any) -> Any:
            return item[0] if is_scalar and isinstance(item, list) and len(item) == 1 else item

        return [columns.line([(name, only(item))]) for item in lines]
    for index, item in enumerate(lines):
        if not isinstance(item, list) or len(item) != len(names):
            raise _wrong(
                f"{form}[{index}] must be a dictionary by name, or the {len(names)} values of {', '.join(names)}."
            )
    return [columns.line(zip(names, item)) for item in lines]
