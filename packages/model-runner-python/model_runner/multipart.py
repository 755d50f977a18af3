"""One line of inputs as `multipart/form-data`, a part an input; in memory, as any body is."""
from __future__ import annotations

from typing import Any

import orjson
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from .errors import RequestError
from .input_reader import no_fit

_TEXTS = ("string", "date", "datetime", "bytes")


class _Part:
    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.data = bytearray()

    def named(self) -> tuple[str, bool]:
        """Its name, and whether it is a file."""
        disposition, options = parse_options_header(self.headers.get(b"content-disposition", b""))
        if disposition != b"form-data" or b"name" not in options:
            raise ValueError
        return options[b"name"].decode(), b"filename" in options


def _parts(body: bytes, content_type: str) -> list[_Part]:
    _, options = parse_options_header(content_type)
    parts: list[_Part] = []
    name, value = bytearray(), bytearray()
    is_whole = False

    def header_ended() -> None:
        parts[-1].headers[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    def ended() -> None:
        nonlocal is_whole
        is_whole = True

    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": lambda: parts.append(_Part()),
            "on_header_field": lambda data, start, end: name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: value.extend(data[start:end]),
            "on_header_end": header_ended,
            "on_part_data": lambda data, start, end: parts[-1].data.extend(data[start:end]),
            "on_end": ended,
        },
    )
    parser.write(body)
    parser.finalize()
    if not is_whole:
        raise ValueError
    return parts


def text_value(field: dict[str, Any], text: str) -> Any:
    """
    A value that came as text, as JSON would carry it; `...` where there is none. What can't be read
    stays text: the reader of the signature names it.
    """
    is_plain = not field.get("shape")
    if is_plain and field["type"] == "string":
        return text
    if text == "":
        return ...
    if is_plain and field["type"] in _TEXTS:
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def read_multipart(fields: list[dict[str, Any]], body: bytes, content_type: str) -> dict[str, Any]:
    """A file is bytes as they are, other parts are text. Raises RequestError 400."""
    given: dict[str, list[Any]] = {}
    known = {field["name"]: field for field in fields}
    try:
        for part in _parts(body, content_type):
            name, is_file = part.named()
            field = known.get(name)
            value: Any = None
            if field is not None and is_file and field["type"] == "bytes":
                value = bytes(part.data)
            elif field is not None:
                is_list = field["type"] == "bytes" and len(field.get("shape", ())) == 1
                value = text_value({**field, "shape": None} if is_list else field, part.data.decode())
            given.setdefault(name, []).append(value)
    except (FormParserError, ValueError, KeyError):
        raise RequestError(400, "The body is not valid multipart/form-data.") from None
    errors, line = [], {}
    for name, values in given.items():
        field = known.get(name)
        if field is not None and field["type"] == "bytes" and len(field.get("shape", ())) == 1:
            line[name] = ["" if value is ... else value for value in values]
        elif len(values) > 1:
            errors.append({"path": f"inputs.{name}", "message": "is given twice"})
        elif values[0] is not ...:
            line[name] = values[0]
    if errors:
        raise no_fit(errors)
    return {"inputs": line}
