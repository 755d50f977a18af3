"""Calls that come side by side are one prediction, and each has its own answer or its own error."""
from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from runner import Answer, Runner
from test_runner import LABELS, manifest

#: An estimator that doubles, and fails on all it is given where 13 is among it.
FUSSY = """
class Fussy:
    def predict(self, lines):
        if 13 in lines:
            raise ValueError("13 is among them")
        return lines[:, 0] * 2
"""
#: Made as pickle would make it, without that class in the tests.
PICKLED = b"cfussy\nFussy\n)\x81."
CALLS = 24
BATCH_COUNT = ("model_runner_batch_size_count", LABELS)
BATCH_SUM = ("model_runner_batch_size_sum", LABELS)


def start_fussy(start: Callable[..., Runner], tmp_path: Path, **variables: str) -> Runner:
    (tmp_path / "model.pkl").write_bytes(PICKLED)
    files: dict[str, Path | str] = {"model.pkl": tmp_path / "model.pkl", "fussy.py": FUSSY}
    alone = manifest(flavor="sklearn", files=list(files))
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
        failed = [line for line in runner.log if line["level"] == "error"]
        assert len(failed) == calls // CALLS
        assert calls < 100 * CALLS
    assert runner.metrics()["model_runner_queue_depth", LABELS] == 0


def test_calls_are_not_joined_where_that_is_said(start: Callable[..., Runner], tmp_path: Path) -> None:
    runner = start_fussy(start, tmp_path, BATCH_MAX_ROWS="1")
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
