"""One runner: live at once, ready when the model is loaded, drained on SIGTERM."""
from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from typing import Any

import orjson
import uvicorn

from .app import App
from .context import Context
from .environment import Environment
from .errors import StartError
from .logs import Logger
from .metrics import RunnerMetrics
from .model import Model
from .stack_facts import stack_facts

#: How long nobody may have called before idle connections are cut in a drain, seconds.
QUIET_SECONDS = 0.1
#: How long connections may take to end where nothing is left to wait for, seconds.
END_SECONDS = 1
#: What the environment says to endpoint code, beside model.json.
SETTINGS_FILE = "endpoint-settings.json"


class Server(uvicorn.Server):
    """Signals are ours: SIGTERM drains, and the log says so."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    async def drain(self, app: App, timeout_ms: int) -> None:
        """Takes no new connections, finishes what is being answered, and ends."""
        app.drain()
        # Cutting idle connections at once would cut the calls that are already on their way through them.
        for listener in getattr(self, "servers", []):
            listener.close()
        deadline = time.monotonic() + timeout_ms / 1000
        while time.monotonic() < deadline and (
            app.active > 0 or time.monotonic() < app.last_call_at + QUIET_SECONDS
        ):
            await asyncio.sleep(0.01)
        # Answers that were given may still be on their way to whoever reads slowly.
        self.config.timeout_graceful_shutdown = max(int(deadline - time.monotonic()), END_SECONDS)
        self.should_exit = True


def _bind(environment: Environment) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in environment.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((environment.host, environment.port))
    except OSError as error:
        listening.close()
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise StartError(f"cannot start: {reason} ({environment.host}:{environment.port})") from error
    return listening


def _load(
    app: App,
    manifest: dict[str, Any],
    environment: Environment,
    metrics: RunnerMetrics,
    logger: Logger,
    loop: asyncio.AbstractEventLoop,
) -> None:
    settings_file = environment.model_dir / SETTINGS_FILE
    settings = orjson.loads(settings_file.read_bytes()) if settings_file.exists() else {}
    directory = environment.model_dir / "model"
    context = Context(
        metrics=metrics.custom,
        logger=logger,
        signature=manifest["signature"],
        files=directory,
        model_name=manifest["model"]["name"],
        version=manifest["version"],
        configuration=settings.get("configuration", {}),
        _secrets=settings.get("secrets", {}),
    )
    begin = time.perf_counter()
    model = Model(manifest, directory, context)

    async def prepare() -> None:
        try:
            await model.load()
            await app.warm_up(model)
        except (SystemExit, asyncio.CancelledError) as error:
            # Past whoever says why, these would end the loop.
            raise StartError(f"{type(error).__name__}: {error}") from error

    if model.is_async:
        asyncio.run_coroutine_threadsafe(prepare(), loop).result()
    else:
        asyncio.run(prepare())
    seconds = time.perf_counter() - begin
    metrics.load_seconds.set(seconds)
    app.serve(model)
    logger.info("ready", model=manifest["model"]["slug"], version=manifest["version"], loadSeconds=round(seconds, 3))


async def run(environment: Environment, logger: Logger) -> int:
    """Returns the exit code."""

    def document(name: str) -> dict[str, bytes]:
        file = environment.model_dir / name
        return {name: file.read_bytes()} if file.exists() else {}

    manifest = orjson.loads((environment.model_dir / "model.json").read_bytes())
    metrics = RunnerMetrics(manifest, environment, logger)
    app = App(manifest, environment, {**document("openapi.json"), **document("docs.html")}, metrics, logger)
    server = Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            log_level="error",
            server_header=False,
            date_header=False,
            # It would keep a copy of each call's headers, and with them the secret, until the call is answered.
            proxy_headers=False,
            # The gateway keeps its connections; closing idle ones under it would fail a call now and then.
            timeout_keep_alive=300,
            timeout_graceful_shutdown=END_SECONDS,
        )
    )
    listening = _bind(environment)
    loop = asyncio.get_running_loop()
    draining: set[asyncio.Task[None]] = set()

    def drain() -> None:
        if not draining:
            logger.info("draining")
            draining.add(loop.create_task(server.drain(app, environment.drain_timeout_ms)))

    loop.add_signal_handler(signal.SIGTERM, drain)
    loop.add_signal_handler(signal.SIGINT, drain)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    logger.info("started", model=manifest["model"]["slug"], version=manifest["version"], port=environment.port)
    # In a thread of its own, so that health is answered meanwhile.
    loading = asyncio.create_task(asyncio.to_thread(_load, app, manifest, environment, metrics, logger, loop))
    await asyncio.wait({serving, loading}, return_when=asyncio.FIRST_COMPLETED)
    if not loading.done():
        # A thread can't be interrupted, and nobody waits for the model any more.
        logger.info("stopped")
        os._exit(0)
    failure = loading.exception()
    if failure is not None:
        server.should_exit = True
        await serving
        if isinstance(failure, StartError):
            logger.error(f"cannot load the model: {failure}", **stack_facts(failure.__cause__))
        else:
            logger.error(f"cannot load the model: {type(failure).__name__}: {failure}", **stack_facts(failure))
        return 1
    await serving
    logger.info("stopped")
    return 0


def run_to_end(environment: Environment, logger: Logger) -> int:
    """
    On uvloop where it is there; it is faster than the loop of the standard library.

    Returns the exit code.
    """
    coroutine = run(environment, logger)
    try:
        import uvloop
    except ImportError:
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)
