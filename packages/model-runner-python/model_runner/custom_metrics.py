"""What endpoint code counts: the metrics that model.yaml declares, each with few series."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from .logs import Logger
from .privacy import replace_values

#: Series of one metric, those of `other` not counted.
MAX_SERIES = 100
MAX_LABEL_LENGTH = 100
#: What stands for all label values beyond.
OTHER = "other"

_KINDS = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}

Labels = dict[str, str]


class SeriesLimit:
    """
    Keeps the series of one metric few, and business data out of them: label values beyond the limit, too long,
    or taken from the request are `other`.

    `closed`: fields whose values are few, those that say which there are.
    """

    def __init__(self, closed: frozenset[str]) -> None:
        self._closed = closed
        self._known: set[tuple[str, ...]] = set()

    def bounded(self, labels: Labels) -> tuple[Labels, str | None]:
        """The labels to count under, and why they are others than those given."""
        values = tuple(labels.values())
        if not values or values in self._known:
            return labels, None
        reason = self._reason_against(values)
        if reason is None:
            self._known.add(values)
            return labels, None
        return dict.fromkeys(labels, OTHER), reason

    def _reason_against(self, values: tuple[str, ...]) -> str | None:
        if len(self._known) >= MAX_SERIES:
            return f"it has {MAX_SERIES} series, as many as it may have"
        if any(len(value) > MAX_LABEL_LENGTH for value in values):
            return f"a label value is longer than {MAX_LABEL_LENGTH} characters"
        for value in values:
            for _, field in replace_values(value)[1]:
                if field not in self._closed:
                    return f"a label value is that of the input '{field}', which has no enum in the signature"
        return None


class CustomMetric:
    """One series that endpoint code counts."""

    def __init__(self, name: str, kind: str, count: Callable[[str, float], None]) -> None:
        self._name = name
        self._kind = kind
        self._count = count

    def inc(self, amount: float = 1) -> None:
        """Counters and gauges; raises ValueError where a counter would shrink."""
        if self._kind == "counter" and amount < 0:
            raise ValueError(
                f"metric '{self._name}' is a counter, which can't be counted down; declare a gauge for that"
            )
        self._do("inc", amount, ("counter", "gauge"))

    def dec(self, amount: float = 1) -> None:
        """Gauges."""
        self._do("dec", amount, ("gauge",))

    def set(self, value: float) -> None:
        """Gauges."""
        self._do("set", value, ("gauge",))

    def observe(self, value: float) -> None:
        """Histograms."""
        self._do("observe", value, ("histogram",))

    def _do(self, verb: str, amount: float, kinds: tuple[str, ...]) -> None:
        if self._kind not in kinds:
            raise LookupError(f"metric '{self._name}' is a {self._kind}, which has no {verb}")
        try:
            is_finite = math.isfinite(amount)
        except TypeError:
            is_finite = False
        if not is_finite:
            raise ValueError(f"metric '{self._name}' takes finite numbers only")
        self._count(verb, float(amount))


class CustomMetrics:
    """
    What endpoint code counts: `context.metrics.counter("name").inc()`. Only what model.yaml declares;
    everything else raises LookupError.
    """

    def __init__(
        self,
        declared: list[dict[str, Any]],
        inputs: list[dict[str, Any]],
        labels: Labels,
        registry: CollectorRegistry,
        logger: Logger,
    ) -> None:
        self._labels = labels
        self._logger = logger
        self._metrics: dict[str, tuple[str, list[str], Any, SeriesLimit]] = {}
        self._told: set[tuple[str, str]] = set()
        self.is_muted = False
        self._limited = Counter(
            "model_runner_metric_series_limited_total",
            "Counts of the model's own metrics that went to the series `other`",
            (*labels, "metric"),
            registry=registry,
        )
        closed = frozenset(field["name"] for field in inputs if field.get("enum"))
        for metric in declared:
            own = metric.get("labels") or []
            made = _KINDS[metric["type"]](
                metric["name"], metric.get("description") or metric["name"], (*labels, *own), registry=registry
            )
            self._metrics[metric["name"]] = (metric["type"], own, made, SeriesLimit(closed))
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

    def _find(self, kind: str, name: str, labels: dict[str, Any]) -> CustomMetric:
        if name not in self._metrics:
            known = ", ".join(self._metrics) or "none"
            raise LookupError(f"metric '{name}' is not declared in model.yaml (declared: {known})")
        declared, own, metric, limit = self._metrics[name]
        if declared != kind:
            raise LookupError(f"metric '{name}' is declared as a {declared}, not a {kind}")
        given = _text_labels(name, own, labels)

        def count(verb: str, amount: float) -> None:
            if self.is_muted:
                return
            series, reason = limit.bounded(given)
            if reason is not None:
                self._tell_limited(name, reason)
            getattr(metric.labels(**self._labels, **series), verb)(amount)

        return CustomMetric(name, kind, count)

    def _tell_limited(self, name: str, reason: str) -> None:
        self._limited.labels(**self._labels, metric=name).inc()
        if (name, reason) not in self._told:
            self._told.add((name, reason))
            self._logger.warning(f"metric '{name}' counts further label values as '{OTHER}': {reason}")


def _text_labels(name: str, declared: list[str], labels: dict[str, Any]) -> Labels:
    """Raises LookupError or TypeError that names what is not as it was declared."""
    if set(labels) != set(declared):
        wanted, given = (", ".join(sorted(names)) or "none" for names in (declared, labels))
        raise LookupError(f"metric '{name}' takes the labels {wanted}, not {given}")
    for label, value in labels.items():
        if not isinstance(value, (str, int, float, bool)):
            raise TypeError(f"label '{label}' of metric '{name}' must be text, not {type(value).__name__}")
    return {label: str(labels[label]) for label in declared}
