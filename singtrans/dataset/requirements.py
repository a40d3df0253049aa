"""Requirements that recordings and labels must meet for training. ``dataset check`` also uses them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from singtrans import audio
from singtrans.errors import InputError
from singtrans.formats import load_pitch
from singtrans.notes import PitchTrack

PAST_THE_END = 0.25  # seconds; how far labels may extend after the end of the recording, a few frames
_SILENT = 1e-4  # peak amplitude below which a recording counts as silent
_LONGEST_TRACK = 86_400.0  # a day in seconds

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Faults:
    """List of messages about files that cannot be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def of(self, read: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        """Call ``read`` and return its result; if it fails, store the message and return None."""
        try:
            return read(*args, **kwargs)
        except InputError as error:
            self.lines.append(str(error))
            return None


@dataclass(frozen=True)
class Problem:
    """A problem with a recording or its labels.

    Attributes:
        file: file with the problem.
        kind: identifier of the kind of problem.
        what: description of the problem, with its position and the remedy.
        times: positions in seconds, if known.
    """

    file: Path
    kind: str
    what: str
    times: tuple[float, ...] = ()

    @property
    def line(self) -> str:
        """The problem as one line with the name of the file, which messages of readers already contain."""
        return self.what if self.what.startswith(str(self.file)) else f"{self.file}: {self.what}"


def unusable_sound(path: Path, *, silence: bool = False) -> list[Problem]:
    """List the reasons why a recording cannot be used.

    Args:
        path: recording, which is read completely.
        silence: whether silence is allowed, as for an accompaniment.
    """
    try:
        sound = audio.survey(path)
    except InputError as error:
        return [Problem(path, "audio", str(error))]
    found = []
    if sound.not_finite:
        what = f"{sound.not_finite} samples are not numbers (NaN or infinite), the first at {sound.first:.2f} s"
        found.append(Problem(path, "nan", f"{what}: export the recording again", (round(sound.first, 3),)))
    if sound.peak < _SILENT and not silence:
        found.append(Problem(path, "silent", "the recording is silent: export it again, or leave it out"))
    return found


def load_sung_pitch(path: Path, audio: Path | None = None) -> PitchTrack:
    """Read a labelled pitch track.

    Args:
        path: file with the pitch track.
        audio: recording, which is needed for labels without times.

    Raises:
        InputError: if the file cannot be read, or is longer than a day.
    """
    track = load_pitch(path, audio=audio)
    if track.time[-1] > _LONGEST_TRACK:
        raise InputError(f"{path} extends to {track.time[-1]:g} s; are its times in seconds?")
    return track


def last_voiced(track: PitchTrack) -> float:
    """Return the time of the last voiced frame in seconds; 0 if there is none."""
    voiced = track.time[np.isfinite(track.midi)]
    return float(voiced[-1]) if len(voiced) else 0.0
