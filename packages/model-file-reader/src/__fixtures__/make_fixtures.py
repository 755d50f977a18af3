"""Makes the files beside it, with scikit-learn, skops, mlflow, joblib and pandas: `python make_fixtures.py`."""
import pickle
from pathlib import Path
from zipfile import ZIP_DEFLATED

import joblib
import numpy
import pandas
import skops.io
from mlflow.models import Model, infer_signature
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(__file__).parent
rows = pandas.DataFrame(numpy.random.default_rng(0).random((40, 3)), columns=["age", "bmi", "bp"])
rows["age"] = (rows["age"] * 80).astype(int)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, rows["bmi"] > 0.5)

skops.io.dump(model, folder / "model.skops", compression=ZIP_DEFLATED)

signature = infer_signature(rows, pandas.DataFrame({"ill": model.predict(rows)}))
description = Model(
    run_id="5f0c1d", signature=signature, metadata={"purpose": "Finds the ill", "evaluation": {"accuracy": 0.9}}
)
description.add_flavor("python_function", loader_module="mlflow.sklearn")
description.save(str(folder / "MLmodel"))

labels = numpy.array(["low", "high"], dtype=object)[(rows["bmi"] > 0.5).astype(int)]
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows.to_numpy(), labels)
forest = RandomForestClassifier(2, max_depth=2, random_state=0).fit(rows.to_numpy(), rows["bmi"] > 0.5)
joblib.dump(pipeline, folder / "pipeline.joblib")
joblib.dump(forest, folder / "forest.joblib")
joblib.dump(forest, folder / "forest.zlib.joblib", compress=3)
for protocol in (0, 2, 5):
    (folder / f"pipeline.{protocol}.pkl").write_bytes(pickle.dumps(pipeline, protocol=protocol))
