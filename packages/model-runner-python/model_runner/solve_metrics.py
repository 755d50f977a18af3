"""How solves of an optimization model ended, what they took and how far from the best their solutions may be."""
from __future__ import annotations

import math
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

#: Seconds; from a millisecond to ten minutes.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
#: Shares: proven the best, then how far from it.
GAPS = (0, 0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
STATUSES = frozenset({"optimal", "feasible", "infeasible", "unbounded", "infeasibleOrUnbounded", "unknown"})


class SolveMetrics:
    """Counts what answers say of their solves, where they say it by the names that are common."""

    def __init__(self, labels: dict[str, str], registry: CollectorRegistry) -> None:
        self._labels = labels
        self._solves = Counter(
            "model_runner_solves_total",
            "Solves of an optimization model, by how they ended",
            (*labels, "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "model_runner_solve_duration_seconds", "What the solver took", labels, registry=registry, buckets=SECONDS
        ).labels(**labels)
        self._gap = Histogram(
            "model_runner_solve_gap_ratio",
            "How far from the best possible a solution may be at most, as a share",
            labels,
            registry=registry,
            buckets=GAPS,
        ).labels(**labels)

    def count(self, answers: list[dict[str, Any]]) -> None:
        for answer in answers:
            status = answer.get("status")
            if status is not None:
                known = status if isinstance(status, str) and status in STATUSES else "other"
                self._solves.labels(**self._labels, status=known).inc()
            took, gap = answer.get("solveTimeMs"), answer.get("gap")
            if _is_number(took):
                self._seconds.observe(took / 1000)
            if _is_number(gap):
                self._gap.observe(gap)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
