"""The standard metrics of a runner, and the custom ones that model.yaml declares."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric

from .custom_metrics import CustomMetrics
from .environment import Environment
from .logs import Logger
from .solve_metrics import SolveMetrics

#: Seconds; from half a millisecond to half a minute.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

#: Lines of a prediction.
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _LabelledProcessCollector:
    """Memory, time and files of this process, with the labels of all other series."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._collector = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        for metric in self._collector.collect():
            metric.samples = [sample._replace(labels={**sample.labels, **self._labels}) for sample in metric.samples]
            yield metric


class RunnerMetrics:
    """Every series carries whose it is: system, model, version, environment, endpoint, variant, revision."""

    def __init__(self, manifest: dict[str, Any], environment: Environment, logger: Logger) -> None:
        disable_created_metrics()
        self._registry = CollectorRegistry()
        self._labels = {
            "system": manifest["model"]["system"],
            "model": manifest["model"]["slug"],
            "version": str(manifest["version"]),
            "environment": environment.environment,
            "endpoint": environment.endpoint,
            "variant": environment.variant,
            "revision": environment.revision,
        }
        names = tuple(self._labels)
        self._registry.register(_LabelledProcessCollector(self._labels))
        self._requests = Counter(
            "model_runner_requests_total",
            "Answered calls of predict, infer and invocations, by status code",
            (*names, "code"),
            registry=self._registry,
        )
        self._codes: dict[int, Any] = {}
        self._errors = Counter(
            "model_runner_errors_total",
            "Calls that were refused or failed, by class of error",
            (*names, "class"),
            registry=self._registry,
        )

        def histogram(name: str, text: str, buckets: tuple[float, ...] = BUCKETS) -> Any:
            return Histogram(name, text, names, registry=self._registry, buckets=buckets).labels(**self._labels)

        def gauge(name: str, text: str) -> Any:
            return Gauge(name, text, names, registry=self._registry).labels(**self._labels)

        self.request_seconds = histogram(
            "model_runner_request_duration_seconds", "From the first byte of a call to its answer"
        )
        self.predict_seconds = histogram("model_runner_predict_duration_seconds", "Time inside the model alone")
        self.batch_size = histogram("model_runner_batch_size", "Lines in one prediction", BATCH_BUCKETS)
        self.queue_depth = gauge("model_runner_queue_depth", "Calls that wait for a prediction")
        self.in_flight = gauge("model_runner_requests_in_flight", "Calls being answered now")
        self.load_seconds = gauge("model_runner_load_seconds", "How long the model took to load")
        is_solved = manifest["model"].get("type") == "optimization"
        self.solves = SolveMetrics(self._labels, self._registry) if is_solved else None
        self.custom = CustomMetrics(
            manifest.get("metrics", []), manifest["signature"]["inputs"], self._labels, self._registry, logger
        )

    def count_answer(self, code: int) -> None:
        counter = self._codes.get(code)
        if counter is None:
            counter = self._requests.labels(**self._labels, code=str(code))
            self._codes[code] = counter
        counter.inc()

    def count_error(self, error_class: str) -> None:
        self._errors.labels(**self._labels, **{"class": error_class}).inc()

    def expose(self) -> bytes:
        return generate_latest(self._registry)
