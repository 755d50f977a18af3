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


#: Every datatype of the Open Inference Protocol, under its name.
DATATYPES = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}
TYPES = [
    ("day", TensorProto.STRING, [1]),
    ("moment", TensorProto.STRING, [1]),
    ("picture", TensorProto.UINT8, ["L"]),
    ("words", TensorProto.STRING, ["W"]),
    ("grid", TensorProto.FLOAT16, [2, "G"]),
    ("days", TensorProto.STRING, ["D"]),
    ("count", TensorProto.INT8, [1]),
    ("unit", TensorProto.STRING, [1]),
]


def write(name: str, nodes: list, inputs: list, outputs: list, constants: list = ()) -> None:
    graph = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    save(model, HERE / f"{name}.onnx")


def echo(model: str, tensors: list) -> None:
    """Every input comes back as the output of its name."""
    inputs, nodes, outputs = [], [], []
    for name, kind, shape in tensors:
        inputs.append(helper.make_tensor_value_info(name, kind, ["N", *shape]))
        nodes.append(helper.make_node("Identity", [name], [f"{name}_out"]))
        outputs.append(helper.make_tensor_value_info(f"{name}_out", kind, ["N", *shape]))
    write(model, nodes, inputs, outputs)


def lookup(name: str, rows: object) -> None:
    """The number at a place of a list of three; fails beyond its end. `rows`: how many it was exported for."""
    write(
        name,
        [helper.make_node("Gather", ["numbers", "place"], ["number"])],
        [helper.make_tensor_value_info("place", TensorProto.INT32, [rows, 1])],
        [helper.make_tensor_value_info("number", TensorProto.FLOAT, [rows, 1])],
        [helper.make_tensor("numbers", TensorProto.FLOAT, [3], [10.0, 20.0, float("nan")])],
    )


def total() -> None:
    """The sum of all rows, however many: one answer for all of them."""
    write(
        "total",
        [helper.make_node("ReduceSum", ["part", "axes"], ["sum"], keepdims=1)],
        [helper.make_tensor_value_info("part", TensorProto.DOUBLE, ["N", 1])],
        [helper.make_tensor_value_info("sum", TensorProto.DOUBLE, ["M", 1])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [0])],
    )


if __name__ == "__main__":
    echo("echo", [(name, kind, [width]) for name, kind, width in TENSORS])
    echo("types", TYPES)
    echo("datatypes", [(name, kind, ["M"]) for name, kind in DATATYPES.items()])
    lookup("lookup", 1)
    lookup("lookups", "N")
    total()
