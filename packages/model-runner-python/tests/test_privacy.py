"""What a runner writes has no values of requests, however the developer's code writes them."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import pytest
from model_runner.privacy import ValueFilter, replaced
from runner import Runner, until

NAME = 'Ännë "Quill" Märkwald'
LETTER = "first marked line\nsecond marked line of a long letter"
AMOUNT = 1234567.25
PICTURE = b"marked picture, as bytes"
LINE: dict[str, Any] = {
    "name": NAME,
    "letter": LETTER,
    "amount": AMOUNT,
    "few": 12345,
    "day": "1987-06-05",
    "tags": ["marked-tag"],
    "profile": {"marked member": {"in": "marked deep"}},
    "picture": base64.b64encode(PICTURE).decode(),
    "how": "short",
}
MARKS = (
    "nnë", "Quill", "rkwald", "marked", "1234567", "1,234,567", "1987", LINE["picture"][:12], PICTURE.hex()[:12],
)  # fmt: skip

MANIFEST = {
    "formatVersion": 1,
    "model": {"name": "Echo", "slug": "echo", "system": "tests", "type": "ml", "description": ""},
    "version": 3,
    "flavor": "python",
    "files": ["endpoint.py"],
    "endpoint": "endpoint.py",
    "signature": {
        "inputs": [
            *({"name": name, "type": "string"} for name in ("name", "letter", "how")),
            *({"name": name, "type": "number"} for name in ("amount", "few")),
            {"name": "day", "type": "date"},
            {"name": "tags", "type": "string", "shape": [-1]},
            {"name": "profile", "type": "object"},
            {"name": "picture", "type": "bytes"},
        ],
        "outputs": [{"name": "y", "type": "number"}],
    },
    "metrics": [],
}

CODE = """
    import ctypes, faulthandler, json, logging, os, subprocess, sys, threading, warnings
    import numpy

    class Untellable(Exception):
        def __str__(self): raise Untellable(*self.args)
        __mod__ = __repr__ = __str__
        @property
        def __cause__(self): raise Untellable(*self.args)

    def predict(model, inputs, context):
        name, how = inputs["name"], inputs["how"]
        if how == "prt":
            print("name is", name, "and", [name], inputs["few"])
            print(json.dumps({**inputs, "day": str(inputs["day"]), "picture": ""}))
            print(json.dumps(name, ensure_ascii=False), ascii(name))
            print(inputs["letter"])
            print(inputs["letter"][:30], "…")
            print(inputs["amount"], f"{inputs['amount']:,}", int(inputs["amount"]), numpy.float64(inputs["amount"]))
            print(inputs["day"], repr(inputs["day"]))
            print(inputs["tags"], inputs["profile"], inputs["picture"], inputs["picture"].hex())
            print("to stderr: " + name, file=sys.stderr)
            sys.__stdout__.write("past print: " + name + "\\n")
            os.write(2, ("past Python: " + name + "\\n").encode())
            ctypes.CDLL(None).puts(("of native code: " + name).encode())
            ctypes.CDLL(None).fflush(None)
            logging.getLogger("mine").warning("logged %s", name)
            warnings.warn("warned of " + name)
            print("not ended: " + name, end="")
        if how == "log":
            context.logger.info("facts", name=name, amount=inputs["amount"], few=inputs["few"], day=inputs["day"],
                nested=[{inputs["tags"][0]: inputs["profile"]}], picture=inputs["picture"], big=12345678901234567890123,
                error=ValueError(name), array=numpy.asarray([inputs["amount"]]))
            context.logger.info("own words", requestId=name, at=name, level=name)
            context.logger.info("too few %s %s", name)
            context.logger.info("too wide", number=10**5000)
            sys.stdout.reconfigure(line_buffering=True)
            sys.stdout.buffer.write(("as bytes: " + name + "\\n").encode(sys.stdout.encoding))
            subprocess.run(["echo", "of a program: " + name], stdout=sys.stdout, check=True)
        if how == "mut":
            tag, deep = inputs["tags"].pop(), inputs["profile"].pop("marked member")
            inputs["name"] = ""
            print("taken", tag, deep.pop("in"), name)
        if how == "thr":
            try:
                raise KeyError(inputs["letter"])
            except KeyError as error:
                raise TypeError("no " + name) from error
        if how == "par": float(name)
        if how == "unt": raise Untellable(name)
        if how == "log unt": context.logger.info(Untellable(name))
        if how == "exi": raise SystemExit(name)
        if how == "thd":
            def late(): raise ValueError("too late for " + name)
            threading.Thread(target=late).start()
        if how == "end":
            print("gone with " + name)
            os._exit(3)
        if how == "abo":
            print("gone with " + name)
            os.abort()
        return {"y": 1}
