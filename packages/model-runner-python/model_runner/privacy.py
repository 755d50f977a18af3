"""Keeps values of the requests in hand out of everything that is written down meanwhile."""
from __future__ import annotations

import base64
import datetime
import json
import re
import sys
import threading
import urllib.parse
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from operator import itemgetter
from typing import Any

from .field_reader import is_finite
from .table import Rows, Table

#: Texts that are shorter stand for nobody.
MIN_TEXT = 4
#: Numbers with fewer digits are those of anybody.
MIN_DIGITS = 6
#: So much of a value's beginning is the value, cut off.
MIN_BEGINNING = 8
MAX_TEXT = 16_384
#: Of all texts of a line together.
MAX_LINE = 65_536
MAX_DEPTH = 8
MAX_MEMBERS = 100
MAX_PATHS = 20

#: The field of the signature, its path in the request, the value.
FieldValue = tuple[str, str, Any]


def _forms_of_text(text: str) -> Iterator[str]:
    yield text
    if text.isascii() and text.isalnum():
        return
    yield text.strip()
    # As JSON, a printed value and an address have it.
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield json.dumps(text)[1:-1]
    yield repr(text)[1:-1]
    yield ascii(text)[1:-1]
    yield urllib.parse.quote(text, errors="replace")
    if "\n" in text:
        yield from (line.strip() for line in text.split("\n"))


def _forms_of_bytes(value: bytes) -> Iterator[str]:
    yield base64.b64encode(value).decode().rstrip("=")
    yield base64.urlsafe_b64encode(value).decode().rstrip("=")
    yield value.hex()
    yield repr(value)[2:-1]
    yield ", ".join(map(str, value))
    try:
        yield from _forms_of_text(value.decode())
    except UnicodeDecodeError:
        pass


def _rounded(value: float) -> tuple[str, ...]:
    if abs(value) < 10 ** (MIN_DIGITS - 1) or not is_finite(value):
        return ()
    return str(abs(int(value))), str(abs(round(value)))


def written_forms(value: Any) -> Iterator[str]:
    """How a value may stand in a text: as it is, escaped, encoded. None where it is too short to tell anything."""
    forms: Iterable[str] = ()
    if isinstance(value, str):
        forms = _forms_of_text(value) if len(value.strip()) >= MIN_TEXT else ()
    elif isinstance(value, (bytes, bytearray)):
        forms = _forms_of_bytes(bytes(value)) if len(value) >= MIN_TEXT else ()
    elif isinstance(value, (datetime.date, datetime.datetime)):
        forms = (str(value), value.isoformat(), repr(value))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        text = repr(value).removeprefix("-")
        if len(re.sub(r"\D", "", text)) >= MIN_DIGITS:
            forms = (text, text.removesuffix(".0"), f"{abs(value):,}", *_rounded(value))
    for form in forms:
        if len(form) >= MIN_TEXT and form.strip():
            yield form


def _scalars_of(given: Any) -> Iterator[Any]:
    """Names of an object's members are values too: the caller chose them. However deep, it needs no stack."""
    left = [given]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield from value
            left.extend(value.values())
        elif isinstance(value, (list, tuple)):
            left.extend(value)
        elif hasattr(value, "tolist"):
            left.append(value.tolist())
        else:
            yield value


def values_of_rows(rows: Rows) -> Iterator[FieldValue]:
    """Paths end at the signature's fields: what is within may be named by the caller."""
    for index, row in enumerate(rows):
        at = "inputs" if len(rows) == 1 else f"inputs[{index}]"
        for field, given in row.items():
            for value in _scalars_of(given):
                yield field, f"{at}.{field}", value


class ValueFilter:
    """
    Finds values in texts, in time that hardly grows with their number: the forms are sorted, and the one
    with the longest beginning that a text has is beside the place where the text itself would stand.
    """

    def __init__(self, values: Iterable[FieldValue]) -> None:
        self._of: dict[str, tuple[str, str]] = {}
        for field, path, value in values:
            for form in written_forms(value):
                self._of.setdefault(form, (path, field))
        self._sorted = sorted(self._of)
        self._starts = {form[:MIN_TEXT] for form in self._sorted}
        self._longest = max(map(len, self._sorted), default=0)

    def longest_at(self, text: str, at: int) -> tuple[int, str, str]:
        """Length of the value that stands at this place of the text, its path and field; 0 where none does."""
        if text[at : at + MIN_TEXT] not in self._starts:
            return 0, "", ""
        place = bisect_left(self._sorted, text[at : at + self._longest])
        length, form = max((_common(form, text, at), form) for form in self._sorted[max(place - 1, 0) : place + 1])
        if length < MIN_BEGINNING:
            # A value may be that short, but then it is there as a whole.
            whole = (text[at : at + size] for size in range(length, MIN_TEXT - 1, -1))
            form = next((short for short in whole if short in self._of), "")
            length = len(form)
        return (length, *self._of[form]) if length else (0, "", "")


