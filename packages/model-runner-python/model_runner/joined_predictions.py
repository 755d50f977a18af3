"""Joins calls that come side by side into one prediction."""
from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import NamedTuple

from .environment import BatchSettings
from .errors import caller_gone
from .metrics import RunnerMetrics
from .privacy import in_hand
from .table import Table, joined, split
from .turns import after_turns


class _Call(NamedTuple):
    lines: Table
    #: Of its body.
    size: int
    is_gone: Callable[[], bool]
    #: Of what it is worked for, as the log tells it.
    context: Context
    answer: asyncio.Future[Table | BaseException]


class JoinedPredictions:
    """
    While one prediction runs, further calls arrive; all of them together are the next one. A call
    that is alone waits for nothing but a turn of the loop.
    """

    def __init__(
        self, predict: Callable[[Table], Table], settings: BatchSettings, max_bytes: int, metrics: RunnerMetrics
    ) -> None:
        """`max_bytes`: what calls may have sent together, lest wide lines fill the memory; one may be that large."""
        self._predict = predict
        self._max_bytes = max_bytes
        self._max_rows = settings.max_rows
        self._max_delay = settings.max_delay_ms / 1000
        self._metrics = metrics
        self._waiting: deque[_Call] = deque()
        self._rows = 0
        self._bytes = 0
        self._is_gathering = False
        self._was_joined = False
        #: Of no call: what the code has set when it was loaded.
        self._context = copy_context()
        metrics.queue_depth.set_function(lambda: len(self._waiting))

    async def predict(self, lines: Table, size: int, is_gone: Callable[[], bool]) -> Table:
        """
        Raises what the model raises on these lines; those of others never make it fail.

        `size`: bytes that the caller sent for them. Where nobody `is` there any more to be answered, nothing is predicted.
        """
        # From here on, since what is joined may write of all its calls, and what failed is told by who called.
        with in_hand(lines):
            answer = await self._join(lines, size, is_gone)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _join(
        self, lines: Table, size: int, is_gone: Callable[[], bool]
    ) -> asyncio.Future[Table | BaseException]:
        loop = asyncio.get_running_loop()
        call = _Call(lines, size, is_gone, copy_context(), loop.create_future())
        self._waiting.append(call)
        self._rows += lines.count
        self._bytes += size
        if not self._is_gathering:
            self._is_gathering = True
            # Whatever else has arrived by now is read before.
            loop.call_soon(self._gather, loop, 1, context=self._context.copy())
        return call.answer

    def _gather(self, loop: asyncio.AbstractEventLoop, seen: int) -> None:
        """Goes on as long as each turn of the loop brings further calls."""
        has_room = self._rows < self._max_rows and self._bytes < self._max_bytes
        if seen < len(self._waiting) and has_room:
            loop.call_soon(self._gather, loop, len(self._waiting))
        elif self._max_delay > 0 and self._was_joined and has_room:
            self._was_joined = False
            loop.call_later(self._max_delay, self._run, loop)
        else:
            self._run(loop)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        calls = self._take()
        self._was_joined = len(calls) > 1
        self._answer_parts(loop, deque([calls]))

    def _take(self) -> list[_Call]:
        """As many as go together, one at least; none where nobody waits for any of them."""
        calls: list[_Call] = []
        rows = size = 0
        while self._waiting:
            call = self._waiting[0]
            is_gone = call.is_gone()
            fits = rows + call.lines.count <= self._max_rows and size + call.size <= self._max_bytes
            if calls and not is_gone and not fits:
                break
            self._waiting.popleft()
            self._rows -= call.lines.count
            self._bytes -= call.size
            if is_gone:
                self._tell(call, caller_gone())
                continue
            calls.append(call)
            rows += call.lines.count
            size += call.size
        return calls

    def _answer_parts(self, loop: asyncio.AbstractEventLoop, parts: deque[list[_Call]]) -> None:
        """One part after the other, and all else that the loop has to do between them."""
        calls = parts.popleft()
        answers = self._answer(calls)
        if answers is None:
            # Which of them it was is told to that one alone.
            middle = len(calls) // 2
            parts.extendleft((calls[middle:], calls[:middle]))
        else:
            for call, answer in zip(calls, answers):
                self._tell(call, answer)
        if parts:
            after_turns(lambda: self._answer_parts(loop, parts))
            return
        self._is_gathering = bool(self._waiting)
        if self._is_gathering:
            loop.call_soon(self._gather, loop, len(self._waiting))

    def _tell(self, call: _Call, answer: Table | BaseException) -> None:
        # Nobody waits any more where the task was cancelled.
        if not call.answer.done():
            call.answer.set_result(answer)

    def _answer(self, calls: Sequence[_Call]) -> list[Table | BaseException] | None:
        """None where the model fails on all of them together."""
        if len(calls) <= 1:
            return [self._answer_one(call) for call in calls]
        lines = joined([call.lines for call in calls])
        try:
            answers = self._timed(lines, len(calls))
        except BaseException:
            return None
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
