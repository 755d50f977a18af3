"""What endpoint code gets beside the model and the inputs."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .logs import Logger
from .metrics import CustomMetrics


@dataclass(frozen=True)
class Context:
    """`files`: folder with the version's files. `signature`: as model.yaml has it."""

    metrics: CustomMetrics
    logger: Logger
    signature: dict[str, Any]
    files: Path
    model_name: str
    version: int
