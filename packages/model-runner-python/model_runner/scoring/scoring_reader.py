"""Reads `POST /invocations` by its content type."""
from __future__ import annotations

from typing import Any

from ..errors import RequestError
from .columns import Columns
from .csv_lines import lines_of_csv
from .json_lines import lines_of_json

_READERS = {"text/csv": lines_of_csv, "application/json": lines_of_json}


class ScoringReader:
    """Its lines are still to be read by the signature. Raises RequestError 400, 415."""

    def __init__(self, fields: list[dict[str, Any]]) -> None:
        self._columns = Columns(fields)

    def read(self, body: bytes, content_type: str) -> list[Any]:
        mime, *parameters = (part.strip() for part in (content_type or "application/json").split(";"))
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.lower() != "charset":
                raise RequestError(415, f"Unrecognized content type parameters: {name}.")
            if value.lower() != "utf-8":
                raise RequestError(415, "The scoring server only supports UTF-8")
        reader = _READERS.get(mime.lower())
        if reader is None:
            raise RequestError(
                415, f"This predictor only supports the following content types: Types: {', '.join(_READERS)}."
            )
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise RequestError(400, "Ensure that input is a valid UTF-8 encoded string.") from None
        return reader(self._columns, text)
