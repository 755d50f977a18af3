"""Tests the endpoint with the trained model, as the platform calls it."""
import sys
from collections import Counter
from pathlib import Path

import joblib
import pytest

PROJECT = Path(__file__).parent.parent
sys.path.insert(0, str(PROJECT))
import endpoint  # noqa: E402

BAROLO = {"alcohol": 13.2, "flavanoids": 2.8, "color_intensity": 4.9, "hue": 1.04, "proline": 1050}
BETWEEN = {"alcohol": 12.9, "flavanoids": 1.6, "color_intensity": 4.6, "hue": 0.87, "proline": 640}


class CountingMetrics:
    """Stands for the platform's metrics, and says what was counted."""

    def __init__(self):
        self.counts = Counter()

    def counter(self, name):
        metrics = self

        class Metric:
            def inc(self, amount=1):
                metrics.counts[name] += amount

        return Metric()


class Context:
    def __init__(self):
        self.metrics = CountingMetrics()


@pytest.fixture(scope="module")
def model():
    file = PROJECT / "model.joblib"
    assert file.exists(), "There is no model.joblib yet: run python train.py first"
    return joblib.load(file)


def test_answers_by_the_names_of_the_signature_and_counts(model):
    context = Context()
    answer = endpoint.predict(model, BAROLO, context)
    assert answer["cultivar"] == "barolo"
    assert 0.8 <= answer["probability"] <= 1
    assert answer["certain"] is True
    assert context.metrics.counts == {"suggestions_made_total": 1}


def test_leaves_to_a_person_what_it_is_not_sure_of(model):
    context = Context()
    answer = endpoint.predict(model, BETWEEN, context)
    assert answer["probability"] < 0.8
    assert answer["certain"] is False
    assert context.metrics.counts == {"manual_reviews_total": 1}


def test_names_a_missing_input(model):
    with pytest.raises(KeyError, match="proline"):
        endpoint.predict(model, {name: value for name, value in BAROLO.items() if name != "proline"}, Context())
