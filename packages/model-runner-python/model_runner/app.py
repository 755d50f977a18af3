"""
The HTTP surface of one runner, as an ASGI application: the simple API, the
Open Inference Protocol v2, its documents and its metrics.

It answers every path with and without the endpoint's name in front, so that
the gateway rewrites nothing.
"""
from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson

from . import open_inference, scoring
from .answer_check import answer_check
from .as_json import as_json
from .environment import Environment
from .errors import CALLER_LEFT, ModelOutputError, RequestError, StartError, caller_gone
from .input_reader import InputReader
from .joined_predictions import JoinedPredictions
from .logs import REQUEST_ID, Logger
from .metrics import CONTENT_TYPE, RunnerMetrics
from .model import Model
from .multipart import read_multipart
from .output_check import output_check
from .output_writer import output_writer
from .table import Table
from .turns import after_turns

JSON_TYPE = b"application/json"
HTML_TYPE = b"text/html; charset=utf-8"
TEXT_TYPE = b"text/plain; charset=utf-8"
#: Says where the JSON of a body ends and the bytes of its tensors begin.
INFER_HEADER_LENGTH = "inference-header-content-length"
#: Whole numbers of 64 bits, which tensors carry exactly.
LARGEST_INTEGER = 2**64 - 1
#: Paths of MLflow's scoring protocol, which has its own shape of errors.
SCORING_PATHS = ("/invocations", "/ping", "/health", "/version")

_NAMES = {
    400: "InputError",
    401: "AuthenticationError",
    403: "NotAllowedError",
    404: "NotFoundError",
    405: "MethodNotAllowedError",
    413: "PayloadTooLargeError",
    415: "UnsupportedMediaTypeError",
    CALLER_LEFT: "CallerLeft",
    503: "ServiceUnavailableError",
}

