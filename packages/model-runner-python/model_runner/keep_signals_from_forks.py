"""Signals of processes that the code forks, such as the workers of a pool of multiprocessing."""
from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable


def keep_signals_from_forks(signals: Iterable[signal.Signals]) -> None:
    """
    From now on these end a fork as they end any process. As it begins, it has the runner's handlers, and the pipe
    that these write to: whoever ended the fork would end the runner.
    """
    numbers = frozenset(signals)
    masks = threading.local()

    def hold() -> None:
        """Until the fork has forgotten: it may be ended at once."""
        masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)

    def release() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.before)

    def forget() -> None:
        signal.set_wakeup_fd(-1)
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        release()

    os.register_at_fork(before=hold, after_in_parent=release, after_in_child=forget)
