"""Real models in real processes: the example, endpoint code, what cannot start, and the end."""
from __future__ import annotations

import base64
import http.client
import json
import math
import pickle
import signal
import socket
import struct
import textwrap
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from runner import DISEASE_PROGRESSION, METRICS_SECRET, SECRET, Answer, Runner, until

SCALAR = {"inputs": [{"name": "x", "type": "number"}], "outputs": [{"name": "y", "type": "number"}]}


def manifest(**changes: Any) -> dict[str, Any]:
    return {
        "formatVersion": 1,
        "model": {"name": "Test", "slug": "test", "system": "tests", "type": "ml", "description": "A test."},
        "version": 3,
        "flavor": "python",
        "files": ["endpoint.py"],
        "endpoint": "endpoint.py",
        "signature": SCALAR,
        "metrics": [],
        **changes,
    }


def code(text: str) -> dict[str, Path | str]:
    return {"endpoint.py": textwrap.dedent(text)}


FEATURES = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
PATIENT = {
    "age": 59, "sex": 2, "bmi": 32.1, "bp": 101, "tc": 157, "ldl": 93.2, "hdl": 38, "tch": 4, "ltg": 4.8598, "glu": 87,
}  # fmt: skip
EXAMPLE = manifest(
    flavor="sklearn",
    files=["model.joblib", "endpoint.py"],
    signature={
        "inputs": [{"name": name, "type": "number"} for name in FEATURES],
        "outputs": [{"name": "progression", "type": "number"}, {"name": "follow_up", "type": "boolean"}],
    },
    example=PATIENT,
    metrics=[{"name": "suggestions_made_total", "type": "counter", "description": "Follow-ups suggested"}],
)
EXAMPLE_FILES = {name: DISEASE_PROGRESSION / name for name in ("model.joblib", "endpoint.py")}
LABELS = frozenset(
    {
        "system": "tests",
        "model": "test",
        "version": "3",
        "environment": "test",
        "endpoint": "echo",
        "variant": "main",
        "revision": "1",
    }.items()
)


def test_the_example_suggests_and_counts(start: Callable[..., Runner]) -> None:
    import joblib

    runner = start(EXAMPLE, EXAMPLE_FILES, LOG_LEVEL="debug").wait_ready()
    patients = [PATIENT, {**PATIENT, "bmi": 21.6, "bp": 87, "ltg": 3.8918}]
    answer = runner.predict(patients)
    assert answer.status == 200, answer.text
    model = joblib.load(DISEASE_PROGRESSION / "model.joblib")
    expected = model.predict([[patient[name] for name in FEATURES] for patient in patients])
    outputs = answer.json["outputs"]
    assert [output["progression"] for output in outputs] == pytest.approx(list(expected), rel=1e-9)
    assert [output["follow_up"] for output in outputs] == [True, False]

    assert runner.predict({**PATIENT, "age": "59"}).status == 400
    metrics = runner.metrics()
    # The warm-up call before it was ready would have suggested a follow-up too.
    assert metrics["suggestions_made_total", LABELS] == 1
    assert metrics["model_runner_requests_total", LABELS | {("code", "200")}] == 1
    assert metrics["model_runner_requests_total", LABELS | {("code", "400")}] == 1
    assert metrics["model_runner_errors_total", LABELS | {("class", "InputError")}] == 1
    assert metrics["model_runner_request_duration_seconds_count", LABELS] == 2
    assert metrics["model_runner_predict_duration_seconds_count", LABELS] == 1
    assert metrics["model_runner_requests_in_flight", LABELS] == 0
    assert metrics["model_runner_load_seconds", LABELS] > 0
    assert metrics["process_resident_memory_bytes", LABELS] > 1e7
    assert all(LABELS <= labels for _, labels in metrics)
    until(lambda: {"answered", "refused"} <= set(runner.messages), "a line a call")
    log = json.dumps(runner.log)
    assert "4.8598" not in log and "93.2" not in log
    (answered,) = [line for line in runner.log if line["message"] == "answered"]
    assert answered["requestBytes"] > 100 and answered["answerBytes"] == len(answer.bytes)


def test_endpoint_code_solves_with_highs(start: Callable[..., Runner]) -> None:
    """Which shelves to build, each of which takes a whole number of boards; SciPy has HiGHS within it."""
    model = {"name": "Test", "slug": "test", "system": "tests", "type": "optimization", "description": ""}
    outputs = [
        {"name": "status", "type": "string"},
        {"name": "shelves", "type": "integer", "shape": [-1], "optional": True},
        {"name": "worth", "type": "number", "optional": True},
        {"name": "gap", "type": "number", "optional": True},
        {"name": "solveTimeMs", "type": "number"},
    ]
    inputs = [
        {"name": "worths", "type": "number", "shape": [-1]},
        {"name": "boards", "type": "number", "shape": [-1]},
        {"name": "stock", "type": "number"},
        {"name": "least", "type": "number", "default": 0},
    ]
    runner = start(
        manifest(model=model, signature={"inputs": inputs, "outputs": outputs}),
        code(
            """
            import time
            import numpy
            from scipy.optimize import LinearConstraint, milp

            #: As milp tells it.
            STATUS = {0: "optimal", 1: "timeLimit", 2: "infeasible", 3: "unbounded"}

            def predict(model, inputs, context):
                begin = time.perf_counter()
                takes = LinearConstraint([inputs["boards"]], ub=inputs["stock"])
                counts = LinearConstraint([numpy.ones(len(inputs["boards"]))], lb=inputs["least"])
                worths = numpy.array(inputs["worths"])
                found = milp(-worths, constraints=[takes, counts], integrality=numpy.ones_like(worths), options={"time_limit": 5})
                answer = {"status": STATUS.get(found.status, "other"), "solveTimeMs": (time.perf_counter() - begin) * 1000}
                if found.x is None:
                    return answer
                return {**answer, "shelves": found.x.round().astype(int), "worth": -found.fun, "gap": found.mip_gap}
            """
        ),
    ).wait_ready()
    # Relaxed it would be 2.5 of the first; rounded down, 20.
    given = {"worths": [10, 7], "boards": [4, 3], "stock": 10}
    answer = runner.predict([given, {**given, "least": 9}])
    assert answer.status == 200, answer.text
    solved, infeasible = answer.json["outputs"]
    assert solved["status"] == "optimal" and solved["shelves"] == [1, 2]
    assert solved["worth"] == pytest.approx(24) and solved["gap"] == pytest.approx(0)
    assert infeasible["status"] == "infeasible" and infeasible["shelves"] is None
    metrics = runner.metrics()
    for status in ("optimal", "infeasible"):
        assert metrics["model_runner_solves_total", LABELS | {("status", status)}] == 1


