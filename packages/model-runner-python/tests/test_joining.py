"""Calls that come side by side are one prediction, and each has its own answer or its own error."""
from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy
import pytest
from model_runner.environment import read_environment
from model_runner.errors import RequestError
from model_runner.flavors.sklearn import is_line_by_line
from model_runner.joined_predictions import JoinedPredictions
from model_runner.logs import Logger
from model_runner.metrics import RunnerMetrics
from model_runner.table import Table
from model_runner.turns import TURNS_BETWEEN_CALLS
from runner import SECRET, Answer, Runner, until
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, minmax_scale, scale
from test_runner import LABELS, manifest

#: An estimator of somebody's own, which answers how far lines are from what stands beside them.
OWN = """
class Own:
    def predict(self, lines):
        return lines[:, 0] - lines[:, 0].mean()
"""
#: It holds up the loop.
BUSY = """
import time
def predict(model, inputs, context):
    print('begins', flush=True)
    time.sleep(0.3)
    return {'y': inputs['x']}
"""
BUSY_OWN = """
import time
class Own:
    def predict(self, lines):
        print('begins', flush=True)
        time.sleep(0.3)
        return lines[:, 0]
"""
#: Made as pickle would make it, without that class in the tests.
PICKLED = b"cown\nOwn\n)\x81."
CALLS = 24
BATCH_COUNT = ("model_runner_batch_size_count", LABELS)
BATCH_SUM = ("model_runner_batch_size_sum", LABELS)


def start_fussy(
    start: Callable[..., Runner], tmp_path: Path, changes: dict[str, Any] | None = None, **variables: str
) -> Runner:
    """It doubles, and fails on all it is given where 13 is among it."""
    known = numpy.array([[number] for number in (*range(13), 7.5, *range(14, CALLS))])
    known.sort(axis=0)
    encoder = OrdinalEncoder(categories=[known[:, 0]])
    model = make_pipeline(encoder, KNeighborsRegressor(n_neighbors=1)).fit(known, known[:, 0] * 2)
    return start_estimator(start, tmp_path, pickle.dumps(model), changes=changes, **variables)


def start_estimator(
    start: Callable[..., Runner],
    tmp_path: Path,
    pickled: bytes,
    more: dict[str, str] | None = None,
    changes: dict[str, Any] | None = None,
    **variables: str,
) -> Runner:
    (tmp_path / "model.pkl").write_bytes(pickled)
    files: dict[str, Path | str] = {"model.pkl": tmp_path / "model.pkl", **(more or {})}
    alone = manifest(flavor="sklearn", files=list(files), **(changes or {}))
    del alone["endpoint"]
    return start(alone, files, **variables).wait_ready()


def call_side_by_side(runner: Runner, inputs: list[Any]) -> list[Answer]:
    with ThreadPoolExecutor(len(inputs)) as threads:
        connections = [runner.connection() for _ in inputs]
        for connection in connections:
            connection.connect()
        bodies = [json.dumps({"inputs": one}) for one in inputs]
        answers = threads.map(
            lambda body, connection: runner.call("POST", "/predict", body, connection=connection), bodies, connections
        )
        try:
            return list(answers)
        finally:
            for connection in connections:
                connection.close()


