"""What the Python runner hands to models that MLflow loads, and takes from them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy
import pandas
import pytest
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import Array

sys.path.append(str(Path(__file__).parents[2] / "packages" / "model-runner-python"))

from model_runner.errors import RequestError  # noqa: E402
from model_runner.flavors import pyfunc  # noqa: E402
from model_runner.input_reader import InputReader  # noqa: E402
from model_runner.output_writer import output_writer  # noqa: E402
from model_runner.table import Table  # noqa: E402


class Told(mlflow.pyfunc.PythonModel):
    """Answers what it was given, as text."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        if isinstance(model_input, pandas.DataFrame):
            return pandas.DataFrame({"told": model_input.astype(str).agg("|".join, axis=1)})
        return pandas.DataFrame({"told": [str(line) for line in model_input["pixels"].tolist()]})


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


@pytest.fixture()
def serve(tmp_path: Path) -> Callable[..., Callable[[Any], Any]]:
    """Reads and predicts as a runner does, of a model's folder as MLflow writes it."""

    def serve_model(schema: Schema, *inputs: dict[str, Any]) -> Callable[[Any], Any]:
        outputs = Schema([ColSpec("string", "told")])
        mlflow.pyfunc.save_model(
            tmp_path / "model", python_model=Told(), signature=ModelSignature(schema, outputs), pip_requirements=[]
        )
        model = pyfunc.load({"files": ["MLmodel"]}, tmp_path / "model")
        signature = {"inputs": [*inputs], "outputs": [field("told", "string")]}
        reader = InputReader(pyfunc.inputs(model, signature))
        predict = pyfunc.predictor(model, signature)
        return lambda given: predict(reader.read({"inputs": given})[0])["told"]

    return serve_model


def refused(call: Callable[[], Any]) -> list[dict[str, str]] | None:
    with pytest.raises(RequestError) as error:
        call()
    assert error.value.status == 400
    return error.value.fields


def test_numbers_that_do_not_fit_its_columns_are_refused(serve: Callable[..., Callable[[Any], Any]]) -> None:
    call = serve(
        Schema([ColSpec("integer", "count"), ColSpec("float", "ratio"), ColSpec("long", "id")]),
        field("count", "integer", minimum=-5),
        # Wider than the model's own.
        field("ratio", "number"),
        field("id", "number"),
    )
    line = {"count": 2147483647, "ratio": 0.5, "id": 4}
    assert call(line) == ["2147483647|0.5|4"]
    assert refused(lambda: call([line, {"count": 3000000000, "ratio": 1e39, "id": 1.5}])) == [
        {"path": "inputs[1].count", "message": "must be at most 2147483647"},
        {"path": "inputs[1].ratio", "message": "must be at most 3.4028234663852886e+38"},
        {"path": "inputs[1].id", "message": "must be an integer, not number"},
    ]
    assert refused(lambda: call({**line, "count": -6})) == [{"path": "inputs.count", "message": "must be at least -5"}]


def test_dates_have_the_zone_that_it_counts_in(serve: Callable[..., Callable[[Any], Any]]) -> None:
    call = serve(Schema([ColSpec("datetime", "at"), ColSpec("datetime", "on")]), field("at", "datetime"), field("on", "date"))
    line = {"at": "2026-05-01T12:00:00.25+02:00", "on": "2026-05-02"}
    assert call([line, {**line, "at": "2026-05-01T12:00:00Z"}]) == [
        "2026-05-01 10:00:00.250|2026-05-02",
        "2026-05-01 12:00:00.000|2026-05-02",
    ]
    assert refused(lambda: call({"at": "0001-01-01T00:00:00Z", "on": "9999-12-31"})) == [
        {"path": "inputs.at", "message": "must be at least 1677-09-22 00:00:00+00:00"},
        {"path": "inputs.on", "message": "must be at most 2262-04-11"},
    ]


def test_columns_of_lists_stand_beside_plain_ones(serve: Callable[..., Callable[[Any], Any]]) -> None:
    call = serve(
        Schema([ColSpec(Array(DataType.double), "sizes"), ColSpec("integer", "count")]),
        field("sizes", "number", shape=[-1]),
        field("count", "integer"),
    )
    assert call([{"sizes": [1, 2.5], "count": 1}, {"sizes": [3.0], "count": 2}]) == ["[1.0, 2.5]|1", "[3.0]|2"]
    assert refused(lambda: call({"sizes": [], "count": -3000000000})) == [
        {"path": "inputs.count", "message": "must be at least -2147483648"}
    ]


def test_lines_that_are_no_tensor_are_refused(serve: Callable[..., Callable[[Any], Any]]) -> None:
    call = serve(
        Schema([TensorSpec(numpy.dtype("uint8"), (-1, -1), "pixels")]),
        field("pixels", "integer", shape=[-1]),
    )
    assert call([{"pixels": [0, 255]}, {"pixels": [1, 2]}]) == ["[0, 255]", "[1, 2]"]
    assert refused(lambda: call({"pixels": [0, 256]})) == [
        {"path": "inputs.pixels[1]", "message": "must be at most 255"}
    ]
    rule = "must be one tensor of uint8: a value in every line, and all lines of one shape"
    assert refused(lambda: call([{"pixels": [1]}, {"pixels": [1, 2]}])) == [{"path": "inputs.pixels", "message": rule}]


def test_moments_of_pandas_are_answered_as_any_and_null_where_there_is_none() -> None:
    moments = pandas.Series(pandas.to_datetime(["2026-05-01T12:00:00.250000123", None])).tolist()
    write = output_writer([field("at", "datetime"), field("on", "date")])
    assert write(Table(2, {"at": moments, "on": moments})).columns == {
        "at": ["2026-05-01T12:00:00.25Z", None],
        "on": ["2026-05-01", None],
    }