def replaced(text: str, filters: list[ValueFilter]) -> tuple[str, list[tuple[str, str]]]:
    """The text with the path of its field in place of every value; and path and field of each."""
    found: list[tuple[str, str]] = []
    clean: list[str] = []
    at = begin = 0
    while at + MIN_TEXT <= len(text):
        # Of values that begin alike, of one request or of several, the longest is meant.
        length, path, field = max((one.longest_at(text, at) for one in filters), key=itemgetter(0))
        if length:
            clean += (text[begin:at], f"«{path}»")
            found.append((path, field))
            at += length
            begin = at
        else:
            at += 1
    return ("".join((*clean, text[begin:])) if found else text), found


def _common(form: str, text: str, at: int) -> int:
    """How much of the form's beginning the text has at this place."""
    if text.startswith(form, at):
        return len(form)
    length = 0
    end = min(len(form), len(text) - at)
    while length < end and form[length] == text[at + length]:
        length += 1
    return length


class RequestInHand:
    """Its values are gathered only where something is written."""

    def __init__(self, lines: Table) -> None:
        self._lines = lines
        self._filter: ValueFilter | None = None

    @property
    def filter(self) -> ValueFilter:
        if self._filter is None:
            self._filter = ValueFilter(values_of_rows(self._lines.rows))
        return self._filter


#: Stays until the task of the request ends, so that what failed is told without its values.
_CURRENT: ContextVar[RequestInHand | None] = ContextVar("request_in_hand", default=None)
_ALL: set[RequestInHand] = set()
#: Requests whose code may still write something, of which nobody can tell whose it is.
_RECENT: deque[RequestInHand] = deque(maxlen=16)
_LOCK = threading.Lock()


@contextmanager
def in_hand(lines: Table) -> Iterator[None]:
    """Until the end of the block nothing that is written, by whomever, repeats the values of these lines."""
    request = RequestInHand(lines)
    _CURRENT.set(request)
    with _LOCK:
        _ALL.add(request)
    try:
        yield
    finally:
        # A line that was begun and not ended is of this request, too; the code may have put anything in their place.
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        with _LOCK:
            _ALL.discard(request)
            _RECENT.append(request)


def _concerned() -> list[RequestInHand]:
    """
    Whose values may stand in what is written here: those of the request at hand and of all others, for their
    code shares this process; where nobody can tell whose it is, also of those that were answered a moment ago.
    """
    current = _CURRENT.get()
    with _LOCK:
        if current is None:
            return [*_ALL, *_RECENT]
        return [current, *(request for request in _ALL if request is not current)]


def replace_values(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text with the path of its field in place of every value of a request; and path and field of each."""
    filters = [request.filter for request in _concerned()]
    return replaced(text, filters) if filters else (text, [])


def clean_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """
    What is logged, as it may be written down: bounded, and with paths of fields in place of the values of
    requests; `replaced` names those.
    """
    replaced: dict[str, None] = {}

    left = MAX_LINE

    def text(given: str) -> str:
        nonlocal left
        if left <= 0:
            return "…"
        more = len(given) - MAX_TEXT
        bounded = f"{given[:MAX_TEXT]}… ({more} characters more)" if more > 0 else given
        clean, found = replace_values(bounded.encode(errors="replace").decode())
        replaced.update((path, None) for path, _ in found)
        left -= len(clean)
        return clean

    def cleaned(value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return text(value)
        if isinstance(value, (int, float)):
            plain = repr(value)
            clean = text(plain)
            if clean != plain:
                return clean
            # Wider whole numbers are no JSON that everybody reads.
            return value if not isinstance(value, int) or value.bit_length() < 64 else plain
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"{len(value)} bytes"
        if depth == MAX_DEPTH:
            return "…"
        if isinstance(value, dict):
            members = list(value.items())[:MAX_MEMBERS]
            return {text(str(name)): cleaned(member, depth + 1) for name, member in members}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [cleaned(item, depth + 1) for item in list(value)[:MAX_MEMBERS]]
        return text(str(value))

    clean = {name: cleaned(value, 0) for name, value in facts.items()}
    if replaced:
        clean["replaced"] = list(replaced)[:MAX_PATHS]
    return clean
