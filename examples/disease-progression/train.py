"""Trains the disease-progression example: python train.py. Needs ../requirements.txt."""
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from write_evaluation import write_evaluation  # noqa: E402

SEED = 20261


def main() -> None:
    features, target = load_diabetes(return_X_y=True, scaled=False)
    train_x, test_x, train_y, test_y = train_test_split(features, target, test_size=0.3, random_state=SEED)
    model = make_pipeline(StandardScaler(), RidgeCV(alphas=[0.01, 0.1, 1.0, 10.0, 100.0]))
    model.fit(train_x, train_y)
    predicted = model.predict(test_x)
    write_evaluation(
        HERE / "model.yaml",
        {
            "mean_absolute_error": mean_absolute_error(test_y, predicted),
            "root_mean_squared_error": root_mean_squared_error(test_y, predicted),
            "r2": r2_score(test_y, predicted),
            "test_rows": len(test_y),
        },
    )
    joblib.dump(model, HERE / "model.joblib", compress=3)


if __name__ == "__main__":
    main()
