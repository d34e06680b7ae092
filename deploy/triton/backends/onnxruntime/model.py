"""Triton Python-based backend ``onnxruntime``: serves ``model.onnx`` with an ONNX Runtime session.

It stands in for Triton's native ONNX Runtime backend where only the Python backend is at hand, and
reads the same ``config.pbtxt``. Tensors cross by DLPack, never by ``as_numpy``: the stub of
Triton 2.51 was built against numpy 1 and hands out empty arrays under numpy 2.
"""

import ctypes
import json
import os
from pathlib import Path

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

_set_destructor = ctypes.pythonapi.PyCapsule_SetDestructor
_set_destructor.argtypes = [ctypes.py_object, ctypes.c_void_p]
_set_destructor.restype = ctypes.c_int


class TritonPythonModel:
    """One model instance: one session, one intra-op thread unless configured otherwise."""

    def initialize(self, args):
        """Open the session on the device that Triton assigned to this instance.

        A GPU instance whose CUDA provider does not start is an error, not a silent CPU instance:
        Triton reports the instance's kind to clients, and that must be where the model runs.
        """
        config = json.loads(args["model_config"])
        folder = Path(args["model_repository"]) / args["model_version"]
        self._inputs = [entry["name"] for entry in config["input"]]
        self._outputs = [entry["name"] for entry in config["output"]]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(_parameter(config, "intra_op_thread_count", "1"))
        options.inter_op_num_threads = 1
        # A spinning pool burns whole cores between requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted = "CPUExecutionProvider"
        providers = [wanted]
        if args["model_instance_kind"] == "GPU":
            wanted = "CUDAExecutionProvider"
            providers = [(wanted, {"device_id": int(args["model_instance_device_id"])})]
        path = folder / config.get("default_model_filename", "model.onnx")
        if not path.is_file():
            path = folder / "model.onnx"
        self._session = onnxruntime.InferenceSession(os.fspath(path), options, providers=providers)
        if wanted not in self._session.get_providers():
            raise pb_utils.TritonModelException(
                f"{args['model_name']}: Triton assigned a GPU, but ONNX Runtime cannot use it; "
                "install onnxruntime-gpu with its CUDA libraries, or set CUDA_VISIBLE_DEVICES=-1"
            )
        device = "gpu" if wanted.startswith("CUDA") else "cpu"
        report = pb_utils.Logger.log_info if device == "gpu" else pb_utils.Logger.log_warn
        report(f"{args['model_name']} version {args['model_version']} runs on {device}")

    def execute(self, requests):
        """Answer the requests of one dynamic batch with a single session run."""
        columns = [[_to_numpy(request, name) for request in requests] for name in self._inputs]
        feeds = {
            name: parts[0] if len(parts) == 1 else np.concatenate(parts)
            for name, parts in zip(self._inputs, columns, strict=True)
        }
        answers = self._session.run(self._outputs, feeds)
        responses = []
        start = 0
        for part in columns[0]:
            stop = start + len(part)
            tensors = [
                pb_utils.Tensor.from_dlpack(name, _to_capsule(answer[start:stop]))
                for name, answer in zip(self._outputs, answers, strict=True)
            ]
            responses.append(pb_utils.InferenceResponse(tensors))
            start = stop
        return responses


def _to_numpy(request, name):
    return np.from_dlpack(pb_utils.get_input_tensor_by_name(request, name))


def _to_capsule(array):
    capsule = np.ascontiguousarray(array).__dlpack__()
    # The stub marks a consumed capsule "used_dlpack"; NumPy's destructor expects "used_dltensor"
    # and raises. The stub owns the memory from here, so the destructor has nothing left to do.
    _set_destructor(capsule, None)
    return capsule


def _parameter(config, name, default):
    return config.get("parameters", {}).get(name, {}).get("string_value", default)