#: status, body, content type, further headers
Answer = tuple[int, bytes, bytes, dict[str, str]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_MODEL_PATH = re.compile(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/ready|/infer)?")


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return status, as_json(body), JSON_TYPE, headers or {}


def _loads(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RequestError(400, "The body is not valid JSON.") from None


def _is_secret(given: bytes, digest: bytes | None) -> bool:
    return digest is not None and given != b"" and hmac.compare_digest(hashlib.sha256(given).digest(), digest)


def _is_protocol(path: str) -> bool:
    return path == "/v2" or path.startswith("/v2/")


def _told_path(path: str) -> str:
    """Of a call that is counted, without what the caller chose."""
    if path in ("/predict", "/invocations"):
        return path
    match = _MODEL_PATH.fullmatch(path)
    if match is None:
        return "…/infer"
    return f"/v2/models/{{model}}{'/versions/{version}' if match[2] else ''}/infer"


class App:
    def __init__(
        self,
        manifest: dict[str, Any],
        environment: Environment,
        documents: dict[str, bytes],
        metrics: RunnerMetrics,
        logger: Logger,
    ) -> None:
        self._manifest = manifest
        self._environment = environment
        self._documents = documents
        self._metrics = metrics
        self._logger = logger
        self._inputs = manifest["signature"]["inputs"]
        self._outputs = manifest["signature"]["outputs"]
        self._reader = InputReader(self._inputs)
        self._tensor_reader = InputReader(self._inputs, LARGEST_INTEGER)
        self._scoring_reader = scoring.ScoringReader(self._inputs)
        self._write = output_writer(self._outputs)
        self._output_check = output_check(self._outputs, LARGEST_INTEGER)
        #: Of models without own code.
        self._answer_check = answer_check(self._outputs, LARGEST_INTEGER)
        self._model: Model | None = None
        #: Of models whose calls can be joined.
        self._predictions: JoinedPredictions | None = None
        self._draining = False
        #: Of code that holds up the loop.
        self._turn = asyncio.Lock()
        #: Calls that are being answered.
        self.active = 0
        #: By the monotonic clock, seconds.
        self.last_call_at = 0.0
        self._prefix = f"/{environment.endpoint}"
        self._version = str(manifest["version"])
        self._identity = [
            (b"x-model-version", self._version.encode()),
            (b"x-model-variant", environment.variant.encode()),
        ]
        self._about = {
            "name": manifest["model"]["name"],
            "version": manifest["version"],
            "variant": environment.variant,
        }

    def prepare(self, model: Model) -> None:
        """In the context that calls are to have. Raises StartError where the model can't take what the signature says."""
        batch, max_bytes = self._environment.batch, self._environment.max_body_bytes
        may_join = batch.max_rows > 1 and self._manifest.get("batching") is not False
        self._reader = InputReader(model.inputs)
        self._tensor_reader = InputReader(model.inputs, LARGEST_INTEGER)
        if model.is_line_by_line and may_join:
            self._predictions = JoinedPredictions(model.predict_at_once, batch, max_bytes, self._metrics)

    def serve(self, model: Model) -> None:
        """From now on the runner is ready."""
        self._model = model

    def drain(self) -> None:
        """From now on every answer ends its connection."""
        self._draining = True

    async def warm_up(self, model: Model) -> None:
        """
        One prediction that nobody asked for, so that the first caller doesn't wait for lazy set-up,
        and a model that fails on its own example is never ready. It counts nothing.
        """
        example = self._manifest.get("example")
        if example is None:
            return
        try:
            lines, _ = self._reader.read({"inputs": example})
        except RequestError as error:
            raise StartError(f"the example does not fit the signature: {error.message}") from None
        with self._metrics.custom.muted():
            answers = self._write(await model.predict(lines))
        try:
            self._output_check(answers)
            as_json(answers.rows)
        except ModelOutputError as error:
            told = "; ".join(f"{field['path']} {field['message']}" for field in error.fields)
            raise StartError(f"the answer to the example does not fit the signature: {told}") from error
        except TypeError as error:
            raise StartError(f"the answer to the example is no JSON: {error}") from error

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.active += 1
        self.last_call_at = time.monotonic()
        try:
            await self._answer(scope, receive, send)
        finally:
            self.active -= 1

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers, is_gateway, is_collector = self._taken_headers(scope)
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if 0 < len(given) <= 128 else str(uuid.uuid4())
        # As the gateway reads it, which forwards it as it was sent: encoded characters mean no others.
        full_path: str = scope["raw_path"].decode("latin-1")
        path = full_path[len(self._prefix) :] if full_path.startswith(f"{self._prefix}/") else full_path
        counted = path in ("/predict", "/invocations") or path.endswith("/infer")
        begin = time.perf_counter()
        error_class = None
        REQUEST_ID.set(request_id)
        if counted:
            self._metrics.in_flight.inc()
        try:
            if full_path not in ("/v2/health/live", "/v2/health/ready"):
                is_metrics = full_path == "/metrics" and scope["method"] == "GET"
                if not (is_gateway or (is_metrics and is_collector)):
                    self._refuse_stranger(headers)
            answer = await self._route(scope["method"], full_path, path, headers, receive, request_id)
        except RequestError as error:
            answer = self._refusal(path, error, request_id)
            error_class = _NAMES.get(error.status, "Error")
        except (Exception, SystemExit, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                # By the server, at the end of a drain; else it is of the code's own tasks.
                raise
            answer = self._told_failure(path, error, request_id)
            error_class = "ModelOutputError" if isinstance(error, ModelOutputError) else "ModelError"
        finally:
            if counted:
                self._metrics.in_flight.dec()
        status, body, content_type, more = answer
        if counted:
            seconds = time.perf_counter() - begin
            self._metrics.request_seconds.observe(seconds)
            self._metrics.count_answer(status)
            if error_class is not None:
                self._metrics.count_error(error_class)
            self._log_answer(path, status, seconds, headers.get(b"content-length", b""), body)
        # Who serves while the model is loaded hands over then.
        is_last = self._draining or self._model is None
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", content_type),
                    (b"content-length", str(len(body)).encode()),
                    (b"x-request-id", request_id.encode("latin-1")),
                    *self._identity,
                    # Whoever keeps the connection shall not send a further call into its end.
                    *(((b"connection", b"close"),) if is_last and "connection" not in more else ()),
                    *((name.encode(), value.encode()) for name, value in more.items()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _taken_headers(self, scope: dict[str, Any]) -> tuple[dict[bytes, bytes], bool, bool]:
        """
        The headers without secrets; whether there was the gateway's; whether there was that of who collects figures,
        for a Prometheus sends a bearer, and no headers of its own.

        Nothing keeps the secrets while the developer's code works: the list is the server's own.
        """
        headers = dict(scope["headers"])
        scope["headers"].clear()
        secret = headers.pop(b"x-model-runner-secret", b"")
        bearer = headers.pop(b"authorization", b"").removeprefix(b"Bearer ")
        known = self._environment
        return headers, _is_secret(secret, known.secret_digest), _is_secret(bearer, known.metrics_secret_digest)

    def _refuse_stranger(self, headers: dict[bytes, bytes]) -> None:
        if self._environment.secret_digest is not None:
            raise RequestError(401, "This runner answers to its gateway only.", headers={"connection": "close"})
        # Without a gateway in front, any page that its developer looks at could call it.
        origin = headers.get(b"origin")
        if origin is not None and origin.partition(b"://")[2] != headers.get(b"host"):
            raise RequestError(403, "This runner answers no pages of another origin.")

    async def _route(
        self,
        method: str,
        full_path: str,
        path: str,
        headers: dict[bytes, bytes],
        receive: Receive,
        request_id: str,
    ) -> Answer:
        if full_path == "/metrics" and method == "GET":
            return 200, self._metrics.expose(), CONTENT_TYPE.encode(), {}
        if path == "/predict":
            self._allow(method, "POST")
            return await self._predict(headers, receive, request_id)
        if path == "/invocations":
            self._allow(method, "POST")
            return await self._score(headers, receive)
        simple: dict[str, Callable[[], Answer]] = {
            "/openapi.json": lambda: self._document("openapi.json", JSON_TYPE),
            "/docs": lambda: self._document("docs.html", HTML_TYPE),
            "/ping": self._ping,
            "/health": self._ping,
            "/version": lambda: (200, scoring.MLFLOW_VERSION.encode(), TEXT_TYPE, {}),
            "/v2": lambda: _json(
                200, {"name": "model-runner-python", "version": "1", "extensions": ["binary_tensor_data"]}
            ),
            "/v2/health/live": lambda: _json(200, {"live": True}),
            "/v2/health/ready": lambda: _json(200 if self._model else 503, {"ready": self._model is not None}),
        }
        if path in simple:
            self._allow(method, "GET")
            return simple[path]()
        match = _MODEL_PATH.fullmatch(path)
        if match is None:
            raise RequestError(404, f"There is nothing at {path}.")
        name, version, operation = match.groups()
        if name != self._environment.endpoint:
            raise RequestError(404, f"Model {name} not found.")
        if version not in (None, self._version):
            raise RequestError(
                404, f"Model {name} with version {version} not found; this is version {self._version}."
            )
        if operation == "/infer":
            self._allow(method, "POST")
            return await self._infer(headers, receive)
        self._allow(method, "GET")
        if operation == "/ready":
            ready = self._model is not None
            return _json(200 if ready else 503, {"name": name, "ready": ready})
        return _json(
            200,
            {
                "name": name,
                "versions": [self._version],
                "platform": self._manifest["flavor"],
                "inputs": open_inference.tensors_of(self._inputs),
                "outputs": open_inference.tensors_of(self._outputs),
            },
        )

    def _allow(self, method: str, wanted: str) -> None:
        if method != wanted and not (wanted == "GET" and method == "HEAD"):
            raise RequestError(405, f"{method} is not allowed here; use {wanted}.", headers={"allow": wanted})

    def _require_model(self) -> Model:
        if self._model is None:
            raise RequestError(503, "The model is still being loaded.", headers={"retry-after": "1"})
        return self._model

    def _ping(self) -> Answer:
        self._require_model()
        return 200, b"\n", JSON_TYPE, {}

    @asynccontextmanager
    async def _turn_of(self, model: Model, is_gone: Callable[[], bool]) -> AsyncIterator[None]:
        """
        Code that does not wait for anything holds up the loop for as long as it takes. After it the loop gets to
        all else, such as telling that the runner is alive, before the next call has its turn.

        Raises RequestError where nobody is there any more by then.
        """
        if model.is_async:
            yield
            return
        with self._metrics.queue_depth.track_inprogress():
            await self._turn.acquire()
        if is_gone():
            self._turn.release()
            raise caller_gone()
        try:
            yield
        finally:
            after_turns(self._turn.release)

    async def _run(self, model: Model, lines: Table, size: int, receive: Receive) -> Table:
        """`size`: bytes that were sent for these lines."""

        def is_gone() -> bool:
            # The server's own knowledge: receive() would wait for it to come true.
            return bool(getattr(getattr(receive, "__self__", None), "disconnected", False))

        if self._predictions is not None:
            return self._checked(model, self._write(await self._predictions.predict(lines, size, is_gone)))
        async with self._turn_of(model, is_gone):
            begin = time.perf_counter()
            answers = await model.predict(lines)
        self._metrics.predict_seconds.observe(time.perf_counter() - begin)
        self._metrics.batch_size.observe(lines.count)
        written = self._checked(model, self._write(answers))
        if model.is_own_code and self._metrics.solves is not None:
            self._metrics.solves.count(written.rows)
        return written

    def _checked(self, model: Model, answers: Table) -> Table:
        check = self._output_check if model.is_own_code else self._answer_check
        check(answers)
        return answers

    async def _predict(self, headers: dict[bytes, bytes], receive: Receive, request_id: str) -> Answer:
        model = self._require_model()
        body = await self._read_body(headers, receive)
        content_type = headers.get(b"content-type", b"")
        if content_type.lower().startswith(b"multipart/form-data"):
            lines, batch = self._reader.read(read_multipart(self._inputs, body, content_type.decode("latin-1")))
        else:
            lines, batch = self._reader.read(_loads(body))
        answers = (await self._run(model, lines, len(body), receive)).rows
        return _json(
            200, {"outputs": answers if batch else answers[0], "model": self._about, "requestId": request_id}
        )

    async def _score(self, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        model = self._require_model()
        body = await self._read_body(headers, receive)
        lines = self._scoring_reader.read(body, headers.get(b"content-type", b"").decode("latin-1"))
        answers = await self._run(model, self._reader.read({"inputs": lines})[0], len(body), receive)
        return _json(200, {"predictions": scoring.predictions_of(self._outputs, answers)})

    async def _infer(self, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        model = self._require_model()
        body = await self._read_body(headers, receive)
        request = open_inference.read_infer_request(body, headers.get(INFER_HEADER_LENGTH.encode()))
        outputs = open_inference.wanted_outputs(self._outputs, request)
        given = open_inference.columns_of(self._inputs, request.tensors)
        lines = self._tensor_reader.read_columns(given, all(tensor.is_finite for tensor in request.tensors))
        answers = await self._run(model, lines, len(body), receive)
        about = {"model_name": self._environment.endpoint, "model_version": self._version}
        json, binary = open_inference.infer_answer(about, request.id, outputs, answers)
        if not binary:
            return 200, json, JSON_TYPE, {}
        return 200, b"".join([json, *binary]), b"application/octet-stream", {INFER_HEADER_LENGTH: str(len(json))}

    async def _read_body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        # An empty one says nothing.
        coding = headers.get(b"content-encoding") or b"identity"
        if coding.lower() != b"identity":
            raise RequestError(
                415,
                "Bodies are taken as they are, not compressed: leave content-encoding out.",
                headers={"connection": "close"},
            )
        limit = self._environment.max_body_bytes
        too_large = RequestError(
            413, f"The body is larger than {limit} bytes.", headers={"connection": "close"}
        )
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > limit:
            raise too_large
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise caller_gone()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise too_large
            chunks.append(chunk)
            if not message.get("more_body"):
                break
        return b"".join(chunks)

    def _document(self, name: str, content_type: bytes) -> Answer:
        document = self._documents.get(name)
        if document is None:
            raise RequestError(404, "This runner was started without this document.")
        return 200, document, content_type, {}

    def _log_answer(
        self, path: str, code: int, seconds: float, request_bytes: bytes, body: bytes
    ) -> None:
        """What was refused or failed can be found by its request id; what was answered only where asked for."""
        if code < 400 and not self._logger.is_debug:
            return
        message = "failed" if code >= 500 else "refused" if code >= 400 else "answered"
        facts = {
            "message": message,
            "path": _told_path(path),
            "code": code,
            "durationMs": seconds * 1000,
            **({"requestBytes": int(request_bytes)} if request_bytes.isdigit() else {}),
            "answerBytes": len(body),
        }
        # The filter would look through the values of requests on the loop, at every call that is refused.
        self._logger.write_as_is("debug" if code < 400 else "info", facts)

    def _refusal(self, path: str, error: RequestError, request_id: str) -> Answer:
        if _is_protocol(path):
            return _json(error.status, {"error": error.message}, error.headers)
        if path in SCORING_PATHS:
            fields = {"fields": error.fields} if error.fields else {}
            code = scoring.error_code(error.status)
            return _json(error.status, {"error_code": code, "message": error.message, **fields}, error.headers)
        told: dict[str, Any] = {"name": _NAMES.get(error.status, "Error"), "message": error.message}
        if error.fields:
            told["fields"] = error.fields
        return _json(error.status, {"error": told, "requestId": request_id}, error.headers)

    def _told_failure(self, path: str, error: BaseException, request_id: str) -> Answer:
        try:
            return self._failure(path, error, request_id)
        except Exception:
            # What was raised may fail at every look at it.
            facts = {"message": "the model failed, and what it raised is untellable", "error": "ModelError"}
            self._logger.write_as_is("error", facts)
            message = f"The model failed on this request; its logs have request id {request_id}."
            return self._failed(path, message, request_id, {})

    def _failure(self, path: str, error: BaseException, request_id: str) -> Answer:
        self._logger.error(
            "the model failed",
            error=type(error).__name__,
            stack="".join(traceback.format_exception(error)),
        )
        # Names of fields are the model's, values are the caller's: only those are told.
        fields = {"fields": error.fields} if isinstance(error, ModelOutputError) else {}
        reason = f": {error}" if fields else ""
        message = f"The model failed on this request{reason}; its logs tell why under request id {request_id}."
        return self._failed(path, message, request_id, fields)

    def _failed(self, path: str, message: str, request_id: str, fields: dict[str, Any]) -> Answer:
        if _is_protocol(path):
            return _json(500, {"error": message})
        if path in SCORING_PATHS:
            return _json(500, {"error_code": scoring.error_code(500), "message": message, **fields})
        return _json(500, {"error": {"name": "ModelError", "message": message, **fields}, "requestId": request_id})
