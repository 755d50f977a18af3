"""
How versions are loaded: one module a flavor, each with `load(manifest, directory)`, and with
`predictor(model, signature)` where its models can be served without endpoint code.
"""
from __future__ import annotations

from . import lightgbm, pyfunc, python, sklearn, xgboost

#: By the `flavor` of model.yaml.
FLAVORS = {"sklearn": sklearn, "pyfunc": pyfunc, "xgboost": xgboost, "lightgbm": lightgbm, "python": python}
