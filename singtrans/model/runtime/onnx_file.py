"""Building of ONNX graphs node by node, and their conversion to ONNX's file format.

The format is based on protocol buffers (https://protobuf.dev/programming-guides/encoding). Only a small part of the
format is needed here, so this module is used instead of the packages onnx, protobuf and ml_dtypes (25 MB). Field
numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). onnxruntime checks every graph
that it loads.
"""

import struct
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

_IR_VERSION = 8
_OPSET = 17
_VARINT, _LENGTH, _FLOAT = 0, 2, 5  # wire types
_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7, np.dtype(np.float16): 10}

Attribute: TypeAlias = int | float | str | Sequence[int] | Sequence[str]


class Graph:
    """An ONNX graph.

    Values in the graph are identified by names, which the methods take and return.

    Args:
        name: name of the graph.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []
        self._names = 0

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare a float32 input. A dimension that is given as a name may have any size."""
        self._inputs.append(_bytes(11, _value_info(name, np.dtype(np.float32), shape)))
        return name

    def output(self, value: str, name: str, shape: Sequence[int | str], dtype: type = np.float32) -> None:
        """Declare a value as an output of the graph, and give the output a name."""
        self._add("Identity", (value,), (name,), {})
        self._outputs.append(_bytes(12, _value_info(name, np.dtype(dtype), shape)))

    def constant(self, array: np.ndarray | np.floating) -> str:
        """Add a constant array of float32 or int64."""
        name = self._name()
        values = np.asarray(array, dtype="<f4" if array.dtype.kind == "f" else "<i8")
        tensor = b"".join(_varint(1, size) for size in values.shape)
        tensor += _varint(2, _TYPES[values.dtype.newbyteorder("=")]) + _text(8, name) + _bytes(9, values.tobytes())
        self._constants.append(_bytes(5, tensor))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Add a node with one output. An empty string stands for an optional input that is omitted."""
        return self.nodes(operator, inputs, 1, **attributes)[0]

    def nodes(self, operator: str, inputs: Sequence[str], outputs: int, **attributes: Attribute) -> list[str]:
        """Add a node with several outputs."""
        names = [self._name() for _ in range(outputs)]
        self._add(operator, inputs, names, attributes)
        return names

    def slice(self, value: str, axis: int, start: int, stop: int | None) -> str:
        """Add ``value[start:stop]`` along an axis. A negative ``stop`` is counted from the end, and None is the end."""
        end = np.iinfo(np.int64).max if stop is None else stop
        indices = [self.constant(np.array([number], np.int64)) for number in (start, end, axis)]
        return self.node("Slice", value, *indices)

    def reshape(self, value: str, *shape: int) -> str:
        """Reshape a value as in numpy; a size of 0 keeps the size of the dimension."""
        return self.node("Reshape", value, self.constant(np.array(shape, np.int64)))

    def serialised(self) -> bytes:
        """Return the content of an ONNX file that contains the graph."""
        graph = b"".join([*self._nodes, _text(2, self.name), *self._constants, *self._inputs, *self._outputs])
        opset = _text(1, "") + _varint(2, _OPSET)
        return _varint(1, _IR_VERSION) + _text(2, "singtrans") + _bytes(7, graph) + _bytes(8, opset)

    def _name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def _add(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], attributes: dict[str, Attribute]
    ) -> None:
        fields = [_text(1, name) for name in inputs] + [_text(2, name) for name in outputs] + [_text(4, operator)]
        fields += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(_bytes(1, b"".join(fields)))


def _attribute(name: str, value: Attribute) -> bytes:
    """Encode an AttributeProto: its name, its value in the field for its type, and the number of the type."""
    if isinstance(value, int):
        content = _varint(3, value) + _varint(20, 2)
    elif isinstance(value, float):
        content = _key(2, _FLOAT) + struct.pack("<f", value) + _varint(20, 1)
    elif isinstance(value, str):
        content = _text(4, value) + _varint(20, 3)
    elif isinstance(value[0], str):
        content = b"".join(_text(9, str(item)) for item in value) + _varint(20, 8)
    else:
        content = b"".join(_varint(8, int(item)) for item in value) + _varint(20, 7)
    return _text(1, name) + content


def _value_info(name: str, dtype: np.dtype, shape: Sequence[int | str]) -> bytes:
    """Encode a ValueInfoProto: a name with a type and a shape."""
    sizes = [_text(2, size) if isinstance(size, str) else _varint(1, size) for size in shape]
    tensor_type = _varint(1, _TYPES[dtype]) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, name) + _bytes(2, _bytes(1, tensor_type))


def _key(field: int, wire_type: int) -> bytes:
    return _number(field << 3 | wire_type)


def _varint(field: int, value: int) -> bytes:
    return _key(field, _VARINT) + _number(value)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, _LENGTH) + _number(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())


def _number(value: int) -> bytes:
    """Encode a number with seven bits per byte, lowest bits first; the highest bit is set in all bytes but the last."""
    value &= 2**64 - 1  # negative numbers are in two's complement
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    content.append(value)
    return bytes(content)
