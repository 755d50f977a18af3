"""Of the loop, between pieces of work that hold it up."""
from __future__ import annotations

import asyncio
from collections.abc import Callable

#: In which it accepts, reads and answers what has arrived meanwhile. Not a time: by the loop's clock, which stood
#: still, that would be over already.
TURNS_BETWEEN_CALLS = 8


def after_turns(work: Callable[[], None], left: int = TURNS_BETWEEN_CALLS) -> None:
    """Does it once the loop has got to all else, such as telling that the runner is alive."""
    if left == 0:
        work()
    else:
        asyncio.get_running_loop().call_soon(after_turns, work, left - 1)