def test_solves_are_counted_by_what_answers_say(start: Callable[..., Runner]) -> None:
    model = {"name": "Test", "slug": "test", "system": "tests", "type": "optimization", "description": ""}
    outputs = [
        {"name": "status", "type": "string"},
        {"name": "gap", "type": "number", "optional": True},
        {"name": "solveTimeMs", "type": "number"},
    ]
    runner = start(
        manifest(model=model, signature={**SCALAR, "outputs": outputs}),
        code(
            """
            def predict(model, inputs, context):
                status = {1: "optimal", 2: "infeasible"}.get(inputs["x"], "marked-status")
                return {"status": status, "gap": 0.0 if inputs["x"] == 1 else None, "solveTimeMs": 12.5}
            """
        ),
    ).wait_ready()
    assert runner.predict([{"x": 1}, {"x": 2}, {"x": 3}]).status == 200
    metrics = runner.metrics()
    for status in ("optimal", "infeasible", "other"):
        assert metrics["model_runner_solves_total", LABELS | {("status", status)}] == 1
    assert metrics["model_runner_solve_duration_seconds_sum", LABELS] == pytest.approx(0.0375)
    assert metrics["model_runner_solve_gap_ratio_count", LABELS] == 1


def test_an_estimator_is_not_served_by_a_signature_of_another(start: Callable[..., Runner], tmp_path: Path) -> None:
    from sklearn.tree import DecisionTreeClassifier

    estimator = DecisionTreeClassifier().fit([[0.0], [1.0], [2.0]], ["setosa", "virginica", "7"])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator))
    files: dict[str, Path | str] = {"model.pkl": tmp_path / "model.pkl"}
    wrong = {**SCALAR, "outputs": [{"name": "species", "type": "integer"}]}
    named = "outputs.species must be an integer, not string"
    signed = manifest(flavor="sklearn", files=["model.pkl"], endpoint=None, signature=wrong)
    never = start({**signed, "example": {"x": 1}}, files)
    assert never.wait_end() == 1
    assert never.messages[-1] == f"cannot load the model: the answer to the example does not fit the signature: {named}"

    # Without an example it shows at calls, by whichever way.
    runner = start(signed, files).wait_ready()
    tensors = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [1, 1], "data": [0]}]}
    for path, body in (("/predict", {"inputs": {"x": 0}}), ("/v2/models/echo/infer", tensors)):
        answer = runner.call("POST", path, json.dumps(body))
        assert answer.status == 500 and f"the answer does not fit the signature: {named}" in answer.text
    # What says where it ends is looked at in the example alone.
    enum = {**SCALAR, "outputs": [{"name": "species", "type": "string", "enum": ["virginica"]}]}
    runner = start({**signed, "signature": enum}, files).wait_ready()
    assert [runner.predict({"x": x}).status for x in (0, 1, 0)] == [200, 200, 200]


def test_columns_by_name_need_pandas(start: Callable[..., Runner], tmp_path: Path) -> None:
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(ColumnTransformer([("all", "passthrough", ["x"])]), LinearRegression())
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    never = start(
        manifest(flavor="sklearn", files=["model.pkl"], endpoint=None), {"model.pkl": tmp_path / "model.pkl"}
    )
    assert never.wait_end() == 1
    assert never.messages[-1].endswith(
        "takes its columns by name (ColumnTransformer), which needs pandas: "
        "name pandas in a requirements.txt among the version's files"
    )

    # By place, a table without names does.
    by_place = ColumnTransformer([("all", "passthrough", [0])])
    model = make_pipeline(by_place, LinearRegression()).fit([[0.0], [1.0]], [1.0, 3.0])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    runner = start(
        manifest(flavor="sklearn", files=["model.pkl"], endpoint=None), {"model.pkl": tmp_path / "model.pkl"}
    ).wait_ready()
    assert runner.predict({"x": 2}).json["outputs"] == {"y": pytest.approx(5)}


