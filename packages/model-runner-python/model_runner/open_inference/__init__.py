"""The Open Inference Protocol v2 over a model that is described by its signature."""
from __future__ import annotations

from .infer_request import read_infer_request
from .signature_tensors import columns_of, infer_answer, tensors_of, wanted_outputs

__all__ = ["columns_of", "infer_answer", "read_infer_request", "tensors_of", "wanted_outputs"]
