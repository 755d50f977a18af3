"""What endpoint code can find of the runner's secrets, which share its process."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from runner import Runner
from test_runner import manifest

#: Code that has their two halves, and never the whole, finds no copy of its own.
SECRETS = {"RUNNER_SECRET": "marked-secret-of-calls", "METRICS_SECRET": "marked-secret-of-figures"}
SEARCH = """
import collections, gc, inspect, os, pathlib, sys, threading, types

def is_marked(text):
    begin = text.find("marked")
    while begin >= 0:
        if text.startswith("-secret-", begin + 6): return True
        begin = text.find("marked", begin + 1)
    return False

def told(way):
    names = []
    while way:
        names.append(way[0])
        way = way[1]
    return " < ".join(names)

def search():
    '''The ways to all that holds a secret, from anything that there is, by all that it refers to.'''
    found = []
    begun = pathlib.Path("/proc/self/environ")
    if begun.exists() and is_marked(begun.read_text("latin-1")): found.append(str(begun))
    roots = [(str(module), module) for module in list(sys.modules.values())]
    roots += [("os", dict(os.environ)), ("os", dict(os.environb)), ("threads", threading.enumerate())]
    roots += [("threads", frame) for frame in sys._current_frames().values()]
    roots += [("stack", info.frame) for info in inspect.stack(0)]
    roots += [("gc", one) for one in gc.get_objects()]
    waiting = collections.deque((one, (name, None)) for name, one in roots)
    kept = []
    seen = {id(one) for one in (roots, waiting, kept, sys._getframe())}
    while waiting:
        one, way = waiting.popleft()
        if id(one) in seen: continue
        seen.add(id(one))
        # What is made on the way, such as the dict of a frame, shall not be taken for what comes later at its place.
        kept.append(one)
        if isinstance(one, str):
            if is_marked(one): found.append(told(way))
        elif isinstance(one, (bytes, bytearray, memoryview)):
            if is_marked(bytes(one).decode("latin-1")): found.append(told(way))
        else:
            way = (type(one).__qualname__, way)
            for value in gc.get_referents(one): waiting.append((value, way))
            if isinstance(one, types.FrameType):
                for name, value in one.f_locals.items(): waiting.append((value, (f"{name} of {one.f_code.co_qualname}", way)))
                waiting.append((one.f_back, way))
            elif isinstance(one, types.CoroutineType):
                waiting.append((one.cr_frame, way))
    # The next search shall not find what this one has.
    roots.clear()
    kept.clear()
    return sorted(set(found))
"""


@pytest.mark.parametrize("begin", ["def", "async def"])
def test_endpoint_code_finds_no_secret_of_the_runner(start: Callable[..., Runner], begin: str) -> None:
    endpoint = f"""
at_import = search()

{begin} load(context):
    return search()

{begin} predict(at_load, inputs, context):
    # What it looks for is found where it is.
    shown = {{"a": ["-".join(["marked", "secret", "of-nobody"])]}} if inputs["shows"] else None
    return {{"found": at_import + at_load + search()}}
"""
    signature = {
        "inputs": [{"name": "shows", "type": "boolean"}],
        "outputs": [{"name": "found", "type": "string", "shape": [-1]}],
    }
    runner = start(manifest(signature=signature), {"endpoint.py": SEARCH + endpoint}, **SECRETS).wait_ready()
    calls = {"x-model-runner-secret": SECRETS["RUNNER_SECRET"]}
    figures = {"x-model-runner-secret": "", "authorization": f"Bearer {SECRETS['METRICS_SECRET']}"}
    # Connections that are kept know what was said through them last.
    asked = [
        ("/metrics", figures, 200),
        ("/metrics", calls, 200),
        ("/v2/health/ready", calls, 200),
        ("/v2", {"x-model-runner-secret": SECRETS["METRICS_SECRET"]}, 401),
    ]
    kept = [runner.connection() for _ in asked]
    for connection, (path, headers, status) in zip(kept, asked):
        assert runner.call("GET", path, headers=headers, connection=connection).status == status
    for shows in (False, True):
        answer = runner.predict({"shows": shows}, **calls)
        assert (answer.status, answer.json["outputs"]["found"] != []) == (200, shows), answer.text
