"""What the Python runner hands to models that MLflow loads, or that take frames of pandas, and takes from them."""

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
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

sys.path.append(str(Path(__file__).parents[2] / "packages" / "model-runner-python"))

from model_runner.errors import RequestError  # noqa: E402
from model_runner.flavors import pyfunc, sklearn  # noqa: E402
from model_runner.input_reader import InputReader  # noqa: E402
from model_runner.output_writer import output_writer  # noqa: E402
from model_runner.table import Table  # noqa: E402


class Told(mlflow.pyfunc.PythonModel):
    """Answers what it was given, as text."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        if isinstance(model_input, pandas.DataFrame):
            return pandas.DataFrame({"told": model_input.astype(str).agg("|".join, axis=1)})
        return pandas.DataFrame({"told": [str(line) for line in model_input["pixels"].tolist()]})


class Types(mlflow.pyfunc.PythonModel):
    """Answers the types of the columns that it was given."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        told = " ".join(f"{name}:{kind}" for name, kind in model_input.dtypes.items())
        return pandas.DataFrame({"told": [told] * len(model_input)})


def field(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


@pytest.fixture()
def serve(tmp_path: Path) -> Callable[..., Callable[[Any], Any]]:
    """Reads and predicts as a runner does, of a model's folder as MLflow writes it."""

    def serve_model(schema: Schema, *inputs: dict[str, Any], of: Any = Told) -> Callable[[Any], Any]:
        outputs = Schema([ColSpec("string", "told")])
        mlflow.pyfunc.save_model(
            tmp_path / "model", python_model=of(), signature=ModelSignature(schema, outputs), pip_requirements=[]
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


def test_texts_and_bytes_are_columns(serve: Callable[..., Callable[[Any], Any]]) -> None:
    call = serve(
        Schema([ColSpec("string", "name"), ColSpec("binary", "picture"), ColSpec("double", "size")]),
        field("name", "string"),
        field("picture", "bytes"),
        field("size", "number"),
    )
    line = {"name": "a", "picture": "AAE=", "size": 1}
    assert call([line, {**line, "name": "b"}]) == ["a|\x00\x01|1.0", "b|\x00\x01|1.0"]


def test_what_is_left_out_is_no_number_or_no_column(serve: Callable[..., Callable[[Any], Any]]) -> None:
    columns = {"size": "double", "ratio": "float", "count": "long", "is_new": "boolean", "name": "string", "at": "datetime"}
    call = serve(
        Schema([ColSpec("integer", "id"), *(ColSpec(kind, name, required=False) for name, kind in columns.items())]),
        # The signature may say more than the model.
        field("id", "integer", optional=True),
        *(
            field(name, kind, optional=True)
            for name, kind in zip(columns, ("number", "number", "integer", "boolean", "string", "datetime"))
        ),
        of=Types,
    )
    (alone,) = call({"id": 1})
    assert alone.startswith("id:int32 size:float64 ratio:float32 is_new:object name:object at:datetime64")
    (whole, _) = call([{"id": 1, "ratio": 0.5, "count": 3}, {"id": 2, "count": 4}])
    assert whole.startswith("id:int32 size:float64 ratio:float32 count:int64 is_new:")
    rule = "the model has no missing integers"
    assert refused(lambda: call([{"id": 1, "count": 3}, {"id": 1}])) == [
        {"path": "inputs[1].count", "message": f"must be given in every line or in none: {rule}"}
    ]
    assert refused(lambda: call({"count": 3})) == [{"path": "inputs.id", "message": f"must be given: {rule}"}]


@pytest.mark.parametrize("columns", [(["age", "rooms"], ["city"]), (slice("age", "rooms"), make_column_selector("city"))])
def test_columns_by_name_are_a_frame(columns: Any) -> None:
    fitted = pandas.DataFrame({"age": [1.0, 2, 3, None], "rooms": [1, 2, 5, 4], "city": ["a", "b", None, "a"]})
    numbers, texts = columns
    as_numbers = make_pipeline(SimpleImputer(), StandardScaler())
    as_codes = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    by_name = ColumnTransformer([("numbers", as_numbers, numbers), ("texts", as_codes, texts)])
    model = make_pipeline(by_name, LinearRegression()).fit(fitted, [1.0, 2.0, 4.0, 3.5])
    # In another order, and with integers.
    inputs = [field("city", "string", optional=True), field("age", "number", optional=True), field("rooms", "integer")]
    signature = {"inputs": inputs, "outputs": [field("price", "number")]}
    predict = sklearn.predictor(model, signature)
    table = Table(4, {"city": ["a", "b", None, "a"], "age": [1, 2.0, 3.0, None], "rooms": [1, 2, 5, 4]})
    assert predict(table) == {"price": pytest.approx([*model.predict(fitted)])}
    # Each line by itself is the same, for calls may be joined.
    assert sklearn.is_line_by_line(model)
    lines = [Table(1, {name: [values[at]] for name, values in table.columns.items()}) for at in range(4)]
    assert [predict(line)["price"][0] for line in lines] == pytest.approx([*model.predict(fitted)])


def test_columns_by_name_count_with_the_numbers_that_they_have_room_for() -> None:
    from sklearn.tree import DecisionTreeRegressor

    fitted = pandas.DataFrame({"x": [0.0, 1.0], "y": [0, 1]})
    by_name = ColumnTransformer([("all", "passthrough", ["x", "y"])])
    model = make_pipeline(by_name, DecisionTreeRegressor()).fit(fitted, [1.0, 3.0])
    signature = {"inputs": [field("x", "number"), field("y", "integer")], "outputs": [field("z", "number")]}
    predict = sklearn.predictor(model, signature)
    assert predict(Table(2, {"x": [0, 1], "y": [0, 2**64]})) == {"z": [1, 3]}
    (wrong,) = refused(lambda: predict(Table(2, {"x": [1, 1e39], "y": [0, 1]}))) or []
    assert wrong["path"] == "inputs[1].x"


def test_moments_of_pandas_are_answered_as_any_and_null_where_there_is_none() -> None:
    moments = pandas.Series(pandas.to_datetime(["2026-05-01T12:00:00.250000123", None])).tolist()
    write = output_writer([field("at", "datetime"), field("on", "date")])
    assert write(Table(2, {"at": moments, "on": moments})).columns == {
        "at": ["2026-05-01T12:00:00.25Z", None],
        "on": ["2026-05-01", None],
    }
