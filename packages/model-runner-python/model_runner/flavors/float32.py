"""Numbers that models count with in 32 bits."""
from __future__ import annotations

from typing import Any

from ..field_reader import MAX_FIELDS_TOLD
from ..input_reader import no_fit

#: Some models compute with 32 bits, where larger numbers are infinite.
LARGEST_FLOAT32 = 3.4028234663852886e38


def require_float32(lines: Any, names: list[str]) -> None:
    """Raises RequestError 400 that names the numbers of the first lines that 32 bits have no room for."""
    import numpy

    wide = numpy.argwhere(numpy.abs(lines) > LARGEST_FLOAT32)[:MAX_FIELDS_TOLD]
    if len(wide):
        rule = f"must be from -{LARGEST_FLOAT32} to {LARGEST_FLOAT32}, which is all that the model counts with"
        paths = [f"{'inputs' if len(lines) == 1 else f'inputs[{line}]'}.{names[column]}" for line, column in wide]
        raise no_fit([{"path": path, "message": rule} for path in paths]) from None
