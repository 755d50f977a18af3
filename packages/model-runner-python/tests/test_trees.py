"""What boosters of different objectives answer, as the outputs of a signature."""
from __future__ import annotations

from typing import Any

import numpy
import pytest

from model_runner.errors import RequestError, StartError
from model_runner.flavors.trees import require_codes, tree_predictor
from model_runner.table import Table

TABLE = Table(3, {"size": [1.0, 2.0, 3.0]})
#: As XGBoost answers three lines.
SOFTMAX = numpy.array([0.0, 2.0, 1.0], dtype=numpy.float32)
SOFTPROB = numpy.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3]], dtype=numpy.float32)
LOGISTIC = numpy.array([0.9, 0.2, 0.6], dtype=numpy.float32)


def outputs(values: Any, answers: Any, *fields: dict[str, Any]) -> dict[str, Any]:
    signature = {"outputs": list(fields)}
    predict = tree_predictor(["size"], lambda matrix: values, signature, "reg:squarederror", answers)
    return dict(predict(TABLE))


@pytest.mark.parametrize(
    ("values", "answers", "classes"),
    [
        (SOFTMAX, "class", [0, 2, 1]),
        (SOFTPROB, "probabilities", [0, 2, 1]),
        (LOGISTIC, "probabilities", [1, 0, 1]),
    ],
)
def test_the_class_of_each_line(values: Any, answers: Any, classes: list[int]) -> None:
    names = ["a", "b", "c"]
    found = outputs(
        values,
        answers,
        {"name": "number", "type": "integer"},
        {"name": "name", "type": "string", "enum": names},
    )
    assert found == {"number": classes, "name": [names[one] for one in classes]}


def test_numbers_are_no_classes() -> None:
    values = numpy.array([7.2, 0.1, 1.9])
    assert outputs(values, "numbers", {"name": "days", "type": "number"}) == {"days": [7.2, 0.1, 1.9]}
    with pytest.raises(StartError, match="output 'days' is a class .integer., but the objective reg:squarederror"):
        outputs(values, "numbers", {"name": "days", "type": "integer"})


def test_numbers_that_32_bits_have_no_room_for_are_the_callers() -> None:
    """As XGBoost's linear boosters refuse them; trees only ask on which side of a number they are."""

    def predict(matrix: Any) -> Any:
        if numpy.isinf(matrix.astype(numpy.float32)).any():
            raise ValueError("Input data contains `inf` or a value too large, while `missing` is not set to `inf`")
        return matrix[:, 0]

    predict_table = tree_predictor(["size"], predict, {"outputs": [{"name": "y", "type": "number"}]}, "", "numbers")
    assert predict_table(Table(1, {"size": [1e38]})) == {"y": [1e38]}
    with pytest.raises(RequestError) as refused, numpy.errstate(over="ignore"):
        predict_table(Table(3, {"size": [1.0, -1e39, None]}))
    assert refused.value.status == 400
    (field,) = refused.value.fields or []
    assert field["path"] == "inputs[1].size" and field["message"].startswith("must be from -3.4")


def test_categories_of_pandas_are_refused_unless_they_are_codes() -> None:
    require_codes([[0, 1, 2], [], [False, True]])
    for values, told in ((["a", "b"], "(a, b)"), ([1, 3, 7, 20], "(1, 3, 7, …)")):
        with pytest.raises(StartError) as refused:
            require_codes([[0, 1], values])
        assert f"fitted with categories of pandas {told}," in str(refused.value)