def test_answers_of_an_estimator_fit_or_not_whichever_call_was_before(
    start: Callable[..., Runner], tmp_path: Path
) -> None:
    import numpy
    from sklearn.neighbors import KNeighborsRegressor

    def answers_of(outputs: list[dict[str, Any]], answers: list[Any]) -> Runner:
        estimator = KNeighborsRegressor(1).fit([[float(index)] for index in range(len(answers))], [0] * len(answers))
        # It would take nothing for one that is none.
        estimator._y = numpy.array(answers)
        (tmp_path / "model.pkl").write_bytes(pickle.dumps(estimator))
        signature = {**SCALAR, "outputs": outputs}
        served = manifest(flavor="sklearn", files=["model.pkl"], endpoint=None, signature=signature)
        return start(served, {"model.pkl": tmp_path / "model.pkl"}).wait_ready()

    def twice(runner: Runner, inputs: Any) -> Any:
        one, other = runner.predict(inputs), runner.predict(inputs)
        assert one.status == other.status
        return one.json["outputs"] if one.status == 200 else one.json["error"]["fields"]

    whole = answers_of([{"name": "y", "type": "integer", "minimum": 0}], [-2.0, 2.5])
    for _ in range(2):
        assert twice(whole, {"x": 0}) == {"y": -2}
        rule = "must be an integer, not number"
        assert twice(whole, [{"x": 0}, {"x": 1}]) == [{"path": "outputs[1].y", "message": rule}]
    pair = answers_of([{"name": "y", "type": "number", "shape": [2]}], [[1.0, math.nan], [2.0, math.inf]])
    assert twice(pair, [{"x": 0}, {"x": 1}]) == [{"y": [1, None]}, {"y": [2, None]}]
    short = answers_of([{"name": "y", "type": "integer", "shape": [3]}], [[1.0, 2.5]])
    assert twice(short, {"x": 0}) == [{"path": "outputs.y", "message": "must have 3 elements, not 2"}]
    uneven = answers_of([{"name": "y", "type": "integer", "shape": [-1]}], [[1.0, 2.5]])
    assert twice(uneven, {"x": 0}) == [{"path": "outputs.y[1]", "message": rule}]


def test_an_estimator_alone_is_served_by_its_signature(start: Callable[..., Runner], tmp_path: Path) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    data = load_iris()
    model = LogisticRegression(max_iter=1000).fit(data.data, data.target_names[data.target])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    # It was fitted with names: their order counts, not the signature's.
    fitted = LogisticRegression(max_iter=1000).fit(data.data[:, ::-1], data.target_names[data.target])
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    fitted.feature_names_in_ = names[::-1]
    (tmp_path / "named.pkl").write_bytes(pickle.dumps(fitted))
    signature = {
        "inputs": [{"name": name, "type": "number"} for name in names],
        "outputs": [
            {"name": "species", "type": "string", "enum": ["setosa", "versicolor", "virginica"]},
            {"name": "probabilities", "type": "number", "shape": [3]},
        ],
    }
    flowers = [dict(zip(names, row)) for row in ([5.1, 3.5, 1.4, 0.2], [7.7, 2.6, 6.9, 2.3])]
    for file in ("model.pkl", "named.pkl"):
        served = manifest(flavor="sklearn", files=[file], endpoint=None, signature=signature, example=flowers[0])
        runner = start(served, {file: tmp_path / file}).wait_ready()
        outputs = runner.predict(flowers).json["outputs"]
        assert [output["species"] for output in outputs] == ["setosa", "virginica"]
        assert [sum(output["probabilities"]) for output in outputs] == pytest.approx([1, 1])
        tensors = runner.call(
            "POST",
            "/v2/models/echo/infer",
            json.dumps(
                {"inputs": [{"name": "measurements", "datatype": "FP32", "shape": [1, 4], "data": [7.7, 2.6, 6.9, 2.3]}]}
            ),
        ).json["outputs"]
        assert [(tensor["name"], tensor["shape"]) for tensor in tensors] == [("species", [1, 1]), ("probabilities", [1, 3])]
        assert tensors[0]["data"] == ["virginica"]
        # The columns are in the estimator's order, so that it has nothing to warn of.
        assert "feature names" not in json.dumps(runner.log)


def test_integers_are_answered_as_such_where_the_estimator_was_fitted_with_floats(
    start: Callable[..., Runner], tmp_path: Path
) -> None:
    from sklearn.tree import DecisionTreeClassifier

    model = DecisionTreeClassifier().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    signature = {**SCALAR, "outputs": [{"name": "y", "type": "integer"}]}
    runner = start(
        manifest(flavor="sklearn", files=["model.pkl"], endpoint=None, signature=signature),
        {"model.pkl": tmp_path / "model.pkl"},
    ).wait_ready()
    # As JSON writes it: 3 is no 3.0.
    assert '"outputs":{"y":3}' in runner.predict({"x": 1}).text
    tensors = [{"name": "x", "datatype": "FP64", "shape": [2, 1], "data": [0, 2]}]

    def infer(binary: bool) -> Any:
        body = {"inputs": tensors, "parameters": {"binary_data_output": binary}}
        return runner.call("POST", "/v2/models/echo/infer", json.dumps(body))

    assert '"data":[1,5]' in infer(False).text
    binary = infer(True)
    assert binary.status == 200, binary.text
    assert binary.bytes.endswith(struct.pack("<2q", 1, 5))


def test_a_cell_of_csv_may_be_as_large_as_a_body(start: Callable[..., Runner]) -> None:
    signature = {"inputs": [{"name": "picture", "type": "bytes"}], "outputs": [{"name": "size", "type": "integer"}]}
    sized = code("def predict(model, inputs, context): return {'size': len(inputs['picture'])}")
    runner = start(manifest(signature=signature), sized, MAX_BODY_BYTES="1048576").wait_ready()
    picture = bytes(700_000)
    body = f"picture\n{base64.b64encode(picture).decode()}\n"
    answer = runner.call("POST", "/invocations", body, {"content-type": "text/csv"})
    assert (answer.status, answer.json) == (200, {"predictions": [len(picture)]})


def test_numbers_that_the_estimator_has_no_room_for_are_refused(start: Callable[..., Runner], tmp_path: Path) -> None:
    from sklearn.tree import DecisionTreeRegressor

    (tmp_path / "model.pkl").write_bytes(pickle.dumps(DecisionTreeRegressor().fit([[0.0], [1.0]], [1.0, 3.0])))
    runner = start(
        manifest(flavor="sklearn", files=["model.pkl"], endpoint=None), {"model.pkl": tmp_path / "model.pkl"}
    ).wait_ready()
    refused = runner.predict([{"x": 1}, {"x": 1e39}])
    assert refused.status == 400
    rule = "must be from -3.4028234663852886e+38 to 3.4028234663852886e+38, which is all that the model counts with"
    assert refused.json["error"]["fields"] == [{"path": "inputs[1].x", "message": rule}]
    assert runner.predict({"x": 1}).json["outputs"] == {"y": 3}


