"""What boosted trees predict, as the outputs of a signature."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ..errors import StartError
from ..table import Columns, Table
from .files import matrix_maker
from .float32 import require_float32


#: What the values of a booster are: probabilities of classes (of the second one, where it is one value), the class
#: itself, or other numbers.
Answers = Literal["probabilities", "class", "numbers"]
#: Types of outputs that are a class.
_CLASSES = ("integer", "boolean", "string")


def require_codes(categories: list[list[Any]]) -> None:
    """
    `categories`: values of each column that pandas calls a category, in the order of their codes, which are what
    boosters count with. Raises StartError where they are no codes themselves, so that callers' values would be others.
    """
    for values in categories:
        if values != list(range(len(values))):
            told = ", ".join(map(str, values[:3])) + (", …" if len(values) > 3 else "")
            raise StartError(
                f"the model was fitted with categories of pandas ({told}), which a table of numbers has no place for: "
                "fit it with codes, 0, 1, 2, …, or predict in endpoint code"
            )


def tree_predictor(
    names: list[str], predict: Callable[[Any], Any], signature: dict[str, Any], objective: str, answers: Answers
) -> Callable[[Table], Columns]:
    """
    `predict` takes a matrix of numbers, NaN where one is missing, and answers one value or one value a class.

    An output with a shape gets all of them (of one value that is a probability and two elements: both classes');
    one that is an integer, a string with an enum or a boolean gets the most probable class; numbers get the
    values in order. Raises StartError where the signature has a class, and the objective knows none.
    """
    import numpy

    for field in signature["outputs"]:
        is_class = field["type"] in _CLASSES and not field.get("shape")
        if is_class and answers == "numbers":
            raise StartError(
                f"output '{field['name']}' is a class ({field['type']}), but the objective {objective} of the model "
                "has none: declare it as a number, or decide in endpoint code"
            )

    def chosen(values: Any) -> Any:
        """The class of each row, or the most probable one."""
        if answers == "class":
            return values[:, 0].astype(int)
        return values.argmax(axis=1) if values.shape[1] > 1 else (values[:, 0] > 0.5).astype(int)

    def column(field: dict[str, Any], values: Any, index: int) -> list[Any]:
        if field.get("shape"):
            both = field["shape"] == [2] and values.shape[1] == 1 and answers == "probabilities"
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
        lines = matrix(table)
        try:
            values = numpy.asarray(predict(lines)).reshape(table.count, -1)
        except ValueError:
            # XGBoost's linear boosters count with 32 bits, and take nothing that is infinite there.
            require_float32(lines, names)
            raise
        outputs: Columns = {}
        numbers = 0
        for field in signature["outputs"]:
            outputs[field["name"]] = column(field, values, min(numbers, values.shape[1] - 1))
            numbers += field["type"] == "number" and not field.get("shape")
        return outputs

    return predict_table
