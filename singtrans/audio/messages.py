"""Messages between a program and its decoder process.

A message consists of its kind, fields in JSON, and samples. Messages are not pickled: if a manipulated file took
control of the decoder process, unpickling its messages could run any code in the main process.
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import IO, Any

import numpy as np

from singtrans.audio.recording import Header, Piece, Summary

_LENGTHS = struct.Struct("<II")  # numbers of bytes of the JSON text and of the samples


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        kind: ``request`` for a message to the decoder process. The answers have the kinds ``header``, ``piece``,
            ``summary``, ``error`` (an error with a message for the user) and ``fault`` (any other exception).
        fields: values that JSON can represent.
        samples: float32 samples as bytes.
    """

    kind: str
    fields: dict[str, Any]
    samples: bytes = b""

    @classmethod
    def of(cls, content: Header | Piece | Summary) -> "Message":
        """Make a message from a header, piece or summary."""
        if isinstance(content, Piece):
            samples = np.ascontiguousarray(content.samples, np.float32)
            return cls("piece", {"rate": content.rate, "channels": samples.shape[1]}, samples.tobytes())
        return cls(type(content).__name__.lower(), asdict(content))

    def content(self) -> Header | Piece | Summary:
        """Return the header, piece or summary in the message."""
        fields = self.fields
        if self.kind == "piece":
            return Piece(fields["rate"], np.frombuffer(self.samples, np.float32).reshape(-1, fields["channels"]))
        if self.kind == "header":
            return _header(fields)
        return Summary(**fields | {"header": _header(fields["header"])})


def _header(fields: dict[str, Any]) -> Header:
    return Header(**fields | {"silent": tuple(fields["silent"])})


def send(pipe: IO[bytes], message: Message) -> None:
    """Send one message."""
    text = json.dumps([message.kind, message.fields]).encode()
    pipe.write(_LENGTHS.pack(len(text), len(message.samples)) + text + message.samples)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Message:
    """Receive one message.

    Raises:
        EOFError: if the pipe is closed before the end of the message.
    """
    text, samples = _LENGTHS.unpack(_read(pipe, _LENGTHS.size))
    kind, fields = json.loads(_read(pipe, text))
    return Message(kind, fields, _read(pipe, samples))


def _read(pipe: IO[bytes], length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content
