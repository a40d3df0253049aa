"""``singtrans transcribe``."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans import interrupt
from singtrans.cli.options import (
    Format,
    Lyrics,
    Metre,
    PitchBend,
    Program,
    Quantize,
    Tempo,
    Velocity,
    VelocityOption,
    write_options,
)
from singtrans.console import report
from singtrans.errors import SingtransError, UsageError
from singtrans.notes import Transcription

if TYPE_CHECKING:
    from singtrans.formats import Options


class Device(StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def transcribe(  # noqa: PLR0913 (one parameter an option)
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT", help="Recordings, or folders of them; - for standard input.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Folder for the outputs, made if needed; for a single recording also a file such as tune.mid."
            " Default: beside each recording. - for standard output.",
        ),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option("-f", "--format", help="What to write; may be given several times. Default: mid."),
    ] = None,
    tempo: Tempo = None,
    metre: Metre = "4/4",
    quantize: Quantize = "",
    pitch_bend: PitchBend = False,
    program: Program = 54,
    velocity: VelocityOption = Velocity.fixed,
    lyrics: Lyrics = None,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="A shipped model's name (see: singtrans info) or a weight file.")
    ] = "default",
    device: Annotated[Device, typer.Option(help="Where the network runs; auto is cuda if there is one.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Keep outputs that exist, and make only what is missing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.")] = False,
) -> None:
    """Write the notes of recordings of singing.

    Any sound or video file is read; in a folder and its sub-folders, every recording. Existing outputs are refused
    unless you say --overwrite or --skip-existing. A recording that fails does not stop the others.

    \b
    Examples:
      singtrans transcribe song.wav
      singtrans transcribe song.wav -o tune.mid
      singtrans transcribe recordings/ -o notes/ -f mid -f csv
      singtrans transcribe song.wav --tempo auto --quantize 1/16 --pitch-bend
      singtrans transcribe song.wav -f ustar --lyrics words.txt
      singtrans transcribe song.wav -f pdf --tempo 96 --metre 3/4
      ffmpeg -i film.mkv -f wav - | singtrans transcribe - -f json > notes.json
    """
    from singtrans import batch
    from singtrans.streams import STREAM

    existing = batch.choose_existing(overwrite, skip_existing)
    transcriber = LazyTranscriber(model, device.value)
    options = write_options(tempo, metre, quantize, pitch_bend, program, velocity, lyrics)
    if STREAM in inputs or out == STREAM:
        if out not in (None, STREAM):
            raise UsageError("- reads standard input and writes to standard output: leave -o out, and use > for a file")
        _stream(inputs, [f.value for f in formats or [Format.csv]], transcriber, options)
        return
    plan = batch.plan(inputs, out, [f.value for f in formats or []], options)
    if lyrics and len(plan.jobs) > 1:
        raise UsageError(f"--lyrics {lyrics}: these are the words of one song; give one recording")
    if not report(plan, batch.run(plan.jobs, transcriber, existing), quiet):
        raise typer.Exit(1)


def _stream(inputs: list[Path], formats: list[str], transcriber: "LazyTranscriber", options: "Options") -> None:
    """One recording to standard output."""
    from singtrans.streams import transcribe_stream

    if len(inputs) != 1 or inputs[0].is_dir():
        raise UsageError("standard output can hold one recording: give one")
    if len(formats) != 1:
        raise UsageError("standard output can hold one format: give one -f")
    transcribe_stream(transcriber, inputs[0], formats[0], options)


class LazyTranscriber:
    """Loads the model at the first recording that needs it: a folder that is all done costs no torch."""

    def __init__(self, model: str, device: str) -> None:
        from singtrans.models import find_model

        self.model, self.device, self.transcriber = find_model(model), device, None

    def __call__(self, path: Path) -> Transcription:
        """Transcribe one recording."""
        if self.transcriber is None:
            self.transcriber = self._load()
        try:
            return self.transcriber(path)
        finally:
            interrupt.check()

    def _load(self):
        import torch

        # The network is so small that a second thread gains a fifth on an idle machine, and loses a factor of ten
        # on a busy one, where torch's threads spin while they wait for each other.
        torch.set_num_threads(1)
        from singtrans.transcriber import Transcriber

        try:
            return Transcriber(self.model, self.device)
        except SingtransError as error:  # without it nothing can be done: not the fault of one recording
            raise UsageError(str(error)) from error
