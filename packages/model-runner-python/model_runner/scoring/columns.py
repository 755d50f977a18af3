"""The columns of a data frame that are inputs of the model."""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..levels import require_levels

#: Moments of MLflow have no zone: they are UTC.
_WITHOUT_ZONE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?")


def _plain(field: dict[str, Any], value: Any, rank: int) -> Any:
    """MLflow's clients break base64 into lines, and leave zones out."""
    if isinstance(value, list) and rank > 0:
        return [_plain(field, item, rank - 1) for item in value]
    if not isinstance(value, str):
        return value
    if field["type"] == "bytes":
        return re.sub(r"\s+", "", value)
    return f"{value}Z" if field["type"] == "datetime" and _WITHOUT_ZONE.fullmatch(value) else value


class Columns:
    """In any order, and others are left aside, as MLflow does. What is missing in a frame is null."""

    def __init__(self, fields: list[dict[str, Any]]) -> None:
        self._fields = {field["name"]: field for field in fields}
        self.names = list(self._fields)

    def get(self, name: Any) -> dict[str, Any] | None:
        return self._fields.get(name)

    def is_input(self, name: str, value: Any) -> bool:
        """Whether a column is not to be left aside. Raises RequestError 400 where it would be, but is nested too deep."""
        if name in self._fields:
            return True
        require_levels(f"The column {name[:100]}", value)
        return False

    def line(self, values: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
        """One line by the names of the signature."""
        line = {}
        for name, value in values:
            if not self.is_input(name, value):
                continue
            field = self._fields[name]
            if value is None and field.get("default") is not None:
                continue
            line[name] = _plain(field, value, len(field.get("shape", ())))
        return line
