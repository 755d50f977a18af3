"""Makes the models of the bench in a folder: python make_models.py FOLDER.

Each is there for scikit-learn (`<name>.joblib`) and as ONNX (`<name>.onnx`);
what they tell is of no interest, how large their rows are is.
"""
import sys
from pathlib import Path

import joblib
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main(folder: Path) -> None:
    for name, load in (("iris", load_iris), ("cancer", load_breast_cancer)):
        rows, labels = load(return_X_y=True)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(rows, labels)
        joblib.dump(model, folder / f"{name}.joblib")
        onnx = convert_sklearn(
            model,
            initial_types=[("row", FloatTensorType([None, rows.shape[1]]))],
            options={id(model): {"zipmap": False}},
            target_opset=18,
        )
        (folder / f"{name}.onnx").write_bytes(onnx.SerializeToString())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
