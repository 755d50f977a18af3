"""Lines by columns, which is how models take and give them."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

Rows = list[dict[str, Any]]
Columns = dict[str, Sequence[Any]]


class Table(NamedTuple):
    """Every column has `count` values."""

    count: int
    columns: Columns

    @property
    def rows(self) -> Rows:
        if not self.columns:
            return [{} for _ in range(self.count)]
        names = tuple(self.columns)
        return [dict(zip(names, values)) for values in zip(*self.columns.values())]


def copied(value: Any) -> Any:
    """All the way down, of inputs that were read by a signature, which ends them."""
    if isinstance(value, (list, tuple)):
        return [copied(item) for item in value]
    if isinstance(value, dict):
        return {name: copied(member) for name, member in value.items()}
    copy = getattr(value, "copy", None)
    return value if copy is None else copy()


def table_of(names: Sequence[str], rows: Rows) -> Table:
    """Of rows that have all these names."""
    return Table(len(rows), {name: [row[name] for row in rows] for name in names})


def joined(tables: Sequence[Table]) -> Table:
    """One below the other; they have the same columns."""
    names = tables[0].columns
    columns = {name: list(chain.from_iterable(table.columns[name] for table in tables)) for name in names}
    return Table(sum(table.count for table in tables), columns)


def split(table: Table, counts: Sequence[int]) -> list[Table]:
    """The other way round."""
    parts, begin = [], 0
    for count in counts:
        end = begin + count
        parts.append(Table(count, {name: values[begin:end] for name, values in table.columns.items()}))
        begin = end
    return parts
