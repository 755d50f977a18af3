"""scikit-learn on KServe's own server: python server.py FOLDER PORT NAME… .

What KServe's sklearn server does, which is on no package registry.
"""
import sys
from pathlib import Path

import joblib
import kserve
from kserve.utils.utils import get_predict_input, get_predict_response


class SklearnModel(kserve.Model):
    def __init__(self, name: str, file: Path):
        super().__init__(name)
        self._file = file
        self.load()

    def load(self) -> bool:
        self._model = joblib.load(self._file)
        self.ready = True
        return True

    def predict(self, payload, headers=None):
        rows = get_predict_input(payload)
        return get_predict_response(payload, self._model.predict(rows), self.name)


if __name__ == "__main__":
    folder, port, *names = sys.argv[1:]
    sys.argv[1:] = []
    kserve.ModelServer(http_port=int(port), enable_grpc=False, workers=1).start(
        [SklearnModel(name, Path(folder, f"{name}.joblib")) for name in names]
    )
