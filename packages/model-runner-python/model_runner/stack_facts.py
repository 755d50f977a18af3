"""Where it failed, for the log."""
from __future__ import annotations

import traceback


def stack_facts(error: BaseException | None) -> dict[str, str]:
    return {} if error is None else {"stack": "".join(traceback.format_exception(error))}
