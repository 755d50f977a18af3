"""Trains the model: python train.py. Writes model.joblib, and how good it is into model.yaml."""
import re
from pathlib import Path

import joblib
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from endpoint import FEATURES

HERE = Path(__file__).parent
SEED = 20261
CULTIVARS = ("barolo", "grignolino", "barbera")


def main() -> None:
    wine = load_wine()
    columns = [wine.feature_names.index(name) for name in FEATURES]
    labels = [CULTIVARS[target] for target in wine.target]
    train_x, test_x, train_y, test_y = train_test_split(
        wine.data[:, columns], labels, test_size=0.3, random_state=SEED, stratify=labels
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(train_x, train_y)

    predicted = model.predict(test_x)
    write_evaluation(
        {
            "accuracy": accuracy_score(test_y, predicted),
            "f1_macro": f1_score(test_y, predicted, average="macro"),
            "log_loss": log_loss(test_y, model.predict_proba(test_x), labels=model.classes_),
            "test_rows": len(test_y),
        }
    )
    joblib.dump(model, HERE / "model.joblib", compress=3)


def write_evaluation(figures: dict[str, float]) -> None:
    file = HERE / "model.yaml"
    values = ", ".join(f"{name}: {round(float(value), 4):g}" for name, value in figures.items())
    text, count = re.subn(
        r"(?m)^evaluation: \{.*\}$", f"evaluation: {{ {values} }}", file.read_text(encoding="utf-8")
    )
    if count != 1:
        raise SystemExit("model.yaml needs one line 'evaluation: {}'")
    file.write_text(text, encoding="utf-8")
    print(values)


if __name__ == "__main__":
    main()
