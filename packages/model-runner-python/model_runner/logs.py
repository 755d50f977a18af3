"""JSON lines on stdout: ids, sizes and durations, never what a caller sent."""
from __future__ import annotations

import io
import sys
from datetime import datetime, timezone
from typing import Any, TextIO

import orjson


class Logger:
    def __init__(self, stream: TextIO, debug: bool = False) -> None:
        self._stream = stream
        self.is_debug = debug

    def debug(self, message: str, **facts: Any) -> None:
        if self.is_debug:
            self._write("debug", message, facts)

    def info(self, message: str, **facts: Any) -> None:
        self._write("info", message, facts)

    def warning(self, message: str, **facts: Any) -> None:
        self._write("warn", message, facts)

    def error(self, message: str, **facts: Any) -> None:
        self._write("error", message, facts)

    def _write(self, level: str, message: str, facts: dict[str, Any]) -> None:
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"at": at, "level": level, "message": message, **facts}
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


def take_over_printing(debug: bool) -> Logger:
    """From now on stdout carries log lines only."""
    logger = Logger(sys.stdout, debug)
    sys.stdout = PrintedLines(logger)  # type: ignore[assignment]
    return logger
