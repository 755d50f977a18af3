"""Makes the pickles beside it, with scikit-learn and joblib: `python make_fixtures.py`."""
import pickle
from pathlib import Path

import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(__file__).parent
rows = numpy.random.default_rng(0).random((40, 3))
names = numpy.array(["low", "high"], dtype=object)[(rows[:, 0] > 0.5).astype(int)]
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, names)
forest = RandomForestClassifier(2, max_depth=2, random_state=0).fit(rows, rows[:, 0] > 0.5)

joblib.dump(pipeline, folder / "pipeline.joblib")
joblib.dump(forest, folder / "forest.joblib")
joblib.dump(forest, folder / "forest.zlib.joblib", compress=3)
for protocol in (0, 2, 5):
    (folder / f"pipeline.{protocol}.pkl").write_bytes(pickle.dumps(pipeline, protocol=protocol))
