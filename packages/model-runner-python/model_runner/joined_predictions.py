"""Joins calls that come side by side into one prediction."""
from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import NamedTuple

from .environment import BatchSettings
from .metrics import RunnerMetrics
from .privacy import in_hand
from .table import Table, joined, split


class _Call(NamedTuple):
    lines: Table
    #: Of what it is worked for, as the log tells it.
    context: Context
    answer: asyncio.Future[Table | BaseException]


class JoinedPredictions:
    """
    While one prediction runs, further calls arrive; all of them together are the next one. A call
    that is alone waits for nothing but a turn of the loop.
    """

    def __init__(
        self, predict: Callable[[Table], Table], settings: BatchSettings, metrics: RunnerMetrics
    ) -> None:
        self._predict = predict
        self._max_rows = settings.max_rows
        self._max_delay = settings.max_delay_ms / 1000
        self._metrics = metrics
        self._waiting: deque[_Call] = deque()
        self._rows = 0
        self._is_gathering = False
        self._was_joined = False
        metrics.queue_depth.set_function(lambda: len(self._waiting))

    async def predict(self, lines: Table) -> Table:
        """Raises what the model raises on these lines; those of others never make it fail."""
        # From here on, since what is joined may write of all its calls, and what failed is told by who called.
        with in_hand(lines):
            answer = await self._join(lines)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _join(self, lines: Table) -> asyncio.Future[Table | BaseException]:
        loop = asyncio.get_running_loop()
        call = _Call(lines, copy_context(), loop.create_future())
        self._waiting.append(call)
        self._rows += lines.count
        if not self._is_gathering:
            self._is_gathering = True
            # Whatever else has arrived by now is read before.
            loop.call_soon(self._gather, loop, 1, context=Context())
        return call.answer

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int) -> None:
        """Goes on as long as each turn of the loop brings further calls."""
        if seen < len(self._waiting) and self._rows < self._max_rows:
            loop.call_soon(self._gather, loop, len(self._waiting))
        elif self._max_delay > 0 and self._was_joined and self._rows < self._max_rows:
            self._was_joined = False
            loop.call_later(self._max_delay, self._run, loop)
        else:
            self._run(loop)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        calls = self._take()
        self._was_joined = len(calls) > 1
        for call, answer in zip(calls, self._answer(calls)):
            # Nobody waits any more where the task was cancelled.
            if not call.answer.done():
                call.answer.set_result(answer)
        self._is_gathering = bool(self._waiting)
        if self._is_gathering:
            loop.call_soon(self._gather, loop, len(self._waiting))

    def _take(self) -> list[_Call]:
        """As many as go together, one at least."""
        calls = [self._waiting.popleft()]
        rows = calls[0].lines.count
        while self._waiting and rows + self._waiting[0].lines.count <= self._max_rows:
            calls.append(self._waiting.popleft())
            rows += calls[-1].lines.count
        self._rows -= rows
        return calls

    def _answer(self, calls: Sequence[_Call]) -> list[Table | BaseException]:
        if len(calls) == 1:
            return [self._answer_one(calls[0])]
        lines = joined([call.lines for call in calls])
        try:
            answers = self._timed(lines, len(calls))
        except BaseException:
            # Which of them it was is told to that one alone.
            return [self._answer_one(call) for call in calls]
        return [*split(answers, [call.lines.count for call in calls])]

    def _answer_one(self, call: _Call) -> Table | BaseException:
        try:
            return call.context.run(self._timed, call.lines, 1)
        except BaseException as error:
            # Whatever it is goes to who called, or all who wait would wait for ever.
            return error

    def _timed(self, lines: Table, calls: int) -> Table:
        begin = time.perf_counter()
        answers = self._predict(lines)
        seconds = time.perf_counter() - begin
        self._metrics.batch_size.observe(lines.count)
        for _ in range(calls):
            self._metrics.predict_seconds.observe(seconds)
        return answers
