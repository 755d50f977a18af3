"""Requests and answers of `test/conformance`, as its README.md says them."""
from __future__ import annotations

import json
from typing import Any

from runner import CONFORMANCE, Answer

HEADER = "inference-header-content-length"


def read_conformance(file: str) -> Any:
    return json.loads((CONFORMANCE / file).read_text(encoding="utf-8"))


TENSORS = read_conformance("tensors.json")


def _changed(members: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With these members instead; null takes one away."""
    both = {**members, **changes}
    return {name: value for name, value in both.items() if value is not None or name not in members}


def _with_tensors(request: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    binary, inputs = b"", []
    for tensor in TENSORS["inputs"]:
        change = request["tensors"].get(tensor["name"], {})
        if change is None:
            continue
        if "binary" not in change:
            inputs.append(_changed(tensor, change))
            continue
        content = bytes.fromhex(change["binary"])
        binary += content
        members = {key: value for key, value in change.items() if key != "binary"}
        about = {key: value for key, value in tensor.items() if key != "data"}
        inputs.append({**about, "parameters": {"binary_data_size": len(content)}, **members})
    header = json.dumps({**request.get("body", {}), "inputs": inputs}).encode()
    with_header = binary or request.get("withHeader")
    return header + binary, {HEADER: str(len(header))} if with_header else {}


def _form(parts: list[dict[str, str]]) -> tuple[bytes, dict[str, str]]:
    body = b""
    for part in parts:
        file = '; filename="file"\r\nContent-Type: application/octet-stream' if "file" in part else ""
        head = f'--boundary\r\nContent-Disposition: form-data; name="{part["name"]}"{file}\r\n\r\n'
        content = part["text"].encode() if "text" in part else bytes.fromhex(part.get("file", part.get("bytes", "")))
        body += head.encode() + content + b"\r\n"
    return body + b"--boundary--\r\n", {"content-type": "multipart/form-data; boundary=boundary"}


def _content(request: dict[str, Any], example: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    if "tensors" in request:
        return _with_tensors(request)
    if "bytes" in request:
        return bytes.fromhex(request["bytes"]), {}
    if "multipart" in request:
        return _form(request["multipart"])
    if "line" in request:
        line = {**example, **request["line"]}
        inputs = {name: value for name, value in line.items() if name not in request.get("without", [])}
        return json.dumps({"inputs": inputs}).encode(), {}
    if "body" in request:
        return json.dumps(request["body"]).encode(), {}
    if "parts" in request:
        parts = (part if isinstance(part, str) else part["repeat"] * part["times"] for part in request["parts"])
        return "".join(parts).encode(), {}
    return (request["text"].encode() if "text" in request else None), {}


def sent_of(request: dict[str, Any], example: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """Body and headers as they are sent."""
    body, headers = _content(request, example)
    headers = {**headers, **request.get("headers", {})}
    if "secret" in request:
        headers["x-model-runner-secret"] = "" if request["secret"] == "none" else request["secret"]
    return body, headers


def wanted_of(response: dict[str, Any], manifest: dict[str, Any]) -> Any:
    """The body as JSON that the answer must be."""
    if "line" in response:
        answered = {f"{name}_out": value for name, value in manifest["example"].items()}
        return {
            "outputs": {**answered, **response["line"]},
            "model": {"name": manifest["model"]["name"], "version": 3, "variant": "main"},
            "requestId": "<string>",
        }
    if "outputs" in response:
        outputs = {tensor["name"]: tensor for tensor in TENSORS["outputs"]}
        names = response.get("only", list(outputs))
        return {
            "model_name": "echo",
            "model_version": "3",
            **({"id": response["id"]} if "id" in response else {}),
            "outputs": [_changed(outputs[name], response["outputs"].get(name, {})) for name in names],
        }
    return response.get("body", "<any>")


def split_answer(answer: Answer) -> tuple[str, str]:
    """JSON, and what lies behind it."""
    length = int(answer.headers.get(HEADER, len(answer.bytes)))
    return answer.bytes[:length].decode(), answer.bytes[length:].hex()
