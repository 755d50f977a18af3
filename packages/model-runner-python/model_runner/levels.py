"""How deep lists and objects may lie within each other, in values that may hold anything."""
from __future__ import annotations

from itertools import chain
from typing import Any

from .errors import RequestError

#: The same in Node, and in the portal.
MAX_LEVELS = 100
LEVELS_RULE = f"must be nested at most {MAX_LEVELS} levels deep"


def is_too_deep(value: Any) -> bool:
    """Looked at level by level: whatever goes down by itself has an end that a caller would choose."""
    level = [value]
    for _ in range(MAX_LEVELS + 1):
        level = [one for one in level if isinstance(one, (list, dict))]
        if not level:
            return False
        level = list(chain.from_iterable(one.values() if isinstance(one, dict) else one for one in level))
    return True


def require_levels(where: str, value: Any) -> None:
    """Raises RequestError 400 where a value that is let pass is nested too deep."""
    if is_too_deep(value):
        raise RequestError(400, f"{where} {LEVELS_RULE}.")
