"""Decoding in a separate process, so that a crash in FFmpeg's libraries affects at most one recording.

A decoder process is started when it is first needed, and is used again for later recordings. If a decoder sends nothing
for two minutes, its process is killed. In this case, and after a crash, the sound that was decoded before is kept.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from singtrans.audio import ffmpeg
from singtrans.audio.messages import Message, receive, send
from singtrans.audio.recording import Decoding, Header, Piece, Recording, Summary
from singtrans.errors import InputError

_PATIENCE_SECONDS = 120.0  # time without a message after which a decoder is considered to hang
_WATCH_SECONDS = 1.0
_COMMAND = "from singtrans.audio.decoder_worker import main; main()"

_idle: list["_DecoderProcess"] = []


def decode(recording: Recording, beginning: bool = False) -> Decoding:
    """Decode one sound track with `ffmpeg.decode` in a decoder process.

    Args:
        recording: recording, optionally with a choice of track.
        beginning: whether to stop after the first piece and yield no summary.

    Raises:
        InputError: if nothing can be decoded, the decoder crashes before the first piece, or there is no such track.
    """
    # If Python is embedded or frozen, there is no interpreter for a second process.
    if not sys.executable or getattr(sys, "frozen", False):
        yield from ffmpeg.decode(recording)
        return
    process = _borrow()
    try:
        yield from process.decode(recording, beginning)
    finally:
        if process.busy:
            process.end()
        else:
            _idle.append(process)


def _borrow() -> "_DecoderProcess":
    """Return an idle decoder process, or start a new one."""
    while _idle:
        process = _idle.pop()
        if process.owner == os.getpid() and process.alive:  # a forked copy of this process must not use it
            return process
    return _DecoderProcess()


@atexit.register
def _end_idle() -> None:
    while _idle:
        process = _idle.pop()
        if process.owner == os.getpid():
            process.end()


class _DecoderProcess:
    """A running decoder process."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.busy = False
        self.ended = False
        self._waiting_since: float | None = None
        # The child must find the same packages, and must not take modules from the working folder.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C must only affect this process, which then ends the decoder process
            )
        except OSError as error:
            raise InputError(
                f"no decoder process can be started ({error.strerror}): check whether there is enough memory."
            ) from None
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process can receive a request."""
        return not self.ended and self._process.poll() is None

    def end(self) -> None:
        """End the process."""
        self.ended = True
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):  # its buffered content is no longer needed
                    pipe.close()
        self._process.wait()

    def decode(self, recording: Recording, beginning: bool) -> Decoding:
        """Decode a recording; the process is `busy` until its last message has been received."""
        self.busy = True
        path = str(recording.path.absolute())
        header, seconds = Header(), 0.0
        try:
            self._send(Message("request", {"path": path, "track": recording.track, "beginning": beginning}))
            while True:
                message = self._receive()
                if message.kind in ("error", "fault"):
                    self.busy = False
                    raise _error(message, recording.path, path)
                item = message.content()
                if isinstance(item, Header):
                    header = item
                elif isinstance(item, Piece):
                    seconds += len(item.samples) / item.rate
                self.busy = isinstance(item, Header) or (isinstance(item, Piece) and not beginning)
                yield item
                if not self.busy:
                    return
        except (EOFError, BrokenPipeError, ValueError):  # ValueError means an invalid message
            yield self._crashed(recording.path, header, seconds)

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        send(self._process.stdin, message)

    def _receive(self) -> Message:
        assert self._process.stdout is not None
        self._waiting_since = time.monotonic()
        try:
            return receive(self._process.stdout)
        finally:
            self._waiting_since = None

    def _watch(self) -> None:
        """End the process if it sends nothing for too long."""
        while self._process.poll() is None:
            time.sleep(_WATCH_SECONDS)
            since = self._waiting_since
            if since is not None and time.monotonic() - since > _PATIENCE_SECONDS:
                self._process.kill()

    def _crashed(self, path: Path, header: Header, seconds: float) -> Summary:
        """Return the summary of the sound that was decoded before the process died.

        Raises:
            InputError: if no sound was decoded.
        """
        self.busy = True
        self.end()
        if seconds:
            return Summary(header, seconds, crashed=True)
        code = self._process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise InputError(f"{path} cannot be decoded (the decoder crashed: {how}): convert it to WAV or FLAC.")


def _error(message: Message, path: Path, absolute: str) -> InputError:
    """Convert a message to an error that contains the path in the form in which the user gave it."""
    text = str(message.fields["text"])
    if message.kind == "error":
        return InputError(text.replace(absolute, str(path)))
    return InputError(f"{path} cannot be decoded ({text}): convert it to WAV or FLAC.")
