"""Reads `inputs` by the signature: one line or a small batch."""
from __future__ import annotations

import copy
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from .column_reader import column_reader
from .errors import RequestError, StartError
from .field_reader import MAX_FIELDS_TOLD, MAX_SAFE_INTEGER, Errors, Read, field_reader, type_of
from .table import Columns, Table, table_of

MAX_ROWS = 1_000


def _fallback(field: dict[str, Any], read: Read) -> Callable[[], Any] | None:
    """What stands for an input that is left out; made anew, for a model could change it."""
    default = field.get("default")
    if default is None:
        return (lambda: None) if field.get("optional") else None
    errors: Errors = []
    read(default, f"the default of input '{field['name']}'", errors)
    if errors:
        raise StartError(f"{errors[0]['path']} {errors[0]['message']}")
    return lambda: read(copy.deepcopy(default), "", [])


def _is_any_number(field: dict[str, Any]) -> bool:
    says_more = (field.get(name) is not None for name in ("shape", "enum", "minimum", "maximum"))
    return field["type"] == "number" and not any(says_more)


def no_fit(errors: Errors) -> RequestError:
    first = errors[0]
    return RequestError(
        400, f"The inputs do not fit the signature: {first['path']} {first['message']}.", errors
    )


class InputReader:
    """
    Compiled from the signature once; raises RequestError 400 that names every wrong field.

    Columns are looked at as a whole. Only where one does not fit, or it is not sure that it does,
    everything is read line by line, which is slower and tells what is wrong and where.

    `largest_integer`: what JSON carries exactly, unless the values came otherwise.
    """

    def __init__(self, fields: list[dict[str, Any]], largest_integer: int = MAX_SAFE_INTEGER) -> None:
        self._fields = []
        self._columns = []
        for field in fields:
            read = field_reader(field, largest_integer)
            fallback = _fallback(field, read)
            name = field["name"]
            self._fields.append((name, field.get("optional", False), fallback, read))
            self._columns.append((name, fallback, column_reader(field, read, fallback, largest_integer)))
        self._names = [name for name, *_ in self._fields]
        self._known = set(self._names)
        self._is_any_numbers = all(map(_is_any_number, fields))
        self._values_of = _values_of(self._names)

    def read(self, body: Any) -> tuple[Table, bool]:
        """Returns the lines, and whether they came as a batch."""
        if not isinstance(body, dict) or "inputs" not in body:
            raise RequestError(
                400,
                'The body must be an object {"inputs": {…}} or {"inputs": [{…}, …]}.',
                [{"path": "inputs", "message": "is missing"}],
            )
        inputs = body["inputs"]
        batch = isinstance(inputs, list)
        if len(body) == 1:
            table = self._read_lines(inputs if batch else [inputs])
            if table is not None:
                return table, batch
        return table_of(self._names, self._read_rows(body, inputs, batch)), batch

    def read_columns(self, table: Table, are_finite: bool) -> Table:
        """
        Of columns by the names of the signature, not all of which need be there.

        `are_finite`: all are known to be finite numbers.
        """
        if are_finite and self._is_any_numbers and len(table.columns) == len(self._names) and table.count <= MAX_ROWS:
            return table
        read = self._read_table(table) if table.count <= MAX_ROWS else None
        if read is not None:
            return read
        rows = table.rows
        return table_of(self._names, self._read_rows({"inputs": rows}, rows, True))

    def _read_lines(self, lines: list[Any]) -> Table | None:
        """None where something does not fit, or is left out."""
        if not 0 < len(lines) <= MAX_ROWS:
            return None
        try:
            values = list(map(self._values_of, lines))
            if set(map(len, lines)) != {len(self._names)}:
                return None
        except (KeyError, TypeError):
            return None
        return self._read_table(Table(len(lines), dict(zip(self._names, zip(*values)))))

    def _read_table(self, table: Table) -> Table | None:
        """None where a column does not fit, or one is missing."""
        columns: Columns = {}
        for name, fallback, read in self._columns:
            values = table.columns.get(name)
            if values is not None:
                column = read(values)
            else:
                column = None if fallback is None else [fallback() for _ in range(table.count)]
            if column is None:
                return None
            columns[name] = column
        return Table(table.count, columns)

    def _read_rows(self, body: dict[str, Any], inputs: Any, batch: bool) -> list[dict[str, Any]]:
        errors: Errors = [
            {"path": name[:100], "message": "is not known beside inputs"}
            for name in list(body)[:MAX_FIELDS_TOLD]
            if name != "inputs"
        ]
        rows = []
        if batch:
            if not inputs:
                raise RequestError(
                    400, "The batch is empty.", [{"path": "inputs", "message": "must have at least one line"}]
                )
            if len(inputs) > MAX_ROWS:
                raise RequestError(
                    400,
                    f"A batch has at most {MAX_ROWS} lines, not {len(inputs)}.",
                    [{"path": "inputs", "message": f"must have at most {MAX_ROWS} lines"}],
                )
            for index, given in enumerate(inputs):
                if len(errors) >= MAX_FIELDS_TOLD:
                    break
                rows.append(self._read_row(given, f"inputs[{index}]", errors))
        else:
            rows.append(self._read_row(inputs, "inputs", errors))
        if errors:
            raise no_fit(errors)
        return rows

    def problems(self, row: Any, path: str) -> Errors:
        """What in one row does not fit."""
        errors: Errors = []
        self._read_row(row, path, errors)
        return errors

    def _read_row(self, given: Any, path: str, errors: Errors) -> dict[str, Any]:
        if not isinstance(given, dict):
            errors.append(
                {"path": path, "message": f"must be an object with the inputs by name, not {type_of(given)}"}
            )
            return {}
        row = {}
        for name, optional, fallback, read in self._fields:
            value = given.get(name, ...)
            if value is ... or (value is None and optional):
                if fallback is not None:
                    row[name] = fallback()
                else:
                    errors.append({"path": f"{path}.{name}", "message": "is missing"})
            else:
                row[name] = read(value, f"{path}.{name}", errors)
        if not self._known.issuperset(given):
            for name in given:
                if len(errors) >= MAX_FIELDS_TOLD:
                    break
                if name not in self._known:
                    errors.append({"path": f"{path}.{name[:100]}", "message": "is not an input of this model"})
        return row


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Values of one line in this order; raises KeyError or TypeError where there are not all of them."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda line: tuple(line[name] for name in names)
