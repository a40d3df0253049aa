"""Files of pitch over time, without notes.

There are two layouts. In the first, there is one value per line. The values are 20 ms apart, with the first at 20 ms
(MIR-1K's ``.pv``; Hsu and Jang, 2010), or 32 ms apart, with the first at 16 ms (iKala; Chan et al., 2015). The spacing
that fits the length of the recording is used. In the second layout, there are columns with or without a header: time in
seconds, pitch, and optionally a confidence. Frames with a value of 0 or below, ``nan`` or an empty value are unvoiced.
In files of mir_eval and MIREX, a negative frequency is a guess of the pitch in an unvoiced frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from singtrans.formats.columns import USUALLY_MIDI, find_columns
from singtrans.formats.format import Format
from singtrans.formats.note_names import guess_unit
from singtrans.formats.options import PLAIN, Options
from singtrans.formats.text import Row, at_line, is_number, number, read_table, read_text, split_rows
from singtrans.notes import PitchTrack, Transcription
from singtrans.pitch import hz_to_midi, midi_to_hz

_GRIDS = ((0.02, 0.02), (0.032, 0.016))  # distance in seconds of values without times, and time of the first one
_FITTING = 0.05  # largest difference of the lengths of a grid and of the recording, relative to the recording
_VOICED = 0.5  # confidence from which a frame is voiced
_GAP = 1.5  # hops


@dataclass(frozen=True, slots=True)
class _Layout:
    """Indices of the columns (-1 if missing), unit of pitch (empty if not stated), and time units per second."""

    time: int
    pitch: int
    confidence: int
    unit: str
    highest_midi: float = 96.0
    second: float = 1.0


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a table with the time in seconds, the frequency in Hz (0 where unvoiced) and the confidence (0 to 1)."""
    track = transcription.pitch
    hz = np.nan_to_num(midi_to_hz(track.midi.astype(float)))
    lines = ["time,frequency,confidence"]
    for time, frequency, voicing in zip(track.time.tolist(), hz.tolist(), track.voicing.tolist(), strict=True):
        lines.append(f"{time:.6f},{frequency:.4f},{voicing:.4f}")
    file.write(("\n".join(lines) + "\n").encode())


def read(
    path: str | Path, unit: str | None = None, *, guesses: bool = False, seconds: Callable[[], float] | None = None
) -> PitchTrack:
    """Read a pitch track.

    If frames are missing, as unvoiced ones are in files of Tony, an unvoiced frame is inserted at each end of the gap.

    Args:
        path: path of the file.
        unit: unit of pitch, ``midi`` or ``hz``; None for the unit in the header or, if the header states none, for the
            unit that ``guess_unit`` infers.
        guesses: whether to keep guesses of the pitch in unvoiced frames, which are written as negative frequencies. The
            voicing of these frames is 0.
        seconds: function that returns the length of the recording, for values without times.

    Raises:
        InputError: if the file cannot be read or has no values, the unit is ambiguous, or a line is invalid. The
            message names the line.
    """
    path = Path(path)
    text = read_text(path)
    rows = split_rows(text)
    if not rows:
        raise at_line(path, 1, "is empty: a pitch file has one value per line, or time and pitch.")
    if all(is_number(cell) or cell.lower() == "nan" for cell in rows[0].cells[:2]):
        layout = _Layout(0 if len(rows[0].cells) > 1 else -1, min(1, len(rows[0].cells) - 1), _confidence_of(rows), "")
    else:
        table = read_table(path, text)
        rows, layout = table.rows, _named(path, table.names)
    signed = np.array([_pitch(path, row, layout) for row in rows])
    guessed = signed < 0
    pitch = np.where(guessed, -signed if guesses else np.nan, signed)
    if layout.time < 0:
        hop, first = _grid(len(rows), seconds)
        time = first + hop * np.arange(len(rows))
    else:
        time = np.array([_time(path, row, layout) for row in rows])
    wrong = np.flatnonzero(np.diff(time) <= 0)
    if len(wrong):
        raise at_line(path, rows[wrong[0] + 1].line, "is not later than the line before: sort the lines by time.")
    midi = _midi(
        path,
        rows,
        pitch,
        unit or layout.unit or guess_unit(np.abs(signed[np.isfinite(signed)]).tolist(), layout.highest_midi),
    )
    voicing = np.where(np.isnan(midi) | guessed, 0.0, 1.0)
    if layout.confidence >= 0:
        voicing = np.where(guessed, 0.0, [_confidence(path, row, layout) for row in rows])
        midi = np.where((voicing < _VOICED) & ~guessed, np.nan, midi)
    return _with_gaps(time, midi, voicing) if layout.time >= 0 else PitchTrack(time, midi, voicing)


