"""What boosted trees predict, as the outputs of a signature."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..table import Columns, Table
from .files import matrix_maker


def tree_predictor(
    names: list[str], predict: Callable[[Any], Any], signature: dict[str, Any]
) -> Callable[[Table], Columns]:
    """
    `predict` takes a matrix of numbers, NaN where one is missing, and answers one value or one value a class.

    An output with a shape gets all of them (of one value that is a probability and two elements: both classes');
    one that is an integer, a string with an enum or a boolean gets the most probable class; numbers get the
    values in order.
    """
    import numpy

    def chosen(values: Any) -> Any:
        """The most probable class of each row."""
        return values.argmax(axis=1) if values.shape[1] > 1 else (values[:, 0] > 0.5).astype(int)

    def column(field: dict[str, Any], values: Any, index: int) -> list[Any]:
        if field.get("shape"):
            both = field["shape"] == [2] and values.shape[1] == 1
            return (numpy.hstack([1 - values, values]) if both else values).tolist()
        if field["type"] == "integer":
            return chosen(values).tolist()
        if field["type"] == "boolean":
            return (chosen(values) > 0).tolist()
        if field["type"] == "string":
            return [field["enum"][at] for at in chosen(values)]
        return values[:, index].tolist()

    matrix = matrix_maker(names, float)

    def predict_table(table: Table) -> Columns:
        values = numpy.asarray(predict(matrix(table))).reshape(table.count, -1)
        answers: Columns = {}
        numbers = 0
        for field in signature["outputs"]:
            answers[field["name"]] = column(field, values, min(numbers, values.shape[1] - 1))
            numbers += field["type"] == "number" and not field.get("shape")
        return answers

    return predict_table
