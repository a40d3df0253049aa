"""Program of a decoder process. It decodes one file after another until its standard input is closed."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from singtrans.audio import ffmpeg
from singtrans.audio.messages import Message, receive, send
from singtrans.audio.recording import Piece, Recording
from singtrans.errors import SingtransError


def main() -> None:
    """Answer the requests from standard input until the input is closed."""
    # Output of libraries must not be mixed with the messages.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with suppress(EOFError, OSError):  # the parent process has ended
        while True:
            request = receive(sys.stdin.buffer)
            fields = request.fields
            _answer(answers, Recording(Path(fields["path"]), fields["track"]), fields["beginning"])
    os._exit(0)


def _answer(pipe: BinaryIO, recording: Recording, beginning: bool) -> None:
    try:
        for item in ffmpeg.decode(recording):
            send(pipe, Message.of(item))
            if beginning and isinstance(item, Piece):
                return
    except SingtransError as error:
        send(pipe, Message("error", {"text": str(error)}))
    except BrokenPipeError:
        raise
    except Exception as error:
        send(pipe, Message("fault", {"text": " ".join(f"{type(error).__name__}: {error}".split())}))
