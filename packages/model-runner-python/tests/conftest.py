from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from runner import Runner, make_directory


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Runner]]:
    """Starts runners that end with the module."""
    started: list[Runner] = []
    numbers = itertools.count()

    def start_runner(manifest: Any, files: dict[str, Path | str], **variables: Any) -> Runner:
        directory = tmp_path_factory.mktemp(f"runner-{next(numbers)}")
        runner = Runner(make_directory(directory, manifest, files), **variables)
        started.append(runner)
        return runner

    yield start_runner
    for runner in started:
        runner.end()
