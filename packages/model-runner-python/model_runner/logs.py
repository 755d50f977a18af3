"""JSON lines on stdout: ids, sizes and durations, never what a caller sent."""
from __future__ import annotations

import io
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any, TextIO

import orjson


#: Id of the request that is worked for, wherever it is logged from.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


class Logger:
    """`logger.info("loaded %s", name, rows=3)`: further facts by name."""

    def __init__(self, stream: TextIO, debug: bool = False) -> None:
        self._stream = stream
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
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"at": at, "level": level, "message": message % args if args else message}
        request_id = REQUEST_ID.get()
        if request_id is not None:
            line["requestId"] = request_id
        line.update(facts)
        self._stream.write(orjson.dumps(line, default=str).decode() + "\n")
        self._stream.flush()


class PrintedLines(io.TextIOBase):
    """Takes what the developer's code prints, and writes each line as a log line."""

    def __init__(self, logger: Logger) -> None:
        super().__init__()
        self._logger = logger
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                self._logger.info(line)
        return len(text)


class LogRecords(logging.Handler):
    """Takes what goes through `logging`, warnings included."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(logging.DEBUG if logger.is_debug else logging.INFO)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
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
    """From now on stdout carries log lines only: what is printed, logged and warned of too."""
    logger = Logger(sys.stdout, debug)
    sys.stdout = PrintedLines(logger)  # type: ignore[assignment]
    logging.basicConfig(handlers=[LogRecords(logger)], level=logging.DEBUG if debug else logging.INFO, force=True)
    logging.captureWarnings(True)
    return logger
