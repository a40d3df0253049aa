"""What a recording and its labels must be to be learnt from: what ``train`` refuses, ``dataset check`` names."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from singtrans import audio
from singtrans.errors import InputError
from singtrans.formats import load_pitch
from singtrans.notes import PitchTrack

PAST_THE_END = 0.25  # seconds that labels may go on after the recording: a frame or two of their own
_SILENT = 1e-4  # of full scale: nothing that is sung stays below it
_LONGEST_TRACK = 86_400.0  # seconds: a day

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Faults:
    """Lines on what could not be read."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def of(self, read: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        """What ``read`` makes of its arguments, or None."""
        try:
            return read(*args, **kwargs)
        except InputError as error:
            self.lines.append(str(error))
            return None


@dataclass(frozen=True)
class Suspicion:
    """One line.

    Attributes:
        file: the file that is to be looked at.
        kind: a word for programs.
        what: what is wrong, where, and what to do.
        times: seconds where it is, if it is somewhere.
    """

    file: Path
    kind: str
    what: str
    times: tuple[float, ...] = ()

    @property
    def line(self) -> str:
        """All of it for a reader; faults that readers find name the file themselves."""
        return self.what if self.what.startswith(str(self.file)) else f"{self.file}: {self.what}"


def unusable_sound(path: Path, *, silence: bool = False) -> list[Suspicion]:
    """Why a recording cannot be learnt from; nothing if it can.

    Args:
        path: of the recording, which is read to its end.
        silence: whether silence will do, as it will for an accompaniment.
    """
    try:
        sound = audio.survey(path)
    except InputError as error:
        return [Suspicion(path, "audio", str(error))]
    found = []
    if sound.not_finite:
        what = f"{sound.not_finite} samples are not numbers (NaN or infinite), the first at {sound.first:.2f} s"
        found.append(Suspicion(path, "nan", f"{what}: export the recording again", (round(sound.first, 3),)))
    if sound.peak < _SILENT and not silence:
        found.append(Suspicion(path, "silent", "the recording is silent: export it again, or leave it out"))
    return found


def load_sung_pitch(path: Path) -> PitchTrack:
    """Read a pitch label.

    Raises:
        InputError: if it cannot be read, or is longer than a recording can be.
    """
    track = load_pitch(path)
    if track.time[-1] > _LONGEST_TRACK:
        raise InputError(f"{path} goes on to {track.time[-1]:g} s; are its times in seconds?")
    return track


def last_voiced(track: PitchTrack) -> float:
    """Seconds from 0 to the last voiced frame, 0 if there is none: unvoiced frames may go on as long as they like."""
    voiced = track.time[np.isfinite(track.midi)]
    return float(voiced[-1]) if len(voiced) else 0.0