def test_each_call_of_a_joined_prediction_has_its_own_answer_or_error(
    start: Callable[..., Runner], tmp_path: Path
) -> None:
    runner = start_fussy(start, tmp_path)

    def failures() -> list[Any]:
        return [line for line in runner.log if line["level"] == "error"]

    calls = 0
    # Until some of them met.
    while calls == 0 or runner.metrics()[BATCH_COUNT] >= calls:
        inputs: list[Any] = [{"x": number} for number in range(CALLS)]
        inputs[7] = [{"x": 7}, {"x": 7.5}]
        answers = call_side_by_side(runner, inputs)
        calls += CALLS
        assert answers[13].status == 500
        assert answers[13].json["error"]["name"] == "ModelError"
        del answers[13]
        assert answers[7].json["outputs"] == [{"y": 14}, {"y": 15}]
        del answers[7]
        numbers = [number for number in range(CALLS) if number not in (7, 13)]
        assert [answer.json["outputs"] for answer in answers] == [{"y": number * 2} for number in numbers]
        request_ids = {answer.json["requestId"] for answer in answers}
        assert request_ids == {answer.headers["x-request-id"] for answer in answers}
        assert len(request_ids) == CALLS - 2
        until(lambda: len(failures()) == calls // CALLS, "a line for each that failed")
        assert calls < 100 * CALLS
    assert runner.metrics()["model_runner_queue_depth", LABELS] == 0


@pytest.mark.parametrize(
    ("changes", "variables"), [({}, {"BATCH_MAX_ROWS": "1"}), ({"batching": False}, {})], ids=["host", "version"]
)
def test_calls_are_not_joined_where_that_is_said(
    start: Callable[..., Runner], tmp_path: Path, changes: dict[str, Any], variables: dict[str, str]
) -> None:
    runner = start_fussy(start, tmp_path, changes, **variables)
    answers = call_side_by_side(runner, [{"x": number} for number in range(12)])
    assert [answer.json["outputs"] for answer in answers] == [{"y": number * 2} for number in range(12)]
    assert runner.metrics()[BATCH_COUNT] == runner.metrics()[BATCH_SUM] == 12


def test_calls_wait_for_others_where_that_is_said(start: Callable[..., Runner], tmp_path: Path) -> None:
    runner = start_fussy(start, tmp_path, BATCH_MAX_DELAY_MS="20", BATCH_MAX_ROWS="8")
    for _ in range(5):
        answers = call_side_by_side(runner, [{"x": number} for number in range(12)])
        assert [answer.json["outputs"] for answer in answers] == [{"y": number * 2} for number in range(12)]
    metrics = runner.metrics()
    assert metrics[BATCH_SUM] == 60
    buckets = {
        float(dict(labels)["le"]): value for (name, labels), value in metrics.items() if name == "model_runner_batch_size_bucket"
    }
    assert buckets[8] == metrics[BATCH_COUNT]


def test_calls_are_not_joined_where_nobody_knows_what_a_model_does_with_them(
    start: Callable[..., Runner], tmp_path: Path
) -> None:
    runner = start_estimator(start, tmp_path, PICKLED, {"own.py": OWN})
    for answer in call_side_by_side(runner, [[{"x": 1 + 1000 * at}, {"x": 3 + 1000 * at}] for at in range(CALLS)]):
        assert answer.json["outputs"] == [{"y": -1}, {"y": 1}]


@pytest.mark.parametrize(
    ("function", "is_known"),
    [
        *((known, True) for known in (numpy.log1p, numpy.abs, numpy.nan_to_num, numpy.clip, None)),
        # They look across lines.
        *((other, False) for other in (scale, minmax_scale, numpy.cumsum, numpy.sort, numpy.add, numpy.add.accumulate)),
        (lambda lines: lines - lines.mean(), False),
    ],
)
def test_an_estimator_is_known_by_all_its_steps(function: Any, is_known: bool) -> None:
    assert is_line_by_line(make_pipeline(FunctionTransformer(function), LinearRegression())) is is_known


def test_what_an_estimator_was_fitted_with_is_no_step_of_it() -> None:
    choosing = SelectKBest(f_regression, k="all")
    assert is_line_by_line(make_pipeline(OneHotEncoder(dtype=numpy.float32), choosing, LinearRegression()))


class Predictions:
    """Joined ones of a model that, unless it is another, doubles and fails on all it is given where 13 is among it."""

    def __init__(self, of_number: Callable[[int], Any] = lambda number: number * 2, **variables: str) -> None:
        self._of_number = of_number
        named = ("MODEL_DIR", "MODEL_ENDPOINT", "MODEL_VARIANT", "MODEL_REVISION", "MODEL_ENVIRONMENT")
        environment = read_environment({**dict.fromkeys(named, "x"), "PORT": "1", **variables})
        metrics = RunnerMetrics(manifest(), environment, Logger(sys.stderr))
        self._joined = JoinedPredictions(self._predict, environment.batch, environment.max_body_bytes, metrics)
        self._turns = 0
        #: The numbers of each prediction, and the turns of the loop before it.
        self.made: list[list[int]] = []
        self.turns: list[int] = []

    def _predict(self, lines: Table) -> Table:
        self.made.append(list(lines.columns["x"]))
        self.turns.append(self._turns)
        if 13 in lines.columns["x"]:
            raise ValueError("13")
        return Table(lines.count, {"y": list(map(self._of_number, lines.columns["x"]))})

    async def _count_turns(self) -> None:
        while True:
            self._turns += 1
            await asyncio.sleep(0)

    def ask(self, numbers: list[int], size: int = 10, gone: tuple[int, ...] = ()) -> list[Any]:
        """Numbers of answers, or what was raised."""

        async def one(number: int) -> Any:
            answer = await self._joined.predict(Table(1, {"x": [number]}), size, lambda: number in gone)
            return answer.columns["y"][0]

        async def all_of_them() -> list[Any]:
            counting = asyncio.create_task(self._count_turns())
            try:
                return await asyncio.gather(*map(one, numbers), return_exceptions=True)
            finally:
                counting.cancel()

        return asyncio.run(all_of_them())


def test_who_made_a_joined_prediction_fail_is_found_by_halves_and_the_loop_gets_to_all_else_between() -> None:
    predictions = Predictions()
    numbers = list(range(64))
    answers = predictions.ask(numbers)
    assert isinstance(answers.pop(13), ValueError)
    assert answers == [number * 2 for number in numbers if number != 13]
    assert predictions.made[0] == numbers
    # All, and two of each size below.
    assert len(predictions.made) == 1 + 2 * 6
    between = [later - earlier for earlier, later in pairwise(predictions.turns)]
    assert min(between) >= TURNS_BETWEEN_CALLS - 1, between


def test_what_the_code_has_set_when_it_was_loaded_holds_for_calls_that_are_joined() -> None:
    with numpy.errstate(over="raise"):
        predictions = Predictions(lambda number: float(numpy.exp(numpy.float64(number))))
        answers = predictions.ask([0, 1_000, 0])
    assert predictions.made[0] == [0, 1_000, 0]
    assert isinstance(answers.pop(1), FloatingPointError)
    assert answers == [1, 1]


def test_calls_are_joined_as_long_as_they_are_no_larger_together_than_one_may_be() -> None:
    predictions = Predictions(MAX_BODY_BYTES="1000")
    assert predictions.ask(list(range(9)), size=400) == [number * 2 for number in range(9)]
    assert max(map(len, predictions.made)) == 2
    assert predictions.ask([1, 2, 3], size=1000) == [2, 4, 6]
    assert predictions.made[-3:] == [[1], [2], [3]]


def test_nothing_is_predicted_for_callers_who_are_gone() -> None:
    predictions = Predictions()
    answers = predictions.ask([1, 2, 3, 4], gone=(1, 3))
    assert [answer for answer in answers if not isinstance(answer, RequestError)] == [4, 8]
    assert predictions.made == [[2, 4]]
    assert len(predictions.ask([5], gone=(5,))) == 1
    assert predictions.made == [[2, 4]]


def test_code_is_not_asked_for_callers_who_are_gone(start: Callable[..., Runner], tmp_path: Path) -> None:
    go = tmp_path / "go"
    slow = f"""
import pathlib, time
def predict(model, inputs, context):
    print('asked for', inputs['x'], flush=True)
    while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)
    return {{'y': inputs['x']}}
"""
    runner = start(manifest(), {"endpoint.py": slow}).wait_ready()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(runner.predict, {"x": 1})
        until(lambda: "asked for 1" in runner.messages, "the first call")
        for number in (2, 3):
            leaving = runner.connection()
            body = json.dumps({"inputs": {"x": number}})
            leaving.request("POST", "/predict", body, {"x-model-runner-secret": SECRET})
            leaving.close()
        last = threads.submit(runner.predict, {"x": 4})
        go.touch()
        assert (first.result().json["outputs"], last.result().json["outputs"]) == ({"y": 1}, {"y": 4})
    assert [message for message in runner.messages if "asked" in message] == ["asked for 1", "asked for 4"]
    assert runner.metrics()["model_runner_errors_total", LABELS | {("class", "CallerLeft")}] == 2


def test_a_runner_tells_that_it_is_alive_between_the_lines_of_a_call(start: Callable[..., Runner]) -> None:
    slow = "import time\ndef predict(model, inputs, context):\n    print('begins', flush=True)\n    time.sleep(0.2)\n    return {'y': inputs['x']}\n"
    runner = start(manifest(), {"endpoint.py": slow}).wait_ready()
    lines = 16
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(runner.predict, [{"x": number} for number in range(lines)])
        until(lambda: "begins" in runner.messages, "the first line")
        alive = 0
        connection = runner.connection()
        while not call.done():
            assert runner.call("GET", "/v2/health/live", connection=connection).status == 200
            alive += 1
        assert call.result().json["outputs"] == [{"y": number} for number in range(lines)]
    # Those at its end may have waited for all of it.
    assert alive >= 4


@pytest.mark.parametrize("kind", ["endpoint code", "endpoint code whose load waits", "an estimator of somebody's own"])
def test_a_runner_tells_that_it_is_alive_between_calls_that_hold_it_up(
    start: Callable[..., Runner], tmp_path: Path, kind: str
) -> None:
    if kind.startswith("endpoint code"):
        load = "async def load(context): pass\n" if "load" in kind else ""
        runner = start(manifest(), {"endpoint.py": load + BUSY}).wait_ready()
    else:
        runner = start_estimator(start, tmp_path, PICKLED, {"own.py": BUSY_OWN})
    alive: list[float] = []
    answered: list[float] = []
    calls = 8

    def ask() -> None:
        connection = runner.connection()
        while len(answered) < calls:
            assert runner.call("GET", "/v2/health/live", connection=connection).status == 200
            alive.append(time.monotonic())

    body = json.dumps({"inputs": {"x": 1}})
    connections = [runner.connection() for _ in range(calls)]
    for connection in connections:
        assert runner.call("GET", "/v2/health/live", connection=connection).status == 200

    def call(connection: HTTPConnection) -> None:
        assert runner.call("POST", "/predict", body, connection=connection).status == 200
        answered.append(time.monotonic())

    with ThreadPoolExecutor(calls + 1) as threads:
        first = threads.submit(call, connections[0])
        until(lambda: "begins" in runner.messages, "the first call")
        # All of these wait for the first one, and then are there at once.
        others = [threads.submit(call, connection) for connection in connections[1:]]
        asking = threads.submit(ask)
        for one in (first, *others, asking):
            one.result()
    answered.sort()
    between = [any(begin < at < end for at in alive) for begin, end in pairwise(answered)]
    # On a busy machine who asks may be late for a turn, but not for most of them.
    assert sum(between) >= calls // 2, (alive, answered)
