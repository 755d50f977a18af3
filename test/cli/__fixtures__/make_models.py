"""
Makes the models beside this file, small ones of irises:
`pip install cloudpickle==3.1.3 lightgbm==4.7.0 mlflow-skinny==3.17.2 pandas==3.1.1 scikit-learn==1.9.1 \\
    skops==0.16.0 xgboost-cpu==3.2.0`
"""
import pickle
from pathlib import Path
from shutil import rmtree

import cloudpickle
import lightgbm
import mlflow.sklearn
import pandas
import skops.io
import xgboost
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

here = Path(__file__).parent
data = load_iris(as_frame=True)
table = data.data.rename(columns=lambda name: name.replace(" (cm)", "").replace(" ", "_"))

# It stops early, with trees that were one too many: they are in the file, and no answers are made with them.
is_fitted = data.target.index % 5 > 0
booster = xgboost.train(
    {"objective": "multi:softprob", "num_class": 3, "max_depth": 2, "learning_rate": 1, "seed": 1},
    xgboost.DMatrix(table[is_fitted], data.target[is_fitted]),
    num_boost_round=100,
    evals=[(xgboost.DMatrix(table[~is_fitted], data.target[~is_fitted]), "kept")],
    early_stopping_rounds=1,
)
booster.save_model(here / "iris.ubj")

trees = lightgbm.train(
    {"objective": "binary", "num_leaves": 3, "seed": 1, "verbose": -1},
    lightgbm.Dataset(table, data.target == 0),
    num_boost_round=20,
)
trees.save_model(here / "setosa.lgb")

# Fitted with names of places, which callers can't send as the numbers that it counts with.
places = pandas.DataFrame({"place": pandas.Categorical(["Bern", "Oslo", "Rome"] * 10)})
costs = places["place"].cat.codes.to_numpy(float)
categories = lightgbm.train({"min_data_per_group": 1, "verbose": -1}, lightgbm.Dataset(places, costs), num_boost_round=1)
categories.save_model(here / "places.lgb")
categories = xgboost.train({}, xgboost.DMatrix(places, costs, enable_categorical=True), num_boost_round=1)
categories.save_model(here / "places.ubj")

estimator = LogisticRegression(max_iter=1000).fit(table, data.target)
rmtree(here / "mlflow-iris", ignore_errors=True)
mlflow.sklearn.save_model(
    estimator,
    here / "mlflow-iris",
    signature=infer_signature(table, estimator.predict(table)),
    serialization_format="pickle",
    pip_requirements=["mlflow-skinny==3.17.2", "pandas==3.1.1", "scikit-learn==1.9.1"],
)

# The estimator itself in the formats that scikit-learn's users keep it in.
names = data.target_names[data.target]
scaled = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(table.to_numpy(), names)
(here / "iris.pkl").write_bytes(pickle.dumps(scaled))
skops.io.dump(scaled, here / "iris.skops")
# A function without a module of its own, which only cloudpickle keeps.
areas = FunctionTransformer(lambda rows: rows[:, ::2] * rows[:, 1::2])
by_area = make_pipeline(areas, LogisticRegression(max_iter=1000)).fit(table.to_numpy(), names)
(here / "iris-by-area.pickle").write_bytes(cloudpickle.dumps(by_area))
