"""Reads all values of one field at once: made once, called for every batch."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .field_reader import Errors, Read, is_finite

#: The column as models get it; None where something in it does not fit, or that is not sure.
ReadColumn = Callable[[Sequence[Any]], Sequence[Any] | None]

#: What JSON's values are that fit these types as they are.
_PLAIN: dict[str, frozenset[type]] = {
    "number": frozenset({float, int}),
    "integer": frozenset({int}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
}


def _is_sum_finite(values: Sequence[Any]) -> bool:
    try:
        return is_finite(sum(values))
    except OverflowError:
        return False


def _plain_check(field: dict[str, Any], largest_integer: int) -> Callable[[Sequence[Any]], bool] | None:
    """Whether values are sure to fit as they are, looked at together; None for fields whose values must be converted."""
    kind = field["type"]
    if kind not in _PLAIN or field.get("shape"):
        return None
    is_of_type = _PLAIN[kind].issuperset
    checks: list[Callable[[Sequence[Any]], bool]] = []
    if kind == "number":
        # A sum that is finite has finite numbers only.
        checks.append(lambda values: _is_sum_finite(values))
    if kind == "integer":
        checks.append(lambda values: -largest_integer <= min(values) and max(values) <= largest_integer)
    allowed, minimum, maximum = field.get("enum"), field.get("minimum"), field.get("maximum")
    if allowed is not None:
        checks.append(frozenset(allowed).issuperset)
    if minimum is not None:
        checks.append(lambda values: min(values) >= minimum)
    if maximum is not None:
        checks.append(lambda values: max(values) <= maximum)

    def check(values: Sequence[Any]) -> bool:
        return is_of_type(map(type, values)) and all(fits(values) for fits in checks)

    return check


def column_reader(
    field: dict[str, Any], read: Read, fallback: Callable[[], Any] | None, largest_integer: int
) -> ReadColumn:
    """`read`: of one value; `fallback`: what stands for one that is left out."""
    is_plain = _plain_check(field, largest_integer)
    replace_null = fallback if field.get("optional") else None

    def read_each(values: Sequence[Any]) -> Sequence[Any] | None:
        errors: Errors = []
        column = [replace_null() if value is None and replace_null else read(value, "", errors) for value in values]
        return None if errors else column

    if is_plain is None:
        return read_each
    return lambda values: values if is_plain(values) else read_each(values)
