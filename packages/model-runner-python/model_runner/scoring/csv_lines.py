"""Lines of `POST /invocations` as CSV whose first line has the names of the columns."""
from __future__ import annotations

import csv
import io
import re
import sys
from typing import Any

import orjson

from ..errors import RequestError
from .columns import Columns

# Of one cell, which may be all of a body; those have a limit of their own.
csv.field_size_limit(sys.maxsize)

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False, "": None}


def _cell(field: dict[str, Any], text: str) -> Any:
    """As JSON would carry it; what can't be read stays text, which the signature's reader names."""
    kind = field["type"]
    if field.get("shape") or kind == "object":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    if kind in ("number", "integer"):
        if _NUMBER.fullmatch(text):
            return float(text)
        return None if text.lower() in ("", "nan") else text
    if kind == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if text == "" and (kind != "string" or field.get("optional") or field.get("default") is not None):
        return None
    return text


def lines_of_csv(columns: Columns, text: str) -> list[Any]:
    """Raises RequestError 400."""
    wrong = RequestError(
        400,
        "Failed to parse input as a data frame. "
        "Ensure that the input is valid CSV with the names of the columns in its first line.",
    )
    try:
        table = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True) if row]
    except csv.Error:
        raise wrong from None
    names, rows = (table[0], table[1:]) if table else ([], [])
    if any(len(row) != len(names) for row in rows):
        raise wrong
    if len(set(names)) != len(names):
        raise RequestError(400, "The first line of the CSV names a column twice.")
    fields = [columns.get(name) for name in names]
    return [
        columns.line(
            (name, _cell(field, value)) for name, field, value in zip(names, fields, row) if field is not None
        )
        for row in rows
    ]
