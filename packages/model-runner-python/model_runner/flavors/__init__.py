"""How versions are loaded: one module a flavor, each with `load(manifest, directory)`."""
from __future__ import annotations

from . import python, sklearn

#: By the `flavor` of model.yaml.
FLAVORS = {"sklearn": sklearn.load, "python": python.load}
