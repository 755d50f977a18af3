"""What a runner does while its model is loaded."""
from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from .keep_signals_from_forks import keep_signals_from_forks
from .logs import Logger
from .turns import TURNS_BETWEEN_CALLS

#: How long callers that came meanwhile may take to ask, seconds.
ASK_SECONDS = 0.1
SIGNALS = (signal.SIGTERM, signal.SIGINT)
_LOADED = 0


class WhileLoading:
    """
    Code is loaded on the main thread, where it is called later on: much of what it sets is kept by the thread. For as
    long as that takes, another thread answers, and ends the process when that is asked for: code can't be interrupted,
    and nobody waits for the model any more.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket.socket,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
        logger: Logger,
    ) -> None:
        """
        `listening` stays open: who comes between the two is answered by whoever listens next. The standard library's
        loop, where there is no other, loses who it has just let in when it listens no more.
        """
        self._config = config
        self._loop_factory = loop_factory
        self._listening = listening
        self._logger = logger
        #: Whether a signal came too late for this thread, and the process is still to be ended.
        self.is_end_asked = False
        self._thread = threading.Thread(target=self._run, name="while-loading", daemon=True)

    def __enter__(self) -> WhileLoading:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        keep_signals_from_forks(SIGNALS)
        for number in SIGNALS:
            signal.signal(number, self._heard)
        self._before = self._hear()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._before)
        os.write(self._write_end, bytes([_LOADED]))
        self._thread.join()

    @contextlib.contextmanager
    def hearing(self) -> Iterator[None]:
        """Within a loop, which takes the signals to itself when it begins to run."""
        before = self._hear()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def _hear(self) -> int:
        """Of signals even while native code keeps the main thread."""
        return signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        self.is_end_asked = True
        # Code may have taken them to itself.
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, bytes([number]))

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._loop_factory) as runner:
            runner.run(self._answer())

    async def _answer(self) -> None:
        server = uvicorn.Server(self._config)
        self._config.load()
        server.lifespan = self._config.lifespan_class(self._config)
        await server.startup(sockets=[self._listening.dup()])
        loaded = asyncio.Event()

        def read() -> None:
            numbers = os.read(self._read_end, 4_096)
            if any(number in numbers for number in SIGNALS):
                self._logger.info("draining")
                self._logger.info("stopped")
                os._exit(0)
            if _LOADED in numbers:
                loaded.set()

        asyncio.get_running_loop().add_reader(self._read_end, read)
        await loaded.wait()
        for listener in server.servers:
            listener.close()
        await self._end(server)

    async def _end(self, server: uvicorn.Server) -> None:
        """Every answer ends its connection; those that were just taken are still to be asked something."""
        for _ in range(TURNS_BETWEEN_CALLS):
            await asyncio.sleep(0)
        connections = server.server_state.connections
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ASK_SECONDS
        while connections and loop.time() < deadline:
            await asyncio.sleep(0.001)
        for connection in list(connections):
            connection.shutdown()
