"""Whether what a model without code of its own answers is what the signature says, by type and shape alone."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from .errors import ModelOutputError
from .field_reader import MAX_FIELDS_TOLD, Errors, answer_reader
from .table import Table

_NONE = type(None)
#: What values are that are sure to fit. Numbers that are none, such as NaN, go to the caller as null.
_SURE: dict[str, frozenset[type]] = {
    "number": frozenset({float, int, _NONE}),
    "integer": frozenset({int, _NONE}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
}


def _is_sure(field: dict[str, Any], column: Sequence[Any]) -> bool:
    """Looked at as a whole, which costs next to nothing."""
    values = column
    for size in field.get("shape") or ():
        if not {list}.issuperset(map(type, values)):
            return False
        if size != -1 and not {size}.issuperset(map(len, values)):
            return False
        values = list(chain.from_iterable(values))
    return _SURE.get(field["type"], frozenset()).issuperset(map(type, values))


def answer_check(fields: list[dict[str, Any]], largest_integer: int) -> Callable[[Table], None]:
    """
    Made once, and for every call: whether an answer is given must not hang on those before it. Null says nothing of
    an output. The check raises ModelOutputError that names every wrong field.
    """
    readers = [(field, answer_reader(field, largest_integer)) for field in fields]

    def check(table: Table) -> None:
        unsure = [(field["name"], read) for field, read in readers if not _is_sure(field, table.columns[field["name"]])]
        if not unsure:
            return
        errors: Errors = []
        for index in range(table.count):
            path = "outputs" if table.count == 1 else f"outputs[{index}]"
            for name, read in unsure:
                value = table.columns[name][index]
                if value is not None and len(errors) < MAX_FIELDS_TOLD:
                    read(value, f"{path}.{name}", errors)
        if errors:
            raise ModelOutputError(errors)

    return check
