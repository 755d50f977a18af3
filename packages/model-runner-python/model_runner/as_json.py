"""Answers as JSON: one way for all protocols."""
from __future__ import annotations

from typing import Any

import orjson


def _plain(value: Any) -> Any:
    """Arrays that do not lie in memory as lists do, and those of texts."""
    to_list = getattr(value, "tolist", None)
    if to_list is None:
        raise TypeError
    return to_list()


def as_json(value: Any) -> bytes:
    """
    What numpy has within objects becomes lists and numbers, and a number that is none, such as NaN, null.

    Raises TypeError where JSON has nothing for it.
    """
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY)
