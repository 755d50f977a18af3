"""How MLflow's server answers."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..table import Table

_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "REQUEST_LIMIT_EXCEEDED",
    503: "TEMPORARILY_UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_code(status: int) -> str:
    return _CODES.get(status, "INTERNAL_ERROR" if status >= 500 else "BAD_REQUEST")


def predictions_of(fields: list[dict[str, Any]], answers: Table) -> Sequence[Any]:
    """Values where a model has one output, else a dictionary for each line."""
    return answers.columns[fields[0]["name"]] if len(fields) == 1 else answers.rows
