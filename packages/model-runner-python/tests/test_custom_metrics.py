"""Metrics of endpoint code: what is declared, in few series, without values of requests."""
from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest
from runner import Runner, until

MANIFEST = {
    "formatVersion": 1,
    "model": {"name": "Echo", "slug": "echo", "system": "tests", "type": "ml", "description": ""},
    "version": 3,
    "flavor": "python",
    "files": ["endpoint.py"],
    "endpoint": "endpoint.py",
    "signature": {
        "inputs": [
            {"name": "x", "type": "number"},
            {"name": "plan", "type": "string", "enum": ["basic", "premium"], "default": "basic"},
            {"name": "text", "type": "string", "default": ""},
        ],
        "outputs": [{"name": "y", "type": "number"}],
    },
    "metrics": [
        {"name": "offers_total", "type": "counter", "labels": ["kind"]},
        {"name": "plans_total", "type": "counter", "labels": ["plan"]},
        {"name": "level", "type": "gauge"},
    ],
}

CODE = """
    def predict(model, inputs, context):
        x, metrics = inputs["x"], context.metrics
        if x == 1: metrics.counter("offers_total", kind="a").inc(-1)
        if x == 2: metrics.counter("offers_total", colour="a").inc()
        if x == 3: metrics.counter("offers_total", kind={}).inc()
        if x == 4: metrics.gauge("level").set("high")
        if x == 5: metrics.histogram("level").observe(1)
        if x == 6: metrics.counter("none_total").inc()
        if x == 7:
            for index in range(250): metrics.counter("offers_total", kind=f"k{index}").inc(2)
        if x == 8: metrics.counter("plans_total", plan=inputs["plan"]).inc()
        if x == 9: metrics.counter("plans_total", plan=inputs["text"]).inc()
        if x == 10: metrics.counter("plans_total", plan="long" * 30).inc()
        return {"y": x}
"""


@pytest.fixture(scope="module")
def runner(start: Callable[..., Runner]) -> Runner:
    return start(MANIFEST, {"endpoint.py": dedent(CODE)}).wait_ready()


def series(runner: Runner, name: str, label: str) -> dict[str, float]:
    return {dict(labels)[label]: value for (metric, labels), value in runner.metrics().items() if metric == name}


def warnings(runner: Runner) -> list[str]:
    return [message for message in runner.messages if "counts further" in message]


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (1, "metric 'offers_total' is a counter, which can't be counted down"),
        (2, "metric 'offers_total' takes the labels kind, not colour"),
        (3, "label 'kind' of metric 'offers_total' must be text, not dict"),
        (4, "metric 'level' takes finite numbers only"),
        (5, "metric 'level' is declared as a gauge, not a histogram"),
        (6, "metric 'none_total' is not declared in model.yaml"),
    ],
)
def test_what_is_used_wrongly_is_named(runner: Runner, x: int, reason: str) -> None:
    request_id = f"wrong-{x}"
    assert runner.predict({"x": x}, **{"x-request-id": request_id}).status == 500

    def found() -> list[dict[str, Any]]:
        return [line for line in runner.log if line.get("requestId") == request_id]

    until(found, "the reason")
    assert reason in found()[0]["stack"]


def test_a_metric_has_a_hundred_series_and_one_for_all_others(runner: Runner) -> None:
    for _ in range(2):
        assert runner.predict({"x": 7}).status == 200
    found = series(runner, "offers_total", "kind")
    assert len(found) == 101 and found["k0"] == 4 and found["other"] == 2 * 150 * 2
    limited = series(runner, "model_runner_metric_series_limited_total", "metric")
    assert limited["offers_total"] == 2 * 150
    until(lambda: warnings(runner), "the warning")
    assert warnings(runner) == [
        "metric 'offers_total' counts further label values as 'other': it has 100 series, as many as it may have"
    ]


def test_label_values_are_not_those_of_requests_but_where_the_signature_lists_them(runner: Runner) -> None:
    runner.predict({"x": 8, "plan": "premium"})
    for text in ("Marked Name", "Marked Name 2"):
        runner.predict({"x": 9, "text": text})
    runner.predict({"x": 10})
    assert series(runner, "plans_total", "plan") == {"premium": 1, "other": 3}
    until(lambda: len(warnings(runner)) > 2, "both warnings")
    assert warnings(runner)[1:] == [
        "metric 'plans_total' counts further label values as 'other': a label value is that of the input 'text', "
        "which has no enum in the signature",
        "metric 'plans_total' counts further label values as 'other': a label value is longer than 100 characters",
    ]
