"""Whether what the developer's code answers is what the signature says."""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .errors import ModelOutputError
from .input_reader import InputReader
from .table import Table


def output_check(fields: list[dict[str, Any]], largest_integer: int) -> Callable[[Table], None]:
    """Made once; the check raises ModelOutputError that names every wrong field of the first wrong row."""
    # What is null is told here; all else is read as inputs are.
    readable = [{**{key: value for key, value in field.items() if key != "default"}, "optional": True} for field in fields]
    reader = InputReader(readable, largest_integer)
    needed = [field["name"] for field in fields if not field.get("optional")]

    def check(table: Table) -> None:
        for index, row in enumerate(table.rows):
            path = "outputs" if table.count == 1 else f"outputs[{index}]"
            errors = [{"path": f"{path}.{name}", "message": "must not be null"} for name in needed if row[name] is None]
            # A number that is none, such as NaN, goes to the caller as null.
            finite = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()}
            errors += reader.problems(finite, path)
            if errors:
                raise ModelOutputError(errors)

    return check
