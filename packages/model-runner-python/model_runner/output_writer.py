"""Answers as JSON carries them, by the signature."""
from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone
from typing import Any

from .table import Table


def _plain(value: Any) -> Any:
    """Moments of pandas are datetimes, with nanoseconds, and one that is none: it differs from itself."""
    if not hasattr(value, "to_pydatetime"):
        return value
    return value.to_pydatetime(warn=False) if value == value else None


def _date(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, date) else value


def _datetime(value: Any) -> Any:
    value = _plain(value)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    text = value.replace(microsecond=0).isoformat()
    begin, zone = text[:19], text[19:]
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    return f"{begin}{fraction}{'Z' if zone == '+00:00' else zone}"


def _bytes(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, (bytes, bytearray, memoryview)) else value


def _integer(value: Any) -> Any:
    """Labels that were fitted as floats are answered so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_WRITERS = {"date": _date, "datetime": _datetime, "bytes": _bytes, "integer": _integer}


#: Columns of nothing else stay as they are.
_WHOLE = frozenset({int, type(None)})


def _column(write: Callable[[Any], Any], values: Sequence[Any]) -> Sequence[Any]:
    if write is _integer and _WHOLE.issuperset(map(type, values)):
        return values
    return [_each(write, value) for value in values]


def _each(write: Callable[[Any], Any], value: Any) -> Any:
    return [_each(write, item) for item in value] if isinstance(value, list) else write(value)


def output_writer(fields: list[dict[str, Any]]) -> Callable[[Table], Table]:
    """Made once; most models have nothing that JSON doesn't have."""
    writers = [(field["name"], _WRITERS[field["type"]]) for field in fields if field["type"] in _WRITERS]
    if not writers:
        return lambda table: table

    def write(table: Table) -> Table:
        written = {name: _column(writer, table.columns[name]) for name, writer in writers}
        return Table(table.count, {**table.columns, **written})

    return write
