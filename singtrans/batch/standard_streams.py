"""Read sound from standard input, and write notes to standard output."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from singtrans.audio import Selection
from singtrans.batch.jobs import Transcribe
from singtrans.batch.locations import STREAM, named_in_errors
from singtrans.errors import InputError
from singtrans.formats import Options
from singtrans.formats.conversion import write_stream
from singtrans.formats.registry import check_formats
from singtrans.notes import Transcription


@contextmanager
def recording_of(stream: BinaryIO) -> Iterator[Path]:
    """Copy a recording from a stream to a temporary file, because decoders must be able to seek in a recording.

    Args:
        stream: binary stream with the recording.

    Yields:
        The path of the temporary file. In the messages of errors, this path is replaced with "standard input".

    Raises:
        InputError: if the stream is empty or cannot be stored.
    """
    with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
        path = Path(folder) / "stdin"
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
            size = path.stat().st_size
        except OSError as error:
            raise InputError(f"standard input cannot be stored in {folder}: {error.strerror}") from error
        if not size:
            raise InputError("standard input is empty: send it a recording, for example: cat song.wav | …")
        with named_in_errors(path, "standard input"):
            yield path


def transcribe_stream(
    transcriber: Transcribe, source: Path, format: str, options: Options, selection: Selection | None = None
) -> Transcription:
    """Transcribe a recording, or standard input if ``source`` is ``-``, and write the notes to standard output.

    Args:
        transcriber: function that transcribes one recording.
        source: the recording, or ``-``.
        format: one of ``WRITERS``.
        options: options of the format.
        selection: track and channel of the recording to read.

    Raises:
        InputError: if the recording cannot be read.
        UsageError: if the format needs a package that is not installed.
    """
    check_formats((format,))
    selection = selection or Selection()
    if str(source) != STREAM:
        chosen = selection.of(source)
        found = transcriber(chosen)
        write_stream(found, format, replace(options, audio=chosen), sys.stdout.buffer)
        return found
    with recording_of(sys.stdin.buffer) as path:
        chosen = selection.of(path)
        found = replace(transcriber(chosen), audio="stdin")
        write_stream(found, format, replace(options, audio=chosen), sys.stdout.buffer)
    return found
