"""Makes the ONNX models of the tests here. Needs the package onnx."""
from pathlib import Path

from onnx import TensorProto, helper, save

HERE = Path(__file__).parent
TENSORS = [
    ("amount", TensorProto.DOUBLE, 1),
    ("count", TensorProto.INT64, 1),
    ("kind", TensorProto.STRING, 1),
    ("flag", TensorProto.BOOL, 1),
    ("ratio", TensorProto.DOUBLE, 1),
    ("vector", TensorProto.DOUBLE, 3),
]


def write(name: str, nodes: list, inputs: list, outputs: list, constants: list = ()) -> None:
    graph = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    save(model, HERE / f"{name}.onnx")


def echo() -> None:
    """Every input comes back as the output of its name."""
    inputs, nodes, outputs = [], [], []
    for name, kind, width in TENSORS:
        inputs.append(helper.make_tensor_value_info(name, kind, ["N", width]))
        nodes.append(helper.make_node("Identity", [name], [f"{name}_out"]))
        outputs.append(helper.make_tensor_value_info(f"{name}_out", kind, ["N", width]))
    write("echo", nodes, inputs, outputs)


def lookup() -> None:
    """The number at a place of a list of three; fails beyond its end. Exported for one row at a time."""
    write(
        "lookup",
        [helper.make_node("Gather", ["numbers", "place"], ["number"])],
        [helper.make_tensor_value_info("place", TensorProto.INT32, [1, 1])],
        [helper.make_tensor_value_info("number", TensorProto.FLOAT, [1, 1])],
        [helper.make_tensor("numbers", TensorProto.FLOAT, [3], [10.0, 20.0, float("nan")])],
    )


if __name__ == "__main__":
    echo()
    lookup()
