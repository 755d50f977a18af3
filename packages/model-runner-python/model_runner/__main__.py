"""One runner: live at once, ready when the model is loaded, drained on SIGTERM."""
from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from .app import App
from .context import Context
from .environment import Environment, read_environment
from .errors import StartError
from .logs import Logger, take_over_printing
from .metrics import RunnerMetrics
from .model import Model


class Server(uvicorn.Server):
    """Signals are ours: SIGTERM drains, and the log says so."""

    def capture_signals(self) -> Any:
        import contextlib

        return contextlib.nullcontext()


def _load(app: App, manifest: dict[str, Any], environment: Environment, metrics: RunnerMetrics, logger: Logger) -> None:
    directory = environment.model_dir / "model"
    context = Context(
        metrics=metrics.custom,
        logger=logger,
        signature=manifest["signature"],
        files=directory,
        model_name=manifest["model"]["name"],
        version=manifest["version"],
    )
    begin = time.perf_counter()
    model = Model(manifest, directory, context)
    app.warm_up(model)
    seconds = time.perf_counter() - begin
    metrics.load_seconds.set(seconds)
    app.serve(model)
    logger.info("ready", model=manifest["model"]["slug"], version=manifest["version"], loadSeconds=round(seconds, 3))


async def run(environment: Environment, logger: Logger) -> int:
    """Returns the exit code."""

    def document(name: str) -> dict[str, bytes]:
        file: Path = environment.model_dir / name
        return {name: file.read_bytes()} if file.exists() else {}

    manifest = orjson.loads((environment.model_dir / "model.json").read_bytes())
    metrics = RunnerMetrics(manifest, environment)
    app = App(manifest, environment, {**document("openapi.json"), **document("docs.html")}, metrics, logger)
    server = Server(
        uvicorn.Config(
            app,
            host=environment.host,
            port=environment.port,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="error",
            server_header=False,
            date_header=False,
            # The gateway keeps its connections; closing idle ones under it would fail a call now and then.
            timeout_keep_alive=300,
            timeout_graceful_shutdown=max(1, environment.drain_timeout_ms // 1000),
        )
    )
    loop = asyncio.get_running_loop()

    def drain() -> None:
        logger.info("draining")
        server.should_exit = True

    loop.add_signal_handler(signal.SIGTERM, drain)
    loop.add_signal_handler(signal.SIGINT, drain)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        if serving.done():
            await serving
            return 1
        await asyncio.sleep(0.005)
    logger.info("started", model=manifest["model"]["slug"], version=manifest["version"], port=environment.port)
    try:
        # In a thread of its own, so that health is answered meanwhile.
        await asyncio.to_thread(_load, app, manifest, environment, metrics, logger)
    except StartError as error:
        logger.error(f"cannot load the model: {error}")
        server.should_exit = True
        await serving
        return 1
    except Exception as error:
        logger.error(
            f"cannot load the model: {type(error).__name__}: {error}",
            stack="".join(traceback.format_exception(error)),
        )
        server.should_exit = True
        await serving
        return 1
    await serving
    logger.info("stopped")
    return 0


def main() -> int:
    logger = take_over_printing(os.environ.get("LOG_LEVEL") == "debug")
    try:
        environment = read_environment(os.environ)
        return uvicorn_run(run(environment, logger))
    except StartError as error:
        logger.error(str(error))
    except SystemExit:
        logger.error("cannot start: the port cannot be bound")
    except Exception as error:
        logger.error(f"cannot start: {type(error).__name__}: {error}")
    return 1


def uvicorn_run(coroutine: Any) -> int:
    """uvloop where it is there; it is faster than the loop of the standard library."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


if __name__ == "__main__":
    sys.exit(main())