def _named(path: Path, names: tuple[str, ...]) -> _Layout:
    columns = find_columns(names)
    if columns.onset < 0 or columns.pitch < 0 or max(columns.offset, columns.duration) >= 0:
        raise at_line(
            path, 1, "has no columns for pitch over time: it needs the columns time and hz (or midi), and no others."
        )
    unit = "midi" if columns.unit == "name" else columns.unit
    usually_midi = columns.pitch_name in USUALLY_MIDI
    highest = 127.0 if usually_midi else 96.0
    return _Layout(columns.onset, columns.pitch, columns.confidence, unit, highest, columns.second)


def _pitch(path: Path, row: Row, layout: _Layout) -> float:
    """Read the value of a row; NaN if unvoiced."""
    text = row.cells[layout.pitch] if layout.pitch < len(row.cells) else ""
    if layout.time >= 0 and text.lower() in ("", "nan"):
        return np.nan
    try:
        if text.lower() == "nan":
            return np.nan
        if layout.time < 0 and len(row.cells) > 1:
            raise ValueError("one value per line")
        value = number(text)
    except ValueError:
        raise at_line(path, row.line, "is not a pitch: give a MIDI number or Hz, 0 where unvoiced.") from None
    return value if value != 0 else np.nan


def _grid(count: int, seconds: Callable[[], float] | None) -> tuple[float, float]:
    """Return the spacing of values without times, and the time of the first value.

    They are chosen to fit the length of the recording, if it is known.
    """
    if seconds is None:
        return _GRIDS[0]
    length = seconds()
    fitting = [grid for grid in _GRIDS if abs(count * grid[0] - length) <= _FITTING * length]
    return min(fitting or _GRIDS[:1], key=lambda grid: abs(count * grid[0] - length))


def _confidence_of(rows: tuple[Row, ...]) -> int:
    """Return 2, the index of the third column, if all values in that column can be probabilities; otherwise, -1."""
    thirds = [row.cells[2] for row in rows if len(row.cells) == 3 and is_number(row.cells[2])]
    return 2 if len(thirds) == len(rows) and all(0 <= number(third) <= 1 for third in thirds) else -1


def _time(path: Path, row: Row, layout: _Layout) -> float:
    try:
        time = number(row.cells[layout.time]) / layout.second
        if not 0 <= time <= 1e6:
            raise ValueError("before the recording")
    except (ValueError, IndexError):
        raise at_line(path, row.line, "has no valid time: give the time in seconds, from 0 s, and the pitch.") from None
    return time


def _confidence(path: Path, row: Row, layout: _Layout) -> float:
    try:
        value = number(row.cells[layout.confidence])
        if not 0 <= value <= 1:
            raise ValueError("a probability")
    except (ValueError, IndexError):
        raise at_line(
            path, row.line, "has a confidence that is not a number from 0 to 1: correct or remove it."
        ) from None
    return value


def _midi(path: Path, rows: tuple[Row, ...], pitch: np.ndarray, unit: str | None) -> np.ndarray:
    """Convert the pitches to (frames,) MIDI numbers, NaN where unvoiced."""
    if unit is None:
        line = rows[int(np.nanargmax(pitch))].line
        raise at_line(path, line, f"has {np.nanmax(pitch):g}, which could be MIDI or Hz: add a first line time,hz.")
    with np.errstate(divide="ignore"):
        midi = hz_to_midi(pitch) if unit == "hz" else pitch
    wrong = np.flatnonzero((midi > 127.5) | (midi < 0))
    if len(wrong):
        raise at_line(path, rows[wrong[0]].line, f"has {pitch[wrong[0]]:g}, outside MIDI 0 to 127: correct that line.")
    return midi


def _with_gaps(time: np.ndarray, midi: np.ndarray, voicing: np.ndarray) -> PitchTrack:
    """Make a track with an unvoiced frame at each end of every gap."""
    if len(time) < 3:
        return PitchTrack(time, midi, voicing)
    steps = np.diff(time)
    hop = float(np.median(steps))
    before = np.flatnonzero(steps > _GAP * hop)
    wide = before[steps[before] > 2.5 * hop]  # gaps that have room for a second frame
    more = np.concatenate([time[before] + hop, time[wide + 1] - hop])
    order = np.argsort(np.concatenate([time, more]), kind="stable")
    return PitchTrack(
        np.concatenate([time, more])[order],
        np.concatenate([midi, np.full(len(more), np.nan)])[order],
        np.concatenate([voicing, np.zeros(len(more))])[order],
    )


FORMAT = Format(
    name="f0",
    description="pitch track without notes: time, frequency in Hz (0 where unvoiced), confidence",
    endings=(".f0.csv",),
    aliases=("pitch",),
    write=write,
    precision="1 µs, 0.0001 Hz",
)
