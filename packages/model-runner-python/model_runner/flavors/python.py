"""Flavor `python`: nothing is loaded for the developer; endpoint.py does it all."""
from __future__ import annotations

from pathlib import Path
from typing import Any


def load(manifest: dict[str, Any], directory: Path) -> None:
    return None