def test_asynchronous_code_that_ends_in_its_own_ways_fails_its_call_alone(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(),
        code(
            """
            import asyncio

            async def predict(model, inputs, context):
                if inputs["x"] == 1:
                    task = asyncio.create_task(asyncio.sleep(60))
                    task.cancel()
                    await task
                if inputs["x"] == 2:
                    raise SystemExit(3)
                return {"y": 1}
            """
        ),
    ).wait_ready()
    for x, reason in ((1, "CancelledError"), (2, "SystemExit: 3")):
        failed = runner.predict({"x": x})
        assert (failed.status, failed.json["error"]["name"]) == (500, "ModelError")
        until(lambda: any(reason in line.get("stack", "") for line in runner.log), reason)
    assert runner.predict({"x": 3}).status == 200
    metrics = runner.metrics()
    assert metrics["model_runner_requests_in_flight", LABELS] == 0
    assert metrics["model_runner_errors_total", LABELS | {("class", "ModelError")}] == 2


def test_an_estimator_of_skops_is_served(start: Callable[..., Runner], tmp_path: Path) -> None:
    from skops.io import dump
    from sklearn.linear_model import LinearRegression

    dump(LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0]), tmp_path / "model.skops")
    runner = start(
        manifest(flavor="sklearn", files=["MLmodel", "model.skops"], endpoint=None),
        {"MLmodel": "flavors: {}", "model.skops": tmp_path / "model.skops"},
    ).wait_ready()
    assert runner.predict({"x": 2}).json["outputs"]["y"] == pytest.approx(5)


def test_endpoint_code_has_what_it_needs(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(
            metrics=[
                {"name": "calls_total", "type": "counter", "labels": ["kind"]},
                {"name": "last_x", "type": "gauge"},
                {"name": "x_size", "type": "histogram"},
            ],
            files=["endpoint.py", "helper.py", "factor.txt"],
            example={"x": 5},
        ),
        {
            **code(
                """
                import logging, sys, warnings
                import numpy
                from helper import twice

                def load(context):
                    print("loading")
                    print("in two", end=" "); print("parts")
                    logging.getLogger("mine").warning("careful %s", 1)
                    logging.getLogger("mine").warning("too few %s %s", 1)
                    warnings.warn("old")
                    context.logger.info("factor read", place=str(context.files.name), version=context.version)
                    return float((context.files / "factor.txt").read_text())

                def predict_batch(model, rows, context):
                    context.metrics.gauge("last_x").set(rows[-1]["x"])
                    context.metrics.histogram("x_size").observe(rows[-1]["x"])
                    context.metrics.counter("calls_total", kind="batch").inc(len(rows))
                    xs = numpy.asarray([row["x"] for row in rows])
                    assert context.signature["inputs"][0]["name"] == "x"
                    return [{"y": y, "more": object()} for y in twice(xs) * model]
                """
            ),
            "helper.py": "def twice(x):\n    return x * 2\n",
            "factor.txt": "1.5",
        },
    ).wait_ready()
    answer = runner.predict([{"x": 1}, {"x": 2}])
    assert answer.json["outputs"] == [{"y": 3}, {"y": 6}]
    metrics = runner.metrics()
    assert metrics["calls_total", LABELS | {("kind", "batch")}] == 2
    assert metrics["last_x", LABELS] == 2
    assert metrics["x_size_sum", LABELS] == 2
    lines = {line["message"]: line for line in runner.log}
    assert lines["loading"]["level"] == lines["in two parts"]["level"] == "info"
    assert lines["careful 1"] == {**lines["careful 1"], "level": "warn", "logger": "mine"}
    assert lines["factor read"] == {**lines["factor read"], "place": "model", "version": 3}
    assert any("UserWarning: old" in message for message in lines)
    # As Python tells it, which lets nothing fail for a line of the log.
    assert "TypeError: not enough arguments for format string" in lines


def test_objects_go_in_and_out_and_are_text_in_tensors(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(
            signature={
                "inputs": [{"name": "order", "type": "object"}],
                "outputs": [{"name": "order", "type": "object"}, {"name": "lines", "type": "object", "shape": [-1]}],
            },
        ),
        code(
            """
            def predict(model, inputs, context):
                order = inputs["order"]
                return {"order": order, "lines": [{"name": name} for name in order]}
            """
        ),
    ).wait_ready()
    assert runner.predict({"order": {"a": [1, {"b": None}]}}).json["outputs"] == {
        "order": {"a": [1, {"b": None}]},
        "lines": [{"name": "a"}],
    }
    refused = runner.predict({"order": [1]})
    assert refused.status == 400
    assert refused.json["error"]["fields"] == [{"path": "inputs.order", "message": "must be an object, not array"}]

    def infer(text: str) -> Any:
        tensor = {"name": "order", "datatype": "BYTES", "shape": [1, 1], "data": [text]}
        return runner.call("POST", "/v2/models/echo/infer", json.dumps({"inputs": [tensor]}))

    order, lines = infer('{"a": 1, "b": 2}').json["outputs"]
    assert order == {"name": "order", "datatype": "BYTES", "shape": [1, 1], "data": ['{"a":1,"b":2}']}
    assert lines["shape"] == [1, 2]
    assert [json.loads(text) for text in lines["data"]] == [{"name": "a"}, {"name": "b"}]
    for wrong in ("no JSON", "[1]"):
        assert infer(wrong).status == 400


