"""Trains the iris example: python train.py. Needs ../requirements.txt."""
import sys
from pathlib import Path

from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from write_evaluation import write_evaluation  # noqa: E402

SEED = 20261


def main() -> None:
    data = load_iris()
    species = data.target_names[data.target]
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, species, test_size=0.3, random_state=SEED, stratify=species
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(train_x, train_y)
    predicted = model.predict(test_x)
    write_evaluation(
        HERE / "model.yaml",
        {
            "accuracy": accuracy_score(test_y, predicted),
            "f1_macro": f1_score(test_y, predicted, average="macro"),
            "log_loss": log_loss(test_y, model.predict_proba(test_x), labels=model.classes_),
            "test_rows": len(test_y),
        },
    )
    onnx = convert_sklearn(
        model,
        name="iris",
        initial_types=[("measurements", FloatTensorType([None, 4]))],
        options={id(model): {"zipmap": False}},
        target_opset=18,
    )
    (HERE / "iris.onnx").write_bytes(onnx.SerializeToString())


if __name__ == "__main__":
    main()
