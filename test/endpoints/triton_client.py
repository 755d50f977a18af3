"""What an application does with Triton's client, which knows nothing of this platform."""
from __future__ import annotations

import json
import os

import numpy
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

NAME = os.environ["ENDPOINT_NAME"]
EXAMPLE = json.loads(os.environ["ENDPOINT_EXAMPLE"])
TOKEN = os.environ["ENDPOINT_TOKEN"]
ROWS = 3



def headers() -> dict[str, str]:
    """Anew for each call, for the client writes its own into them."""
    return {"Authorization": f"Bearer {TOKEN}"}


client = triton.InferenceServerClient(os.environ["ENDPOINT_ADDRESS"])
assert client.is_server_live(headers())
assert client.is_server_ready(headers())
assert client.is_model_ready(NAME, headers=headers())
assert "binary_tensor_data" in client.get_server_metadata(headers())["extensions"]
metadata = client.get_model_metadata(NAME, headers=headers())
(version,) = metadata["versions"]
assert client.is_model_ready(NAME, version, headers=headers())
assert client.get_model_metadata(NAME, version, headers=headers()) == metadata


def inputs(binary: bool) -> list[triton.InferInput]:
    """One tensor of all columns, or one tensor a column."""
    tensors = []
    for about in metadata["inputs"]:
        values = [EXAMPLE[about["name"]]] if about["name"] in EXAMPLE else list(EXAMPLE.values())
        array = numpy.array([values] * ROWS, dtype=triton_to_np_dtype(about["datatype"]))
        tensor = triton.InferInput(about["name"], list(array.shape), about["datatype"])
        tensor.set_data_from_numpy(array, binary_data=binary)
        tensors.append(tensor)
    return tensors


def outputs(binary: bool) -> list[triton.InferRequestedOutput]:
    return [triton.InferRequestedOutput(about["name"], binary_data=binary) for about in metadata["outputs"]]


def infer(*args: object, **options: object) -> dict[str, list[object]]:
    result = client.infer(NAME, *args, headers=headers(), **options)
    assert result.get_response()["model_name"] == NAME
    arrays = {about["name"]: result.as_numpy(about["name"]) for about in metadata["outputs"]}
    return {name: [text_of(value) for value in array.ravel()] for name, array in arrays.items() if array is not None}


def text_of(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


answers = [
    infer(inputs(binary_in), outputs=outputs(binary_out), request_id="mine", model_version=version)
    for binary_in in (True, False)
    for binary_out in (True, False)
]
# The client's own choice: binary data both ways, for all outputs.
answers.append(infer(inputs(True)))
for answer in answers:
    assert set(answer) == {about["name"] for about in metadata["outputs"]}
    for name, values in answer.items():
        assert len(values) % ROWS == 0 and len(values) > 0
        assert values == answers[0][name], (name, values, answers[0][name])

# The same from many greenlets at once.
many = triton.InferenceServerClient(os.environ["ENDPOINT_ADDRESS"], concurrency=8)
for pending in [many.async_infer(NAME, inputs(True), headers=headers()) for _ in range(64)]:
    assert pending.get_result().get_response()["outputs"]

only = metadata["outputs"][0]["name"]
assert set(infer(inputs(True), outputs=[triton.InferRequestedOutput(only)])) == {only}

wrong = inputs(True)
wrong[0].set_shape([1, 1, 1])
for call, words in (
    (lambda: client.infer(NAME, wrong, headers=headers()), "inputs[0] has"),
    (lambda: client.infer("nobody", inputs(True), headers=headers()), "Model nobody not found."),
    (lambda: client.infer(NAME, inputs(True), model_version="99", headers=headers()), "with version 99 not found"),
    (lambda: client.infer(NAME, inputs(True)), "needs a token"),
):
    try:
        call()
    except InferenceServerException as error:
        assert words in error.message(), error.message()
    else:
        raise AssertionError(f"was answered: {words}")

print("all of it works:", {name: values[:3] for name, values in answers[0].items()})
