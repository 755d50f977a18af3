"""Environment variables that nothing of this process shall read any more."""
from __future__ import annotations

import ctypes
import os


def forget_variables(*names: str) -> None:
    """
    Also out of the memory that the process was started with: the kernel shows that in /proc/self/environ, whatever
    becomes of the variables. To be called before anything starts threads.
    """
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    for name in names:
        place = getenv(os.fsencode(name))
        if place:
            ctypes.memset(place, 0, len(ctypes.string_at(place)))
        os.environ.pop(name, None)