"""


@pytest.fixture(scope="module")
def serve(start: Callable[..., Runner]) -> Callable[[], Runner]:
    return lambda: start(MANIFEST, {"endpoint.py": dedent(CODE)}, MAX_BODY_BYTES="100000").wait_ready()


def expect_none(runner: Runner) -> None:
    text = "\n".join(runner._lines)
    unescaped = "\n".join(json.dumps(json.loads(line), ensure_ascii=False) for line in runner._lines if line.startswith("{"))
    assert [mark for mark in MARKS if mark in text or mark in unescaped] == []


def test_printed_values_are_paths(serve: Callable[[], Runner]) -> None:
    runner = serve()
    assert runner.predict({**LINE, "how": "prt"}, **{"x-request-id": "r-1"}).json["outputs"] == {"y": 1}
    wanted = [
        "name is «inputs.name» and ['«inputs.name»'] 12345",
        "«inputs.letter» …",
        "not ended: «inputs.name»",
        "to stderr: «inputs.name»",
        "past print: «inputs.name»",
        "logged «inputs.name»",
        "past Python: «inputs.name»",
        "of native code: «inputs.name»",
    ]
    until(lambda: set(wanted) <= set(runner.messages), f"{wanted} among the lines")
    first = next(line for line in runner.log if line["message"] == wanted[0])
    assert first["requestId"] == "r-1" and first["replaced"] == ["inputs.name"]
    expect_none(runner)

    assert runner.predict([LINE, {**LINE, "how": "log"}]).status == 200
    until(lambda: "facts" in runner.messages, "the facts")
    facts = next(line for line in runner.log if line["message"] == "facts")
    assert facts == {
        **facts,
        "name": "«inputs[0].name»",
        "amount": "«inputs[0].amount»",
        "few": 12345,
        "day": "«inputs[0].day»",
        "nested": [{"«inputs[0].tags»": {"«inputs[0].profile»": {"in": "«inputs[0].profile»"}}}],
        "picture": f"{len(PICTURE)} bytes",
        "error": "«inputs[0].name»",
    }
    wanted = ["own words", "too few %s %s", "too wide", "as bytes: «inputs[0].name»"]
    until(lambda: set(wanted) <= set(runner.messages), f"{wanted} among the lines")
    # Nobody knows whose a program's line is: the call before had the same value.
    programs = {f"of a program: «{path}»" for path in ("inputs.name", "inputs[0].name")}
    until(lambda: programs & set(runner.messages), f"one of {programs} among the lines")
    own = next(line for line in runner.log if line["message"] == "own words")
    assert {**own, "level": "info", "at": facts["at"][:10] + own["at"][10:], "requestId": facts["requestId"]} == own
    assert "TypeError" in next(line for line in runner.log if line["message"] == "too few %s %s")["error"]
    expect_none(runner)


def test_values_stay_those_that_were_sent_where_code_changes_its_inputs(serve: Callable[[], Runner]) -> None:
    runner = serve()
    assert runner.predict({**LINE, "how": "mut"}).status == 200
    wanted = "taken «inputs.tags» «inputs.profile» «inputs.name»"
    until(lambda: wanted in runner.messages, wanted)
    expect_none(runner)


def test_lines_of_the_runner_itself_have_nothing_to_replace(serve: Callable[[], Runner]) -> None:
    runner = serve()
    assert runner.predict({**LINE, "name": "refused", "letter": "/predict"}).status == 200
    assert runner.call("POST", "/predict", "no JSON").status == 400
    for path in ("/v2/models/echo/infer", "/v2/models/marked/versions/marked/infer", "/marked/infer"):
        assert runner.call("POST", path, "no JSON").status in (400, 404)
    until(lambda: len([line for line in runner.log if line.get("code")]) == 4, "a line a call")
    lines = [line for line in runner.log if line.get("code")]
    assert {line["message"] for line in lines} == {"refused"} and not any("replaced" in line for line in lines)
    assert [line["path"] for line in lines] == [
        "/predict",
        "/v2/models/{model}/infer",
        "/v2/models/{model}/versions/{version}/infer",
        "…/infer",
    ]
    expect_none(runner)


@pytest.mark.parametrize(
    ("how", "reasons"),
    [
        ("thr", ["TypeError: no «inputs.name»", "KeyError: '«inputs.letter»'"]),
        ("par", ["could not convert string to float: '«inputs.name»'"]),
        ("exi", ["SystemExit: «inputs.name»"]),
    ],
)
def test_what_is_raised_has_none(serve: Callable[[], Runner], how: str, reasons: list[str]) -> None:
    runner = serve()
    answer = runner.predict({**LINE, "how": how}, **{"x-request-id": "r-1"})
    assert answer.status == 500
    assert [mark for mark in MARKS if mark in answer.text] == []
    until(lambda: any(line["level"] == "error" for line in runner.log), "the failure")
    failure = next(line for line in runner.log if line["level"] == "error")
    assert all(reason in failure["stack"] for reason in reasons)
    assert failure["requestId"] == "r-1" and "inputs.name" in failure["replaced"]
    expect_none(runner)


def test_what_cannot_be_told_ends_nothing(serve: Callable[[], Runner]) -> None:
    runner = serve()
    answer = runner.predict({**LINE, "how": "unt"}, **{"x-request-id": "r-1"})
    assert (answer.status, answer.json["error"]["name"]) == (500, "ModelError")
    until(lambda: any(line["level"] == "error" for line in runner.log), "the failure")
    failure = next(line for line in runner.log if line["level"] == "error")
    assert failure["requestId"] == "r-1"
    assert runner.predict({**LINE, "how": "log unt"}).json["outputs"] == {"y": 1}
    assert "a line that can't be written" in runner.messages
    in_flight = [value for (name, _), value in runner.metrics().items() if name == "model_runner_requests_in_flight"]
    assert in_flight == [0]
    assert [mark for mark in MARKS if mark in answer.text] == []
    expect_none(runner)


def test_a_thread_that_fails_has_none(serve: Callable[[], Runner]) -> None:
    runner = serve()
    runner.predict({**LINE, "how": "thd"})
    until(lambda: "a thread failed" in runner.messages, "the thread's failure")
    failure = next(line for line in runner.log if line["message"] == "a thread failed")
    assert "ValueError: too late for «inputs.name»" in failure["stack"]
    expect_none(runner)


@pytest.mark.parametrize("how", ["end", "abo"])
def test_last_words_have_none(serve: Callable[[], Runner], how: str) -> None:
    runner = serve()
    with pytest.raises((ConnectionError, OSError)):
        runner.predict({**LINE, "how": how})
    assert runner.wait_end() == (3 if how == "end" else -6)
    text = "".join(runner._lines)
    assert "gone with «inputs.name»" in text
    # Where it was, in words of Python's own.
    assert ("Fatal Python error: Aborted" in text and 'endpoint.py", line' in text) == (how == "abo")
    expect_none(runner)


def _replaced(text: str, *requests: list[Any]) -> str:
    filters = [ValueFilter(("x", f"inputs[{index}].x", value) for index, value in enumerate(values)) for values in requests]
    return replaced(text, filters)[0]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("name=Alice Smith.", "name=«inputs[0].x»."),
        ("abcd abcdx abcdz abc", "«inputs[1].x» «inputs[2].x» «inputs[1].x»z abc"),
        ("customer-12… customer", "«inputs[3].x»… «inputs[3].x»"),
        ("custom", "custom"),
    ],
)
def test_values_are_found_whole_cut_off_and_trimmed(text: str, clean: str) -> None:
    assert _replaced(text, [" Alice Smith", "abcd", "abcdx", "customer-1234"]) == clean


def test_numbers_wider_than_any_that_is_counted_with_are_found() -> None:
    assert _replaced(f"x={10**400}", [10**400]) == "x=«inputs[0].x»"


def test_values_that_begin_alike_are_told_apart() -> None:
    one, other = ["CUST00007918", "CUST00007919"], ["CUST00007920", "CUST000079"]
    assert _replaced("CUST00007919 CUST00007920", one, other) == "«inputs[1].x» «inputs[0].x»"
    assert _replaced("CUST00007920", other, one) == "«inputs[0].x»"


def test_values_are_found_among_very_many_that_begin_alike() -> None:
    ids = [f"CUST{1_000_000 + index}" for index in range(100_000)]
    wanted = " ".join(f"«inputs[{99_000 + index}].x»" for index in range(1_000))
    assert _replaced(" ".join(ids[-1_000:]), ids) == wanted