def test_what_numpy_has_within_an_object_is_answered_by_every_way(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(signature={**SCALAR, "outputs": [{"name": "all", "type": "object"}, {"name": "parts", "type": "object", "shape": [-1]}]}),
        code(
            """
            import datetime
            import numpy

            def predict(model, inputs, context):
                if inputs["x"] == 1:
                    return {"all": {"set": {1}}, "parts": []}
                return {
                    "all": {
                        "whole": numpy.int64(3),
                        "none": [float("nan"), numpy.float32("inf")],
                        "at": datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc),
                        "on": datetime.date(2026, 5, 1),
                        "column": numpy.arange(4).reshape(2, 2)[:, 1],
                        "names": numpy.array(["Zoë", "ß"]),
                    },
                    "parts": [{"one": numpy.float64(0.5)}, {"two": numpy.bool_(True)}],
                }
            """
        ),
    ).wait_ready()
    wanted = {
        "all": {
            "whole": 3,
            "none": [None, None],
            "at": "2026-05-01T00:00:00+00:00",
            "on": "2026-05-01",
            "column": [1, 3],
            "names": ["Zoë", "ß"],
        },
        "parts": [{"one": 0.5}, {"two": True}],
    }

    def infer(x: int) -> Answer:
        tensor = {"name": "x", "datatype": "FP64", "shape": [1, 1], "data": [x]}
        return runner.call("POST", "/v2/models/echo/infer", json.dumps({"inputs": [tensor]}))

    def score(x: int) -> Answer:
        return runner.call("POST", "/invocations", json.dumps({"instances": [{"x": x}]}))

    assert runner.predict({"x": 0}).json["outputs"] == wanted
    assert score(0).json["predictions"] == [wanted]
    whole, parts = (list(map(strictly, tensor["data"])) for tensor in infer(0).json["outputs"])
    assert (whole, parts) == ([wanted["all"]], wanted["parts"])
    assert [call(1).status for call in (lambda x: runner.predict({"x": x}), score, infer)] == [500, 500, 500]


