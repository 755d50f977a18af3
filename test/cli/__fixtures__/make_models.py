"""
Makes the models beside this file, three small ones of irises:
`pip install lightgbm==4.7.0 mlflow-skinny==3.17.2 pandas==3.1.1 scikit-learn==1.9.1 xgboost-cpu==3.2.0`
"""
from pathlib import Path
from shutil import rmtree

import lightgbm
import mlflow.sklearn
import xgboost
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

here = Path(__file__).parent
data = load_iris(as_frame=True)
table = data.data.rename(columns=lambda name: name.replace(" (cm)", "").replace(" ", "_"))

booster = xgboost.train(
    {"objective": "multi:softprob", "num_class": 3, "max_depth": 2, "seed": 1},
    xgboost.DMatrix(table, data.target),
    num_boost_round=4,
)
booster.save_model(here / "iris.ubj")

trees = lightgbm.train(
    {"objective": "binary", "num_leaves": 3, "seed": 1, "verbose": -1},
    lightgbm.Dataset(table, data.target == 0),
    num_boost_round=20,
)
trees.save_model(here / "setosa.lgb")

estimator = LogisticRegression(max_iter=1000).fit(table, data.target)
rmtree(here / "mlflow-iris", ignore_errors=True)
mlflow.sklearn.save_model(
    estimator,
    here / "mlflow-iris",
    signature=infer_signature(table, estimator.predict(table)),
    serialization_format="pickle",
    pip_requirements=["mlflow-skinny==3.17.2", "pandas==3.1.1", "scikit-learn==1.9.1"],
)
