"""JSON lines on stdout: ids, sizes and durations, never what a caller sent."""
from __future__ import annotations

import contextlib
import faulthandler
import fcntl
import io
import logging
import os
import resource
import sys
import threading
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any, TextIO

import orjson

from .privacy import MAX_TEXT, clean_facts

#: Lines that were begun and not ended; older ones are said as they are.
MAX_RESTS = 100
#: What native code may have written that was not read yet.
PIPE_BYTES = 1_048_576

#: Id of the request that is worked for, wherever it is logged from.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


class Logger:
    """`logger.info("loaded %s", name, rows=3)`: further facts by name."""

    def __init__(self, stream: TextIO, debug: bool = False) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.is_debug = debug

    def debug(self, message: str, *args: Any, **facts: Any) -> None:
        if self.is_debug:
            self._write("debug", message, args, facts)

    def info(self, message: str, *args: Any, **facts: Any) -> None:
        self._write("info", message, args, facts)

    def warning(self, message: str, *args: Any, **facts: Any) -> None:
        self._write("warn", message, args, facts)

    def error(self, message: str, *args: Any, **facts: Any) -> None:
        self._write("error", message, args, facts)

    def exception(self, message: str, *args: Any, **facts: Any) -> None:
        """An error, with the trace of the exception that is being handled."""
        self._write("error", message, args, {"stack": traceback.format_exc(), **facts})

    def _write(self, level: str, message: str, args: tuple[Any, ...], facts: dict[str, Any]) -> None:
        try:
            clean = clean_facts({"message": message % args if args else message, **facts})
        except Exception as error:
            # Nobody's call fails for a line of the log, such as one whose arguments are too few.
            failed = {"error": f"the rest can't be written: {type(error).__name__}"}
            try:
                clean = clean_facts({"message": message, **failed})
            except Exception:
                # Only what is sure to be no value: what was to be written fails at every look at it.
                clean = {"message": "a line that can't be written", **failed}
        self.write_as_is(level, clean)

    def write_as_is(self, level: str, facts: dict[str, Any]) -> None:
        """Past the filter: for fixed words and figures of the runner's own, which no request has a part in."""
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {"at": at, "level": level}
        request_id = REQUEST_ID.get()
        if request_id is not None:
            line["requestId"] = request_id
        # What code names is never taken for these.
        line.update((name, fact) for name, fact in facts.items() if name not in line)
        text = orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode(errors="replace")
        # A full disk, or nobody who reads, costs lines of the log and nothing else.
        with self._lock, contextlib.suppress(OSError):
            self._stream.write(text + "\n")
            self._stream.flush()


class PrintedLines(io.TextIOBase):
    """Takes what the developer's code prints, and writes each line as a log line."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, write: Callable[[str], None], descriptor: int) -> None:
        super().__init__()
        self._write = write
        self._descriptor = descriptor
        self.buffer = PrintedBytes(self)
        #: Beginnings of lines, by the request that they are of.
        self._rests: dict[str | None, str] = {}

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """For programs that are started with it; what they say becomes log lines another way."""
        return self._descriptor

    def reconfigure(self, **_options: Any) -> None:
        """As others have it; lines stay what they are."""

    def write(self, text: str) -> int:
        request_id = REQUEST_ID.get()
        *lines, rest = (self._rests.pop(request_id, "") + text).split("\n")
        if rest:
            self._rests[request_id] = rest
        for line in lines:
            self._say(line)
        # What never ends must not fill the memory.
        if len(rest) > MAX_TEXT or len(self._rests) > MAX_RESTS:
            self._say(self._rests.pop(next(iter(self._rests))))
        return len(text)

    def flush(self) -> None:
        """What was printed without an end of the line; also before the process ends."""
        rest = self._rests.pop(REQUEST_ID.get(), "")
        self._say(rest)

    def _say(self, line: str) -> None:
        if line.strip():
            self._write(line)


class PrintedBytes(io.RawIOBase):
    """The same for what is printed as bytes."""

    def __init__(self, lines: PrintedLines) -> None:
        super().__init__()
        self._lines = lines

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._lines.write(bytes(data).decode(errors="replace"))
        return len(data)


class LogRecords(logging.Handler):
    """Takes what goes through `logging`, warnings included."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(logging.DEBUG if logger.is_debug else logging.INFO)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._tell(record)
        except Exception:
            # Nobody's call fails for a line of the log, such as one whose arguments are too few.
            self.handleError(record)

    def _tell(self, record: logging.LogRecord) -> None:
        facts: dict[str, Any] = {"logger": record.name}
        if record.exc_info:
            facts["stack"] = "".join(traceback.format_exception(*record.exc_info))
        if record.levelno >= logging.ERROR:
            self._logger.error(record.getMessage(), **facts)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(record.getMessage(), **facts)
        elif record.levelno >= logging.INFO:
            self._logger.info(record.getMessage(), **facts)
        else:
            self._logger.debug(record.getMessage(), **facts)


def take_over_output(debug: bool) -> Logger:
    """
    From now on this process writes log lines only: what is printed, logged and warned of, and what native code
    says. All that Python itself says at a crash, which has no values, goes past it.
    """
    # No copy of the memory, and so of what callers sent, is left behind by a crash.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    real = open(os.dup(1), "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    faulthandler.enable(real)
    logger = Logger(real, debug)
    sys.stdout = sys.__stdout__ = PrintedLines(logger.info, 1)  # type: ignore[assignment, misc]
    sys.stderr = sys.__stderr__ = PrintedLines(logger.warning, 2)  # type: ignore[assignment, misc]
    _take_over_descriptors(logger)
    logging.basicConfig(handlers=[LogRecords(logger)], level=logging.DEBUG if debug else logging.INFO, force=True)
    logging.captureWarnings(True)
    threading.excepthook = lambda failed: logger.error(
        "a thread failed",
        stack="".join(traceback.format_exception(failed.exc_type, failed.exc_value, failed.exc_traceback)),
    )
    return logger


def _take_over_descriptors(logger: Logger) -> None:
    """What is written past Python, by native code, becomes log lines too."""
    readable, writable = os.pipe()
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(writable, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    # Native code that writes while it keeps the interpreter would wait for a reader that waits for it.
    os.set_blocking(writable, False)
    os.dup2(writable, 1)
    os.dup2(writable, 2)
    os.close(writable)

    def read() -> None:
        with open(readable, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.strip():
                    logger.warning("%s", line.rstrip("\n"))

    threading.Thread(target=read, name="native-output", daemon=True).start()
