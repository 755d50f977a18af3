"""What every runner answers; the Node runtime's tests run the same cases."""
from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from conformance_case import read_conformance, sent_of, split_answer, wanted_of
from runner import CONFORMANCE, Runner

#: Cases by the model that answers them.
SUITES = {
    "echo": ("model.json", ["cases.json", "tensorCases.json", "scoringCases.json"]),
    "types": ("types.json", ["typeCases.json"]),
    "objects": ("objects.json", ["objectCases.json"]),
}
MANIFESTS = {
    model: {**read_conformance(manifest), "flavor": "python", "files": ["endpoint.py"], "endpoint": "endpoint.py"}
    for model, (manifest, _) in SUITES.items()
}
MANIFEST = MANIFESTS["echo"]
CASES = [(model, case) for model, (_, files) in SUITES.items() for file in files for case in read_conformance(file)]


@pytest.fixture(scope="module")
def runners(start: Callable[..., Runner]) -> dict[str, Runner]:
    files = {"endpoint.py": CONFORMANCE / "endpoint.py"}
    started = {model: start(MANIFESTS[model], files, MODEL_ENDPOINT=model) for model in SUITES}
    return {model: runner.wait_ready() for model, runner in started.items()}


@pytest.fixture(scope="module")
def echo(runners: dict[str, Runner]) -> Runner:
    return runners["echo"]


def opened(wanted: Any, given: Any) -> Any:
    """An answer with what the case leaves open taken from the case."""
    if wanted == "<any>" or (wanted == "<string>" and isinstance(given, str)):
        return wanted
    if isinstance(wanted, list) and isinstance(given, list):
        return [opened(wanted[i] if i < len(wanted) else None, item) for i, item in enumerate(given)]
    if isinstance(wanted, dict) and isinstance(given, dict):
        return {key: opened(wanted.get(key), value) for key, value in given.items()}
    return given


@pytest.mark.parametrize(("model", "case"), CASES, ids=[case["name"] for _, case in CASES])
def test_answers(runners: dict[str, Runner], model: str, case: dict[str, Any]) -> None:
    request, response = case["request"], case["response"]
    body, headers = sent_of(request, MANIFESTS[model]["example"])
    answer = runners[model].call(request["method"], request["path"], body, headers)
    head, binary = split_answer(answer)
    assert answer.status == response["status"], head
    assert {**answer.headers, **response.get("headers", {})} == answer.headers
    assert answer.headers["x-request-id"]
    assert (answer.headers["x-model-version"], answer.headers["x-model-variant"]) == ("3", "main")
    assert binary == response.get("binary", "")
    assert response.get("text", "") in head
    wanted = wanted_of(response, MANIFESTS[model])
    if wanted != "<any>":
        assert opened(wanted, json.loads(head)) == wanted


def test_no_request_however_wrong_is_answered_with_a_5xx(echo: Runner) -> None:
    numbers = random.Random(20261)
    connection = echo.connection()
    for _ in range(600):
        protocol = numbers.random() < 0.5
        inputs = any_tensors(numbers) if protocol else any_inputs(numbers)
        path = "/v2/models/echo/infer" if protocol else "/predict"
        answer = echo.call("POST", path, json.dumps({"inputs": inputs}), connection=connection)
        assert answer.status in (200, 400, 413), (inputs, answer.text)
        assert isinstance(answer.json, dict)
    connection.close()
    assert [line for line in echo.log if line["level"] == "error"] == []


def any_value(numbers: random.Random, depth: int = 0) -> Any:
    if depth > 3 or numbers.random() < 0.6:
        return numbers.choice([0, -1, 7, 2.5, 1e308, 2**60, "", "a", "ä\0", True, False, None])
    values = [any_value(numbers, depth + 1) for _ in range(numbers.randrange(4))]
    if numbers.random() < 0.5:
        return values
    return {numbers.choice(["amount", "__class__", "inputs", "x"]): value for value in values}


def any_inputs(numbers: random.Random) -> Any:
    """Mostly the example, with something wrong in it."""
    if numbers.random() < 0.2:
        return any_value(numbers)

    def row() -> dict[str, Any]:
        line = dict(MANIFEST["example"])
        line[numbers.choice([*line, "x"])] = any_value(numbers)
        return line

    return row() if numbers.random() < 0.5 else [row(), row()]


def any_tensors(numbers: random.Random) -> Any:
    if numbers.random() < 0.2:
        return any_value(numbers)
    datatypes = {"amount": "FP64", "count": "INT64", "kind": "BYTES", "flag": "BOOL", "ratio": "FP64", "vector": "FP64"}
    tensors: list[dict[str, Any]] = []
    for name, datatype in datatypes.items():
        value = MANIFEST["example"][name]
        data = value if isinstance(value, list) else [value]
        tensors.append({"name": name, "datatype": datatype, "shape": [1, len(data)], "data": data})
    changed = numbers.choice(tensors)
    changed[numbers.choice(["name", "datatype", "shape", "data"])] = numbers.choice(
        [any_value(numbers), [any_value(numbers)], [0, 3], [1, 10**15, 0], [2, 1], [1e15, 1e15], "INT8", "FP32", [[[1]], 2]]
    )
    return tensors
