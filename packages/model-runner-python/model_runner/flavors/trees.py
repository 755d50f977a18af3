"""What boosted trees predict, as the outputs of a signature."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = list[dict[str, Any]]


def tree_predictor(
    names: list[str], predict: Callable[[Any], Any], signature: dict[str, Any]
) -> Callable[[Rows], Rows]:
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

    def predict_rows(rows: Rows) -> Rows:
        matrix = numpy.array(
            [[numpy.nan if row[name] is None else row[name] for name in names] for row in rows], dtype=float
        )
        values = numpy.asarray(predict(matrix)).reshape(len(rows), -1)
        answers: Rows = [{} for _ in rows]
        numbers = 0
        for field in signature["outputs"]:
            for answer, value in zip(answers, column(field, values, min(numbers, values.shape[1] - 1))):
                answer[field["name"]] = value
            numbers += field["type"] == "number" and not field.get("shape")
        return answers

    return predict_rows