def strictly(text: str) -> Any:
    """JSON, of which NaN is none."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_lines_without_values_and_of_other_lengths_are_told_as_tensors(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(
            signature={
                "inputs": [{"name": "x", "type": "integer"}, {"name": "open", "type": "boolean", "default": True}],
                "outputs": [
                    {"name": "pair", "type": "number", "shape": [2], "optional": True},
                    {"name": "open", "type": "integer", "shape": [2, -1], "optional": True},
                ],
            },
        ),
        code(
            """
            def predict(model, inputs, context):
                x = inputs["x"]
                return {
                    "pair": [x, x] if x else None,
                    "open": [[x] * x, [-x] * x] if x and inputs["open"] else None,
                }
            """
        ),
    ).wait_ready()

    def infer(xs: list[int], is_open: bool = True, binary: bool = False) -> Any:
        tensors = [
            {"name": "x", "datatype": "INT64", "shape": [len(xs), 1], "data": xs},
            {"name": "open", "datatype": "BOOL", "shape": [len(xs), 1], "data": [is_open] * len(xs)},
        ]
        outputs = [{"name": name, "parameters": {"binary_data": binary}} for name in ("pair", "open")[: 1 if binary else 2]]
        return runner.call("POST", "/v2/models/echo/infer", json.dumps({"inputs": tensors, "outputs": outputs}))

    pair, opened = infer([0, 3]).json["outputs"]
    assert (pair["shape"], pair["data"]) == ([2, 2], [None, None, 3, 3])
    assert (opened["shape"], opened["data"]) == ([2, 2, 3], [*[None] * 6, 3, 3, 3, -3, -3, -3])
    _, opened = infer([2], is_open=False).json["outputs"]
    assert (opened["shape"], opened["data"]) == ([1, 2, 1], [None, None])
    assert infer([0, 3], binary=True).bytes.endswith(struct.pack("<4d", math.nan, math.nan, 3, 3))
    refused = infer([1, 3])
    assert refused.status == 400
    assert refused.json["error"] == "output 'open' has lines of different lengths, which a tensor cannot have; use /predict"


def test_what_pandas_calls_missing_is_null(start: Callable[..., Runner]) -> None:
    """With a stand-in for pandas, of which only that value is needed: nobody can say whether it is true."""
    runner = start(
        manifest(
            signature={
                "inputs": SCALAR["inputs"],
                "outputs": [
                    {"name": "y", "type": "number"},
                    {"name": "known", "type": "integer", "optional": True},
                    {"name": "day", "type": "date", "optional": True},
                    {"name": "all", "type": "object", "optional": True},
                ],
            },
            example={"x": 1},
        ),
        {
            "pandas.py": textwrap.dedent(
                """
                class NAType:
                    def __bool__(self): raise TypeError("boolean value of NA is ambiguous")
                    def __eq__(self, other): return self

                NA = NAType()
                """
            ),
            **code(
                """
                import pandas

                def predict(model, inputs, context):
                    missing = {"known": pandas.NA, "day": pandas.NA, "all": {"one": [1, pandas.NA]}}
                    return {"y": pandas.NA if inputs["x"] == 2 else 1, **missing}
                """
            ),
        },
    ).wait_ready()
    assert runner.predict({"x": 1}).json["outputs"] == {"y": 1, "known": None, "day": None, "all": {"one": [1, None]}}
    answer = runner.predict({"x": 2})
    assert answer.status == 500
    assert answer.json["error"]["fields"] == [{"path": "outputs.y", "message": "must not be null"}]


def test_endpoint_code_that_fails_is_told_apart(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(metrics=[{"name": "hits_total", "type": "counter"}]),
        code(
            """
            def predict(model, inputs, context):
                x = inputs["x"]
                if x == 1: return {"y": float("nan")}
                if x == 2: raise ValueError("no two")
                if x == 3: context.metrics.counter("misses_total").inc()
                if x == 4: context.metrics.gauge("hits_total").set(1)
                if x == 5: return {"z": 1}
                if x == 6: return 6
                if x == 7: return {"y": object()}
                if x == 8: raise SystemExit(8)
                if x == 10: return {"y": "marked-value"}
                if x == 11: return {"y": None}
                if x == 12: context.secret("NONE")
                context.metrics.counter("hits_total").inc()
                return {"y": x}
            """
        ),
    ).wait_ready()
    assert runner.predict({"x": 1}).json["outputs"] == {"y": None}
    expected = {
        2: ("", "ValueError: no two"),
        3: ("", "metric 'misses_total' is not declared in model.yaml (declared: hits_total)"),
        4: ("", "metric 'hits_total' is declared as a counter, not a gauge"),
        5: ("outputs.y is missing", "ModelOutputError"),
        6: ("outputs must be a dict with the outputs by name, not int", "ModelOutputError"),
        7: ("outputs.y must be a number, not object", "ModelOutputError"),
        8: ("", "SystemExit: 8"),
        10: ("outputs.y must be a number, not string", "ModelOutputError"),
        11: ("outputs.y must not be null", "ModelOutputError"),
        12: ("", "the environment has no secret 'NONE'"),
    }
    for x, (wrong, reason) in expected.items():
        answer = runner.predict({"x": x}, **{"x-request-id": f"r-{x}"})
        assert answer.status == 500
        named = f": the answer does not fit the signature: {wrong}" if wrong else ""
        message = f"The model failed on this request{named}; its logs tell why under request id r-{x}."
        fields = [dict(zip(("path", "message"), wrong.split(" ", 1)))]
        assert answer.json == {
            "error": {"name": "ModelError", "message": message, **({"fields": fields} if wrong else {})},
            "requestId": f"r-{x}",
        }
        until(lambda x=x: any(line.get("requestId") == f"r-{x}" for line in runner.log), "the reason in the log")
        (line,) = [line for line in runner.log if line.get("requestId") == f"r-{x}" and line["level"] == "error"]
        assert reason in line["stack"] and "marked-value" not in line["stack"]
    assert runner.predict([{"x": 9}, {"x": 10}]).json["error"]["fields"][0]["path"] == "outputs[1].y"
    assert runner.predict({"x": 9}).status == 200
    assert runner.metrics()["hits_total", LABELS] == 2


def test_endpoint_code_may_be_async_and_is_told_what_its_environment_says(start: Callable[..., Runner]) -> None:
    runner = start(
        manifest(example={"x": 1}),
        {
            **code(
                """
                import asyncio

                async def load(context):
                    await asyncio.sleep(0)
                    context.logger.info("loop", name=type(asyncio.get_running_loop()).__module__)
                    return asyncio.Event(), len(context.secret("ADDEND"))

                async def predict(model, inputs, context):
                    event, addend = model
                    if inputs["x"] == 2: await asyncio.wait_for(event.wait(), 5)
                    event.set()
                    print("predicted")
                    context.logger.info("rule", rule=context.configuration["rule"])
                    return {"y": inputs["x"] + addend}
                """
            ),
            "../endpoint-settings.json": '{"configuration": {"rule": 7}, "secrets": {"ADDEND": "abc"}}',
        },
    ).wait_ready()
    answer = runner.predict([{"x": 2}, {"x": 1}], **{"x-request-id": "r-1"})
    assert answer.json["outputs"] == [{"y": 5}, {"y": 4}]

    def lines() -> list[tuple[str, Any]]:
        return [(line["message"], line.get("rule")) for line in runner.log if line.get("requestId") == "r-1"]

    until(lambda: len(lines()) == 4, "four lines with the request's id")
    assert sorted(lines(), key=str) == [("predicted", None), ("predicted", None), ("rule", 7), ("rule", 7)]


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_what_code_sets_where_it_loads_holds_where_it_answers(start: Callable[..., Runner], kind: str) -> None:
    """Much of it is kept by the thread, or by the context."""
    text = f"""
        import asyncio
        import contextvars
        import decimal
        import sqlite3
        import numpy
        import sklearn

        decimal.getcontext().prec = 6
        numpy.seterr(divide="raise")
        place = contextvars.ContextVar("place", default="nowhere")
        calls = contextvars.ContextVar("calls", default=0)
        # Nothing runs yet.
        asyncio.run(asyncio.sleep(0))

        {kind} load(context):
            sklearn.set_config(transform_output="pandas")
            place.set("loaded")
            connection = sqlite3.connect(":memory:")
            connection.execute("create table rates (rate number)")
            connection.execute("insert into rates values (3)")
            return connection

        {kind} predict(connection, inputs, context):
            calls.set(calls.get() + 1)
            (rate,) = connection.execute("select rate from rates").fetchone()
            return {{
                "third": str(decimal.Decimal(1) / rate),
                "divide": numpy.geterr()["divide"],
                "output": sklearn.get_config()["transform_output"],
                "place": place.get(),
                "calls": str(calls.get()),
            }}
        """
    names = ("third", "divide", "output", "place", "calls")
    signature = {**SCALAR, "outputs": [{"name": name, "type": "string"} for name in names]}
    runner = start(manifest(signature=signature, example={"x": 1}), code(text)).wait_ready()
    for _ in range(2):
        answer = runner.predict({"x": 1})
        assert answer.status == 200, runner.log
        # What a call sets is its own.
        assert answer.json["outputs"] == dict(zip(names, ("0.333333", "raise", "pandas", "loaded", "1")))
    runner.process.send_signal(signal.SIGTERM)
    assert runner.wait_end(30) == 0


@pytest.mark.parametrize(
    ("changes", "files", "message"),
    [
        ({"flavor": "sklearn", "files": ["m.joblib"], "endpoint": None}, {"m.joblib": "no model"}, "m.joblib can't be loaded"),
        ({"flavor": "sklearn", "files": [], "endpoint": None}, {}, "there is no file that ends in .joblib, .pkl, .pickle"),
        ({"flavor": "onnx"}, {}, "the Python runtime has no flavor 'onnx'; it has: sklearn, pyfunc, xgboost, lightgbm, python"),
        (
            {"flavor": "xgboost", "files": ["m.ubj"], "endpoint": None},
            {"m.ubj": "no model"},
            "m.ubj can't be loaded: No module named 'xgboost'; name what it needs in a requirements.txt",
        ),
        ({"flavor": "pyfunc", "files": ["MLmodel"], "endpoint": None}, {"MLmodel": ""}, "MLflow is needed to load"),
        ({}, code("import nothing_of_this_name"), "endpoint.py can't be imported: ModuleNotFoundError"),
        ({}, code("def predict(:"), "endpoint.py can't be imported: SyntaxError"),
        ({}, code("raise SystemExit(3)"), "endpoint.py can't be imported: SystemExit: 3"),
        ({}, code("answer = 42"), "endpoint.py must define predict(model, inputs, context)"),
        ({}, code("def load(context): raise OSError('no weights')"), "OSError: no weights"),
        ({"example": {"x": "a"}}, code("def predict(m, i, c): return i"), "the example does not fit the signature"),
        (
            {"example": {"x": 1}},
            code("def predict(m, i, c): return {'y': 'one'}"),
            "the answer to the example does not fit the signature: outputs.y must be a number, not string",
        ),
        ({"example": {"x": 1}}, code("def predict(m, i, c): return 1 / 0"), "ZeroDivisionError"),
        (
            {"example": {"x": 1}, "signature": {**SCALAR, "outputs": [{"name": "y", "type": "object"}]}},
            code("def predict(m, i, c): return {'y': {'all': {1}}}"),
            "the answer to the example is no JSON: Type is not JSON serializable: set",
        ),
        ({"example": {"x": 1}}, code("def predict(m, i, c): raise SystemExit(0)"), "SystemExit: 0"),
        ({}, code("def load(context): raise SystemExit(0)\ndef predict(m, i, c): return i"), "SystemExit: 0"),
        ({}, code("async def load(context): raise SystemExit(0)\ndef predict(m, i, c): return i"), "SystemExit: 0"),
    ],
)
def test_what_cannot_be_loaded_ends_with_1_and_says_why_last(
    start: Callable[..., Runner], changes: dict[str, Any], files: dict[str, Path | str], message: str
) -> None:
    runner = start(manifest(**changes), files)
    assert runner.wait_end() == 1
    last = runner.log[-1]
    assert last["level"] == "error"
    assert last["message"].startswith("cannot load the model: ") and message in last["message"]


def test_what_cannot_start_ends_with_1_and_says_why_last(start: Callable[..., Runner]) -> None:
    identity = code("def predict(model, inputs, context): return {'y': inputs['x']}")
    first = start(manifest(), identity).wait_ready()
    taken = start(manifest(), identity, port=first.port)
    assert taken.wait_end() == 1
    assert taken.messages[-1] == f"cannot start: address already in use (127.0.0.1:{first.port})"

    wrong = start(manifest(), identity, RUNNER_SECRET="short", MODEL_VARIANT="", PORT="70000")
    assert wrong.wait_end() == 1
    for name in ("PORT:", "RUNNER_SECRET:", "MODEL_VARIANT:"):
        assert name in wrong.messages[-1]

    broken = start([], identity)
    assert broken.wait_end() == 1
    assert broken.messages[-1].startswith("cannot start: ")


def test_without_a_gateway_it_answers_no_pages_of_others(start: Callable[..., Runner]) -> None:
    runner = start(manifest(), code("def predict(m, i, c): return {'y': i['x']}"), RUNNER_SECRET="").wait_ready()
    own = f"http://127.0.0.1:{runner.port}"
    assert [runner.predict({"x": 1}).status, runner.predict({"x": 1}, origin=own).status] == [200, 200]
    for other in ("https://elsewhere.example", "http://127.0.0.1:1", "null"):
        refused = runner.predict({"x": 1}, origin=other)
        assert (refused.status, refused.json["error"]["name"]) == (403, "NotAllowedError")


def test_who_collects_figures_has_a_secret_that_opens_nothing_else(start: Callable[..., Runner]) -> None:
    runner = start(manifest(), code("def predict(m, i, c): return {'y': i['x']}")).wait_ready()

    def status(method: str, path: str, headers: dict[str, str]) -> int:
        connection = runner.connection()
        connection.request(method, path, '{"inputs": {"x": 1}}', headers=headers)
        return connection.getresponse().status

    def bearer(secret: str) -> dict[str, str]:
        return {"authorization": f"Bearer {secret}"}

    assert status("GET", "/metrics", bearer(METRICS_SECRET)) == 200
    for secret in (SECRET, "another"):
        assert status("GET", "/metrics", bearer(secret)) == 401
    for headers in (bearer(METRICS_SECRET), {"x-model-runner-secret": METRICS_SECRET}):
        assert status("GET", "/v2", headers) == 401
        assert status("POST", "/predict", headers) == 401


def wait_live(runner: Runner) -> None:
    until(lambda: "started" in runner.messages, "started")

    def live() -> bool:
        try:
            return runner.call("GET", "/v2/health/live").status == 200
        except OSError:
            return False

    until(live, "live")


#: Native code that nothing interrupts.
STUCK = """
import ctypes
def stick():
    lock = ctypes.create_string_buffer(64)
    for _ in range(2): ctypes.CDLL(None).pthread_mutex_lock(lock)
