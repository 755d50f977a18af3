"""The environment variables that a runner is started with."""
from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import StartError


@dataclass(frozen=True)
class BatchSettings:
    """How lines of several calls are joined into one prediction: not at all where it has one line at most."""

    max_rows: int
    #: How long calls wait for further ones, while they come side by side.
    max_delay_ms: int


@dataclass(frozen=True)
class Environment:
    """Times in milliseconds, sizes in bytes."""

    model_dir: Path
    host: str
    port: int
    #: SHA-256 of the secret that calls carry: the secret itself is not for the developer's code, which could find it.
    secret_digest: bytes | None
    #: Of the one that opens the figures alone, for whoever collects them.
    metrics_secret_digest: bytes | None
    endpoint: str
    variant: str
    revision: str
    environment: str
    max_body_bytes: int
    drain_timeout_ms: int
    batch: BatchSettings
    debug: bool


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Raises StartError that names every variable that is missing or wrong."""
    problems: list[str] = []

    def text(name: str) -> str:
        value = variables.get(name, "")
        if not value:
            problems.append(f"{name}: is missing")
        return value

    def number(name: str, default: int | None = None) -> int:
        value = variables.get(name, "")
        if not value and default is not None:
            return default
        if not value.isdecimal():
            problems.append(f"{name}: must be a whole number")
            return 0
        return int(value)

    port = number("PORT")
    if not 1 <= port <= 65535 and variables.get("PORT", "").isdecimal():
        problems.append("PORT: must be from 1 to 65535")

    def digest(name: str) -> bytes | None:
        value = variables.get(name, "")
        if not value:
            return None
        if len(value) < 16:
            problems.append(f"{name}: must have at least 16 characters")
        return hashlib.sha256(value.encode()).digest()

    found = Environment(
        model_dir=Path(text("MODEL_DIR")),
        host=variables.get("HOST") or "127.0.0.1",
        port=port,
        secret_digest=digest("RUNNER_SECRET"),
        metrics_secret_digest=digest("METRICS_SECRET"),
        endpoint=text("MODEL_ENDPOINT"),
        variant=text("MODEL_VARIANT"),
        revision=text("MODEL_REVISION"),
        environment=text("MODEL_ENVIRONMENT"),
        max_body_bytes=number("MAX_BODY_BYTES", 1_048_576),
        drain_timeout_ms=number("DRAIN_TIMEOUT_MS", 10_000),
        batch=BatchSettings(number("BATCH_MAX_ROWS", 1_000), number("BATCH_MAX_DELAY_MS", 0)),
        debug=variables.get("LOG_LEVEL") == "debug",
    )
    if problems:
        raise StartError(f"wrong environment: {'; '.join(problems)}")
    return found
