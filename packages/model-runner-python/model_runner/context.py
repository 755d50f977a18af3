"""What endpoint code gets beside the model and the inputs."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .custom_metrics import CustomMetrics
from .logs import Logger


@dataclass(frozen=True)
class Context:
    """
    `files`: folder with the version's files. `signature`: as model.yaml has it. `configuration`: what the
    environment says to this model. Lines of `logger` carry the request's id.
    """

    metrics: CustomMetrics
    logger: Logger
    signature: dict[str, Any]
    files: Path
    model_name: str
    version: int
    configuration: dict[str, Any]
    _secrets: dict[str, str] = field(repr=False)

    def secret(self, name: str) -> str:
        """Raises LookupError where the environment has no secret of that name."""
        if name not in self._secrets:
            raise LookupError(
                f"the environment has no secret '{name}' for this model; its platform's configuration names those it has"
            )
        return self._secrets[name]
