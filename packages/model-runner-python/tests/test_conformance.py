"""What every runner answers; the Node runtime's tests run the same cases."""
from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from runner import CONFORMANCE, Runner

MANIFEST = {
    **json.loads((CONFORMANCE / "model.json").read_text(encoding="utf-8")),
    "flavor": "python",
    "files": ["endpoint.py"],
    "endpoint": "endpoint.py",
}
CASES = json.loads((CONFORMANCE / "cases.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def echo(start: Callable[..., Runner]) -> Runner:
    return start(MANIFEST, {"endpoint.py": CONFORMANCE / "endpoint.py"}).wait_ready()


def opened(wanted: Any, given: Any) -> Any:
    """An answer with what the case leaves open taken from the case."""
    if wanted == "<any>" or (wanted == "<string>" and isinstance(given, str)):
        return wanted
    if isinstance(wanted, list) and isinstance(given, list):
        return [opened(wanted[i] if i < len(wanted) else None, item) for i, item in enumerate(given)]
    if isinstance(wanted, dict) and isinstance(given, dict):
        return {key: opened(wanted.get(key), value) for key, value in given.items()}
    return given


def body_of(request: dict[str, Any]) -> str | None:
    if "body" in request:
        return json.dumps(request["body"])
    if "parts" in request:
        return "".join(part if isinstance(part, str) else part["repeat"] * part["times"] for part in request["parts"])
    return request.get("text")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_answers(echo: Runner, case: dict[str, Any]) -> None:
    request, response = case["request"], case["response"]
    headers = dict(request.get("headers", {}))
    if "secret" in request:
        headers["x-model-runner-secret"] = "" if request["secret"] == "none" else request["secret"]
    answer = echo.call(request["method"], request["path"], body_of(request), headers)
    assert answer.status == response["status"], answer.text
    assert {**answer.headers, **response.get("headers", {})} == answer.headers
    assert answer.headers["x-request-id"]
    assert (answer.headers["x-model-version"], answer.headers["x-model-variant"]) == ("3", "main")
    wanted = response.get("body", "<any>")
    if wanted != "<any>":
        assert opened(wanted, answer.json) == wanted


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
