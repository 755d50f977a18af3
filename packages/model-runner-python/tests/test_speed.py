"""What is left out of a prediction because nobody needs it, and what is not."""
from __future__ import annotations

from typing import Any

import pytest
import sklearn
from model_runner import privacy
from model_runner.environment import BatchSettings, read_environment
from model_runner.flavors.float32 import LARGEST_FLOAT32
from model_runner.flavors.sklearn import predictor
from model_runner.privacy import in_hand, replace_values
from model_runner.table import Table
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

SIGNATURE = {"inputs": [{"name": "x", "type": "number"}], "outputs": [{"name": "y", "type": "number"}]}


def test_an_estimator_looks_again_at_neither_its_parameters_nor_what_is_known_to_be_finite() -> None:
    seen: list[dict[str, Any]] = []

    def look(lines: Any) -> Any:
        seen.append(sklearn.get_config())
        return lines

    model = make_pipeline(FunctionTransformer(look), LinearRegression()).fit([[0.0], [1.0]], [0.0, 2.0])
    predict = predictor(model, SIGNATURE)
    for number, is_finite in ((3.0, True), (LARGEST_FLOAT32 * 2, False)):
        seen.clear()
        (answer,) = predict(Table(1, {"x": [number]}))["y"]
        assert answer == pytest.approx(number * 2)
        (config,) = seen
        assert config["skip_parameter_validation"] is True
        assert bool(config["assume_finite"]) is is_finite
    assert sklearn.get_config()["skip_parameter_validation"] is False
    # What was set to something wrong since it was fitted fails all the same.
    model.steps[0][1].set_params(func="no function")
    with pytest.raises(TypeError):
        predict(Table(1, {"x": [1.0]}))


def test_as_many_lines_are_joined_as_one_call_may_have() -> None:
    named = ("MODEL_DIR", "MODEL_ENDPOINT", "MODEL_VARIANT", "MODEL_REVISION", "MODEL_ENVIRONMENT")
    environment = read_environment({**dict.fromkeys(named, "x"), "PORT": "1"})
    assert environment.batch == BatchSettings(max_rows=1_000, max_delay_ms=0)


def test_values_are_gathered_only_where_something_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    gathered: list[Any] = []
    gather = privacy.values_of_rows

    def counted(rows: Any) -> Any:
        gathered.append(rows)
        return gather(rows)

    monkeypatch.setattr(privacy, "values_of_rows", counted)
    with in_hand(Table(1, {"name": ["somebody's name"]})):
        assert gathered == []
        assert replace_values("for somebody's name")[0] == "for «inputs.name»"
        assert replace_values("somebody's name")[0] == "«inputs.name»"
    assert len(gathered) == 1