def predict(m, i, c): return {'y': 1}
"""


@pytest.mark.parametrize(
    "slow",
    [
        "import time\ndef load(context): time.sleep(60)\ndef predict(m, i, c): return {'y': 1}",
        "import time\nasync def load(context): time.sleep(60)\ndef predict(m, i, c): return {'y': 1}",
        "async def load(context): await __import__('asyncio').sleep(60)\ndef predict(m, i, c): return {'y': 1}",
        f"{STUCK}\nstick()",
        f"{STUCK}\ndef load(context): stick()",
    ],
    ids=["load", "async load that waits for nothing", "async load", "native import", "native load"],
)
def test_it_is_live_while_it_loads_and_ends_at_once_when_asked_to(start: Callable[..., Runner], slow: str) -> None:
    runner = start(manifest(), code(slow))
    wait_live(runner)
    assert runner.call("GET", "/v2/health/ready").status == 503
    refused = runner.predict({"x": 1})
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    runner.process.send_signal(signal.SIGTERM)
    assert runner.wait_end(30) == 0
    assert runner.messages[-2:] == ["draining", "stopped"]


@pytest.mark.parametrize("place", ["load", "predict"])
def test_processes_that_code_ends_are_not_the_runner(start: Callable[..., Runner], place: str) -> None:
    """As pools of multiprocessing do with their workers, which are forks of the runner."""
    text = f"""
        import multiprocessing
        import time

        def end_one():
            worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
            worker.start()
            worker.terminate()
            worker.join()
            return worker.exitcode

        def load(context):
            return end_one() if "{place}" == "load" else None

        def predict(model, inputs, context):
            return {{"y": end_one() if model is None else model}}
        """
    runner = start(manifest(), code(text)).wait_ready()
    for _ in range(3):
        answer = runner.predict({"x": 1})
        assert answer.json["outputs"] == {"y": -signal.SIGTERM}
        assert "connection" not in answer.headers
    assert "draining" not in runner.messages


def test_nobody_is_turned_away_when_it_gets_ready(start: Callable[..., Runner], tmp_path: Path) -> None:
    waiting = f"""
        import pathlib, time
        while not pathlib.Path({str(tmp_path / "go")!r}).exists(): time.sleep(0.01)
        def predict(model, inputs, context): return {{"y": inputs["x"]}}
        """
    runner = start(manifest(), code(waiting))
    wait_live(runner)
    statuses: list[list[int]] = [[] for _ in range(4)]

    def ask(own: list[int]) -> None:
        # Each time on a connection of its own.
        while own.count(200) < 20:
            own.append(runner.call("GET", "/v2/health/ready").status)

    with ThreadPoolExecutor(len(statuses)) as threads:
        asking = [threads.submit(ask, own) for own in statuses]
        until(lambda: all(statuses), "calls")
        (tmp_path / "go").touch()
        for one in asking:
            one.result()
    for own in statuses:
        assert own == sorted(own, reverse=True) and set(own) == {503, 200}


def test_no_call_is_lost_when_it_is_asked_to_stop(start: Callable[..., Runner]) -> None:
    slow = "import time\ndef predict(m, i, c):\n    time.sleep(0.002)\n    return {'y': i['x']}"
    runner = start(manifest(), code(slow)).wait_ready()
    statuses: list[int] = []
    errors: list[BaseException] = []

    def client() -> None:
        connection: http.client.HTTPConnection | None = None
        while True:
            try:
                connection = connection or runner.connection()
                answer = runner.call("POST", "/predict", '{"inputs":{"x":1}}', connection=connection)
                statuses.append(answer.status)
                if answer.headers.get("connection") == "close":
                    connection = None
            except Exception as error:
                errors.append(error)
                return

    clients = [threading.Thread(target=client) for _ in range(8)]
    for thread in clients:
        thread.start()
    until(lambda: len(statuses) > 100, "calls")
    runner.process.send_signal(signal.SIGTERM)
    for thread in clients:
        thread.join(60)
    assert runner.wait_end(30) == 0
    assert set(statuses) == {200}
    # Refused are new connections only.
    assert {type(error) for error in errors} == {ConnectionRefusedError}
    assert runner.messages[-2:] == ["draining", "stopped"]


def test_it_serves_and_ends_with_0_where_its_log_has_no_room(start: Callable[..., Runner]) -> None:
    text = """
        import logging

        def predict(model, inputs, context):
            print("printed")
            context.logger.info("logged")
            logging.getLogger("code").warning("logged otherwise")
            return {"y": inputs["x"]}
    """
    with open("/dev/full", "w") as full:
        runner = start(manifest(), code(text), output=full)

    def is_ready() -> bool:
        assert runner.process.poll() is None
        try:
            return runner.call("GET", "/v2/health/ready").status == 200
        except OSError:
            return False

    until(is_ready, "ready")
    for _ in range(3):
        assert runner.predict({"x": 1}).json["outputs"] == {"y": 1}
    runner.process.send_signal(signal.SIGTERM)
    assert runner.wait_end() == 0


def test_a_slow_reader_gets_the_whole_answer_when_it_is_asked_to_stop(start: Callable[..., Runner]) -> None:
    size = 16_000_000
    signature = {**SCALAR, "outputs": [{"name": "y", "type": "string"}]}
    large = code(f"def predict(model, inputs, context): return {{'y': 'y' * {size}}}")
    # As long as it takes, also where other work makes it slower.
    runner = start(manifest(signature=signature), large, DRAIN_TIMEOUT_MS="100000").wait_ready()
    with socket.socket() as slow:
        slow.settimeout(60)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.connect(("127.0.0.1", runner.port))
        body = b'{"inputs":{"x":1}}'
        head = f"POST /predict HTTP/1.1\r\nhost: x\r\nx-model-runner-secret: {SECRET}\r\ncontent-length: {len(body)}\r\n\r\n"
        slow.sendall(head.encode() + body)
        got = [slow.recv(1_000)]
        runner.process.send_signal(signal.SIGTERM)
        until(lambda: "draining" in runner.messages, "draining")
        # As fast as a line of 5 MB a second is.
        while got[-1]:
            time.sleep(0.01)
            got.append(slow.recv(50_000))
    assert sum(map(len, got)) > size
    assert runner.wait_end(30) == 0
    assert runner.messages[-2:] == ["draining", "stopped"]
