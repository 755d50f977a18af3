"""One runner: live at once, ready when the model is loaded, drained on SIGTERM."""
from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable
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
from .while_loading import SIGNALS, WhileLoading
from .whole_answers import WholeAnswers

#: How long nobody may have called before idle connections are cut in a drain, seconds: a busy machine's calls are on
#: their way so long.
QUIET_SECONDS = 0.5
#: How long connections may take to end where nothing is left to wait for, seconds.
END_SECONDS = 1
#: What the environment says to endpoint code, beside model.json.
SETTINGS_FILE = "endpoint-settings.json"


class Server(uvicorn.Server):
    """Signals are ours: SIGTERM drains, and the log says so."""

    def __init__(self, config: uvicorn.Config, app: App, drain_timeout_ms: int, logger: Logger) -> None:
        super().__init__(config)
        self._app = app
        self._drain_seconds = drain_timeout_ms / 1000
        self._logger = logger
        self._draining: asyncio.Task[None] | None = None

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def end(self) -> None:
        """Takes no new connections, finishes what is being answered, and ends."""
        if self._draining is None:
            self._logger.info("draining")
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        app = self._app
        app.drain()
        # Cutting idle connections at once would cut the calls that are already on their way through them.
        for listener in getattr(self, "servers", []):
            listener.close()
        deadline = time.monotonic() + self._drain_seconds
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


def _context(
    environment: Environment, manifest: dict[str, Any], metrics: RunnerMetrics, logger: Logger
) -> Context:
    settings_file = environment.model_dir / SETTINGS_FILE
    settings = orjson.loads(settings_file.read_bytes()) if settings_file.exists() else {}
    return Context(
        metrics=metrics.custom,
        logger=logger,
        signature=manifest["signature"],
        files=environment.model_dir / "model",
        model_name=manifest["model"]["name"],
        version=manifest["version"],
        configuration=settings.get("configuration", {}),
        _secrets=settings.get("secrets", {}),
    )


async def _not_ending(work: Awaitable[None]) -> None:
    try:
        await work
    except (SystemExit, asyncio.CancelledError) as error:
        # Past whoever says why, these would end the loop.
        raise StartError(f"{type(error).__name__}: {error}") from error


async def _prepare(model: Model, app: App, meanwhile: WhileLoading) -> None:
    with meanwhile.hearing():
        # What is set in its context is there for every call. What a call sets there is its own.
        await _not_ending(model.load())
        app.prepare(model)
        await asyncio.create_task(_not_ending(app.warm_up(model)))


async def _serve(server: Server, listening: socket.socket, meanwhile: WhileLoading) -> None:
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, server.end)
    if meanwhile.is_end_asked:
        server.end()
    await server.serve(sockets=[listening])


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it is there; it is faster than the loop of the standard library."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def run(environment: Environment, logger: Logger) -> int:
    """Returns the exit code."""

    def document(name: str) -> dict[str, bytes]:
        file = environment.model_dir / name
        return {name: file.read_bytes()} if file.exists() else {}

    manifest = orjson.loads((environment.model_dir / "model.json").read_bytes())
    metrics = RunnerMetrics(manifest, environment, logger)
    app = App(manifest, environment, {**document("openapi.json"), **document("docs.html")}, metrics, logger)
    config = uvicorn.Config(
        app,
        http=WholeAnswers,
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
    listening = _bind(environment)
    about = {"model": manifest["model"]["slug"], "version": manifest["version"]}
    loop_factory = _loop_factory()
    # Made when it is first used: its context is then a copy of that in which the code was imported.
    with contextlib.closing(asyncio.Runner(loop_factory=loop_factory)) as runner:
        begin = time.perf_counter()
        try:
            with WhileLoading(config, listening, loop_factory, logger) as meanwhile:
                logger.info("started", **about, port=environment.port)
                context = _context(environment, manifest, metrics, logger)
                model = Model(manifest, environment.model_dir / "model", context)
                runner.run(_prepare(model, app, meanwhile))
        except StartError as error:
            logger.error(f"cannot load the model: {error}", **stack_facts(error.__cause__))
            return 1
        except Exception as error:
            logger.error(f"cannot load the model: {type(error).__name__}: {error}", **stack_facts(error))
            return 1
        seconds = time.perf_counter() - begin
        metrics.load_seconds.set(seconds)
        app.serve(model)
        logger.info("ready", **about, loadSeconds=round(seconds, 3))
        server = Server(config, app, environment.drain_timeout_ms, logger)
        runner.run(_serve(server, listening, meanwhile))
    logger.info("stopped")
    return 0
