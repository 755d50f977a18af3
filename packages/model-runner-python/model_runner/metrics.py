"""The standard metrics of a runner, and the custom ones that model.yaml declares."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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

from .environment import Environment

#: Seconds; from half a millisecond to half a minute.
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

#: Lines of a prediction.
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_KINDS = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}


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

    def __init__(self, manifest: dict[str, Any], environment: Environment) -> None:
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
        self.custom = CustomMetrics(manifest.get("metrics", []), self._labels, self._registry)

    def count_answer(self, code: int) -> None:
        counter = self._codes.get(code)
        if counter is None:
            counter = self._requests.labels(**self._labels, code=str(code))
            self._codes[code] = counter
        counter.inc()

    def expose(self) -> bytes:
        return generate_latest(self._registry)


class CustomMetric:
    """One series that endpoint code counts."""

    def __init__(self, owner: CustomMetrics, series: Any) -> None:
        self._owner = owner
        self._series = series

    def inc(self, amount: float = 1) -> None:
        """Counters and gauges; raises ValueError where a counter would shrink."""
        if not self._owner.is_muted:
            self._series.inc(amount)

    def dec(self, amount: float = 1) -> None:
        """Gauges."""
        if not self._owner.is_muted:
            self._series.dec(amount)

    def set(self, value: float) -> None:
        """Gauges."""
        if not self._owner.is_muted:
            self._series.set(value)

    def observe(self, value: float) -> None:
        """Histograms."""
        if not self._owner.is_muted:
            self._series.observe(value)


class CustomMetrics:
    """
    What endpoint code counts: `context.metrics.counter("name").inc()`. Only what model.yaml declares;
    everything else raises LookupError.
    """

    def __init__(self, declared: list[dict[str, Any]], labels: dict[str, str], registry: CollectorRegistry) -> None:
        self._labels = labels
        self._metrics: dict[str, tuple[str, list[str], Any]] = {}
        self._series: dict[tuple[Any, ...], CustomMetric] = {}
        self.is_muted = False
        for metric in declared:
            own = metric.get("labels") or []
            made = _KINDS[metric["type"]](
                metric["name"], metric.get("description") or metric["name"], (*labels, *own), registry=registry
            )
            self._metrics[metric["name"]] = (metric["type"], own, made)
            if not own:
                # It is there from the start: a counter at zero, not none.
                made.labels(**labels)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Nothing is counted meanwhile."""
        self.is_muted = True
        try:
            yield
        finally:
            self.is_muted = False

    def counter(self, name: str, **labels: str) -> CustomMetric:
        return self._find("counter", name, labels)

    def gauge(self, name: str, **labels: str) -> CustomMetric:
        return self._find("gauge", name, labels)

    def histogram(self, name: str, **labels: str) -> CustomMetric:
        return self._find("histogram", name, labels)

    def _find(self, kind: str, name: str, labels: dict[str, str]) -> CustomMetric:
        key = (kind, name, *sorted(labels.items()))
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = self._make(kind, name, labels)
        return found

    def _make(self, kind: str, name: str, labels: dict[str, str]) -> CustomMetric:
        declared, own, metric = self._metrics.get(name, (None, [], None))
        if metric is None:
            known = ", ".join(self._metrics) or "none"
            raise LookupError(f"metric '{name}' is not declared in model.yaml (declared: {known})")
        if declared != kind:
            raise LookupError(f"metric '{name}' is declared as a {declared}, not a {kind}")
        if set(labels) != set(own):
            raise LookupError(f"metric '{name}' takes the labels {sorted(own)}, not {sorted(labels)}")
        return CustomMetric(self, metric.labels(**self._labels, **{key: str(value) for key, value in labels.items()}))
