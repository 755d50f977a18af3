"""What an application does with KServe's client, which knows nothing of this platform."""
from __future__ import annotations

import asyncio
import json
import os

import httpx
import numpy
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from kserve.utils.numpy_codec import to_np_dtype

URL = os.environ["ENDPOINT_URL"]
NAME = os.environ["ENDPOINT_NAME"]
EXAMPLE = json.loads(os.environ["ENDPOINT_EXAMPLE"])
HEADERS = json.loads(os.environ["ENDPOINT_HEADERS"])
REFUSAL = os.environ["ENDPOINT_REFUSAL"]
ROWS = 3


def headers() -> dict[str, str]:
    """Anew for each call, for the client writes its own into them."""
    return dict(HEADERS)


def inputs(metadata: dict, binary: bool) -> list[InferInput]:
    """One tensor of all columns, or one tensor a column."""
    tensors = []
    for about in metadata["inputs"]:
        values = [EXAMPLE[about["name"]]] if about["name"] in EXAMPLE else list(EXAMPLE.values())
        array = numpy.array([values] * ROWS, dtype=to_np_dtype(about["datatype"]))
        tensor = InferInput(about["name"], list(array.shape), about["datatype"])
        tensor.set_data_from_numpy(array, binary_data=binary)
        tensors.append(tensor)
    return tensors


async def main() -> None:
    # It has no call for metadata.
    metadata = httpx.get(f"{URL}/v2/models/{NAME}", headers=headers(), timeout=60).raise_for_status().json()
    names = {about["name"] for about in metadata["outputs"]}

    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        assert await client.is_server_live(URL, headers=headers()) is True
        assert await client.is_server_ready(URL, headers=headers()) is True
        assert await client.is_model_ready(URL, NAME, headers=headers()) is True
        assert await client.is_model_ready(URL, "nobody", headers=headers()) is False

        async def infer(binary: bool, outputs: dict[str, bool] | None = None) -> dict[str, list[object]]:
            asked = [RequestedOutput(name, {"binary_data": wanted}) for name, wanted in (outputs or {}).items()]
            request = InferRequest(NAME, inputs(metadata, binary), request_id="mine", request_outputs=asked or None)
            told: dict[str, str] = {}
            answer = await client.infer(URL, request, model_name=NAME, headers=headers(), response_headers=told)
            assert (answer.id, answer.model_name) == ("mine", NAME)
            sent_binary = any((outputs or {}).values())
            assert ("inference-header-content-length" in told) is sent_binary, told
            return {
                output.name: [value.decode() if isinstance(value, bytes) else value for value in output.as_numpy().ravel()]
                for output in answer.outputs
            }

        answers = [
            await infer(binary_in, dict.fromkeys(names, binary_out))
            for binary_in in (True, False)
            for binary_out in (True, False)
        ]
        answers.append(await infer(False))
        for answer in answers:
            assert set(answer) == names
            assert answer == answers[0], (answer, answers[0])
        only = metadata["outputs"][0]["name"]
        assert set(await infer(True, {only: True})) == {only}
        for answer in await asyncio.gather(*(infer(True) for _ in range(64))):
            assert answer == answers[0]
        wrong = inputs(metadata, True)
        wrong[0].shape = [1, 1, 1]
        for request, model, sent, status, words in (
            (InferRequest(NAME, wrong), NAME, headers(), 400, "inputs[0] has"),
            (InferRequest("nobody", inputs(metadata, True)), "nobody", headers(), 404, "Model nobody not found."),
            (InferRequest(NAME, inputs(metadata, True)), NAME, {}, 401, REFUSAL),
        ):
            try:
                await client.infer(URL, request, model_name=model, headers=sent)
            except httpx.HTTPStatusError as error:
                assert error.response.status_code == status, error
                assert words in str(error), str(error)
            else:
                raise AssertionError(f"was answered: {words}")

    print("all of it works:", {name: values[:3] for name, values in answers[0].items()})


asyncio.run(main())
