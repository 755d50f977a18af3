"""A runner that is really started, as the host starts it."""
from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PACKAGE = Path(__file__).parents[1]
REPOSITORY = PACKAGE.parents[1]
CONFORMANCE = REPOSITORY / "test" / "conformance"
DISEASE_PROGRESSION = REPOSITORY / "examples" / "disease-progression"
SECRET = "secret-of-this-test"
METRICS_SECRET = "metrics-secret-of-this-test"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    bytes: bytes

    @property
    def text(self) -> str:
        return self.bytes.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def until(condition: Callable[[], Any], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for: {what}"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def make_directory(directory: Path, manifest: Any, files: dict[str, Path | str]) -> Path:
    """`files`: paths to copy, or texts to write, by their names in `model/`."""
    (directory / "model").mkdir(parents=True)
    for name, content in files.items():
        if isinstance(content, Path):
            shutil.copy(content, directory / "model" / name)
        else:
            (directory / "model" / name).write_text(content, encoding="utf-8")
    (directory / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    (directory / "openapi.json").write_text('{"openapi":"3.1.0"}', encoding="utf-8")
    (directory / "docs.html").write_text("<!doctype html>", encoding="utf-8")
    return directory


class Runner:
    def __init__(
        self, directory: Path, port: int | None = None, output: IO[str] | None = None, **variables: str
    ) -> None:
        """`output`: where its log goes, if not to the test."""
        self.port = free_port() if port is None else port
        self._lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "model_runner"],
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(PACKAGE),
                "PYTHONUNBUFFERED": "1",
                "MODEL_DIR": str(directory),
                "PORT": str(self.port),
                "RUNNER_SECRET": SECRET,
                "METRICS_SECRET": METRICS_SECRET,
                "MODEL_ENDPOINT": "echo",
                "MODEL_VARIANT": "main",
                "MODEL_REVISION": "1",
                "MODEL_ENVIRONMENT": "test",
                "MAX_BODY_BYTES": "20000",
                **variables,
            },
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.append(line)

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line is JSON, whoever wrote it."""
        return [json.loads(line) for line in list(self._lines)]

    @property
    def messages(self) -> list[str]:
        return [line["message"] for line in self.log]

    def wait_ready(self) -> Runner:
        until(lambda: "ready" in self.messages or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.log
        return self

    def wait_end(self, seconds: float = 120) -> int:
        code = self.process.wait(seconds)
        self._reader.join(seconds)
        return code

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        connection: http.client.HTTPConnection | None = None,
    ) -> Answer:
        own = connection or self.connection()
        try:
            data = body.encode() if isinstance(body, str) else body
            own.request(method, path, data, {"x-model-runner-secret": SECRET, **(headers or {})})
            response = own.getresponse()
            content = response.read()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, content)
        finally:
            if connection is None:
                own.close()

    def predict(self, inputs: Any, **headers: str) -> Answer:
        return self.call("POST", "/predict", json.dumps({"inputs": inputs}), headers)

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Values by name and labels."""
        from prometheus_client.parser import text_string_to_metric_families

        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.call("GET", "/metrics").text)
            for sample in family.samples
        }

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
