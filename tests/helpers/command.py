"""Functions that run the command in a separate process or in this one, and that make files for it."""

import io
import logging
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, chdir
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import soundfile
import typer

SAMPLES = Path(__file__).parents[2] / "sample_audio"
GOOD = SAMPLES / "twinkle_phone.mp3"
NOTES = SAMPLES / "ode_to_joy.notes.csv"
_get_command = typer.main.get_command
COMMAND = [sys.executable, "-m", "singtrans"]
posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and terminals of POSIX")


def run(*args: object, cwd: Path | None = None, **options) -> subprocess.CompletedProcess:
    result = subprocess.run(
        [*COMMAND, *map(str, args)], cwd=cwd, capture_output=True, timeout=300, check=False, **options
    )
    result.stdout, result.stderr = (
        stream.decode("utf-8", "replace").replace("\r\n", "\n") for stream in (result.stdout, result.stderr)
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result


@cache
def _parser(app: typer.Typer) -> object:
    """Make the parser of the command, which takes as long as many commands."""
    return _get_command(app)


def call(*args: object, cwd: Path | None = None, input: bytes = b"") -> subprocess.CompletedProcess:
    """Run the command in this process. This is a hundred times faster than `run`, but there is no terminal."""
    from singtrans.cli import main

    streams = {
        name: io.TextIOWrapper(io.BytesIO(), "utf-8", errors, write_through=True)
        for name, errors in (("stdout", "strict"), ("stderr", "backslashreplace"))
    }
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = [signal.getsignal(number) for number in numbers]
    logger, code = logging.getLogger("singtrans"), 0
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ))
        stack.callback(logger.setLevel, logger.level)  # the loggers of the modules remember whether they are enabled
        stack.enter_context(mock.patch.multiple(logger, handlers=[*logger.handlers], propagate=True))
        stack.enter_context(chdir(cwd or Path.cwd()))
        stack.enter_context(mock.patch.object(sys, "argv", ["singtrans", *map(str, args)]))
        stack.enter_context(mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(input))))
        stack.enter_context(mock.patch.object(sys, "unraisablehook", sys.unraisablehook))
        for name, stream in streams.items():
            stack.enter_context(mock.patch.object(sys, name, stream))
        stack.enter_context(mock.patch.object(typer.main, "get_command", _parser))
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        finally:
            for number, handler in zip(numbers, handlers, strict=True):
                signal.signal(number, handler)
    out, err = (stream.buffer.getvalue().decode("utf-8", "replace") for stream in streams.values())
    return subprocess.CompletedProcess(args, code, out, err)


def remarks(printed: str) -> list[str]:
    """Return the remarks on recordings that a command printed, each of which may be divided into several lines."""
    return re.findall(r"^  (\S.*)", printed.replace("\n    ", " "), re.MULTILINE)


def sound(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples.astype(np.float32), 16_000)
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def troubles(folder: Path) -> dict[str, str]:
    """Make unreadable files, and return a map from their names to parts of the expected messages."""
    (folder / "bytes0.wav").write_bytes(b"")
    sound(folder / "header.wav", np.zeros(0))
    (folder / "text.wav").write_text("la la la\n" * 50)
    (folder / "stump.mp3").write_bytes(GOOD.read_bytes()[:60])
    (folder / "random.flac").write_bytes(np.random.default_rng(0).bytes(5000))
    return {
        "bytes0.wav": "empty (0 bytes): copy or record it again",
        "header.wav": "export it again",
        "text.wav": "convert it to WAV or FLAC",
        "stump.mp3": "",
        "random.flac": "",
    }


def unsung(folder: Path) -> list[str]:
    """Make recordings without singing."""
    sound(folder / "silence.wav", np.zeros(32_000))
    sound(folder / "noise.wav", 0.1 * np.random.default_rng(0).standard_normal(48_000))
    sound(folder / "short.wav", 0.1 * np.sin(np.arange(160) * 0.2))
    return ["noise.wav", "short.wav", "silence.wav"]


def write_flat_notes(path: Path) -> None:
    """Write the notes of ``NOTES`` to a file, half a semitone flat."""
    from singtrans.formats import load_notes

    notes = load_notes(NOTES)
    rows = [f"{n.onset},{n.offset},{n.note - 0.49 - 0.02 * (i % 3)}" for i, n in enumerate(notes)]
    path.write_text("\n".join(["onset,offset,pitch", *rows]))
