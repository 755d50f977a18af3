"""Makes the ONNX models of the tests here. Needs the packages skl2onnx, scikit-learn and onnx."""
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save
from skl2onnx import to_onnx
from skl2onnx.common.data_types import (
    DictionaryType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.datasets import load_iris
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

HERE = Path(__file__).parent
FLOWERS = FloatTensorType([None, 4])

iris = load_iris()
columns = iris.data.astype(np.float32)
species = iris.target_names[iris.target]


def keep(name: str, estimator, input_type) -> None:
    model = to_onnx(estimator, initial_types=[("X", input_type)], target_opset=17)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())


# What skl2onnx makes of a classifier where nobody says anything else.
keep("species", LogisticRegression(max_iter=1000).fit(columns, species), FLOWERS)
keep("numbered", LogisticRegression(max_iter=1000).fit(columns, iris.target * 10), FLOWERS)

# One tensor of probabilities an output, of three and of two classes.
both = np.column_stack([iris.target, (columns[:, 2] > 4).astype(int)])
keep("several", MultiOutputClassifier(LogisticRegression(max_iter=1000)).fit(columns, both), FLOWERS)

orders = [{"apples": 1, "pears": 2}, {"pears": 3}, {"apples": 4, "quinces": 1}]
prices = [5.0, 6.0, 11.0]  # 1, 2 and 7 each
keep(
    "orders",
    make_pipeline(DictVectorizer(sparse=False), LinearRegression(fit_intercept=False)).fit(orders, prices),
    DictionaryType(StringTensorType([1]), FloatTensorType([1])),
)


def graph(name: str, nodes: list, inputs: list, outputs: list, constants: list = ()) -> None:
    model = helper.make_model(
        helper.make_graph(nodes, name, inputs, outputs, list(constants)),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    save(model, HERE / f"{name}.onnx")


def sequence(name: str, shape: list):
    return helper.make_tensor_sequence_value_info(name, TensorProto.FLOAT, shape)


# The last of a sequence of measurements, and all of them backwards.
graph(
    "measured",
    [
        helper.make_node("SequenceAt", ["steps", "last"], ["newest"]),
        helper.make_node("SequenceAt", ["steps", "first"], ["oldest"]),
        helper.make_node("SequenceEmpty", [], ["none"]),
        helper.make_node("SequenceInsert", ["none", "newest"], ["one"]),
        helper.make_node("SequenceInsert", ["one", "oldest"], ["ends"]),
    ],
    [sequence("steps", ["N", 2])],
    [
        helper.make_tensor_value_info("newest", TensorProto.FLOAT, ["N", 2]),
        sequence("ends", ["N", 2]),
    ],
    [
        helper.make_tensor("last", TensorProto.INT64, [], [-1]),
        helper.make_tensor("first", TensorProto.INT64, [], [0]),
    ],
)

# What no runner can give back: a value that may be missing.
graph(
    "perhaps",
    [helper.make_node("Optional", ["x"], ["y"])],
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1])],
    [
        helper.make_value_info(
            "y",
            helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, ["N", 1])),
        )
    ],
)
