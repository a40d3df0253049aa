"""Analysis of one recording, and its conversion to values for JSON and the report page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.analysis.comparison import VERDICTS, Compared, Comparison, compare
from singtrans.analysis.curves import weighted_quantiles
from singtrans.analysis.intonation import SungNote, Tuning, in_tuning, sung_notes, typical
from singtrans.analysis.tolerance import Tolerance
from singtrans.notes import Note, Transcription
from singtrans.pitch import note_name

TESSITURA = 0.8
"""Share of the sung time that is within the tessitura. The rest is divided equally between lower and higher notes."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Results of the analysis of one recording.

    Attributes:
        audio: name of the recording.
        duration: length of the recording in seconds.
        notes: sung notes in time order.
        tuning: the singer's tuning. It is measured against the written notes if the comparison is plausible,
            otherwise against the nearest semitones. None if there are no notes.
        tessitura: lowest and highest semitone of the tessitura, MIDI numbers; None if there are no notes.
        comparison: comparison with the written melody; None if no melody was given.
        has_curve: whether there was a pitch track. Without one, the notes have the pitches stated in their file.
    """

    audio: str
    duration: float
    notes: tuple[SungNote, ...]
    tuning: Tuning | None
    tessitura: tuple[int, int] | None
    comparison: Comparison | None
    has_curve: bool

    @property
    def sung_seconds(self) -> float:
        """Total length of the notes in seconds."""
        return sum(note.note.duration for note in self.notes)

    @property
    def held(self) -> list[SungNote]:
        """Notes that are held long enough for their steadiness to be measured."""
        return [note for note in self.notes if note.wander is not None]

    @property
    def wander(self) -> float | None:
        """Median wander of the held notes in cents; None if there are no held notes."""
        held = self.held
        return typical([note.wander for note in held if note.wander is not None], held)

    @property
    def slide(self) -> float | None:
        """Median absolute slide of the held notes in cents; None if there are no held notes."""
        held = self.held
        return typical([abs(note.slide) for note in held if note.slide is not None], held)

    @property
    def with_vibrato(self) -> list[SungNote]:
        """Notes with vibrato."""
        return [note for note in self.notes if note.vibrato]

    @property
    def vibrato_rate(self) -> float | None:
        """Median vibrato rate in Hz; None if no note has vibrato."""
        some = self.with_vibrato
        return typical([note.vibrato.rate for note in some if note.vibrato], some)

    @property
    def vibrato_extent(self) -> float | None:
        """Median vibrato extent in cents; None if no note has vibrato."""
        some = self.with_vibrato
        return typical([note.vibrato.extent for note in some if note.vibrato], some)


def analyse(
    transcription: Transcription, reference: Sequence[Note] | None = None, tolerance: Tolerance | None = None
) -> Analysis:
    """Analyse one recording.

    Args:
        transcription: notes of the recording, which must not overlap, and its pitch track.
        reference: notes of the written melody, which must be in time order and not overlap; None for no comparison.
        tolerance: largest deviations of a note that counts as right; None for the default.
    """
    notes, tuning = sung_notes(transcription.notes, transcription.pitch)
    comparison = None if reference is None else compare(notes, reference, tolerance)
    if comparison and comparison.tuning and comparison.is_plausible:
        tuning = comparison.tuning  # the written notes show which semitones the singer intended
        notes = in_tuning(notes, tuning)
    tessitura = None
    if notes:
        edge = (1 - TESSITURA) / 2
        weights = np.array([note.note.duration for note in notes])
        low, high = weighted_quantiles(np.array([note.number for note in notes]), weights, (edge, 1 - edge))
        tessitura = round(low), round(high)
    return Analysis(
        transcription.audio,
        transcription.duration,
        notes,
        tuning,
        tessitura,
        comparison,
        bool(len(transcription.pitch)),
    )


def plain(analysis: Analysis) -> dict[str, object]:
    """Convert an analysis to values for JSON; docs/analysis.md describes each value."""
    numbers = [note.number for note in analysis.notes]
    content: dict[str, object] = {
        "audio": analysis.audio,
        "duration": round(float(analysis.duration), 3),
        "sung_seconds": round(analysis.sung_seconds, 3),
        "pitch_track": analysis.has_curve,
        "range": _pitches(min(numbers), max(numbers)) if numbers else None,
        "tessitura": _pitches(*analysis.tessitura) if analysis.tessitura else None,
        "tuning": _tuning(analysis.tuning),
        "held": {
            "notes": len(analysis.held),
            "wander_cents": _rounded(analysis.wander),
            "slide_cents": _rounded(analysis.slide),
        },
        "vibrato": {
            "notes": len(analysis.with_vibrato),
            "rate_hz": _rounded(analysis.vibrato_rate, 2),
            "extent_cents": _rounded(analysis.vibrato_extent),
        },
        "notes": [_note(note) for note in analysis.notes],
    }
    if analysis.comparison:
        content["comparison"] = _comparison(analysis.comparison)
    return content


def _pitches(lowest: float, highest: float) -> dict[str, object]:
    return {
        "lowest": _rounded(lowest, 2),
        "highest": _rounded(highest, 2),
        "lowest_name": note_name(round(lowest)),
        "highest_name": note_name(round(highest)),
    }


def _tuning(tuning: Tuning | None) -> dict[str, float | None] | None:
    if tuning is None:
        return None
    line = tuning.line
    return {
        "mean_cents": _rounded(tuning.mean),
        "drift_cents": _rounded(tuning.drift),
        "first_cents": _rounded(line.first),
        "last_cents": _rounded(line.last),
        "scatter_cents": _rounded(line.scatter),
    }


def _note(note: SungNote) -> dict[str, object]:
    vibrato = note.vibrato
    return {
        "onset": _rounded(note.note.onset, 4),
        "offset": _rounded(note.note.offset, 4),
        "name": note_name(note.number),
        "number": note.number,
        "pitch": _rounded(note.pitch, 3),
        "cents": _rounded(note.cents),
        "own_cents": _rounded(note.own_cents),
        "wander_cents": _rounded(note.wander),
        "slide_cents": _rounded(note.slide),
        "vibrato": vibrato
        and {
            "rate_hz": _rounded(vibrato.rate, 2),
            "extent_cents": _rounded(vibrato.extent),
            "share": _rounded(vibrato.share, 2),
        },
    }


def _comparison(comparison: Comparison) -> dict[str, object]:
    return {
        "transposition": comparison.transposition,
        "tempo": _rounded(comparison.tempo, 3),
        "plausible": comparison.is_plausible,
        "timing": "clock" if comparison.clock else "tempo",
        "lateness_seconds": _rounded(comparison.lateness, 3),
        "tuning": _tuning(comparison.tuning),
        "tolerance": {"cents": comparison.tolerance.cents, "seconds": comparison.tolerance.seconds},
        "counts": {verdict: comparison.count(verdict) for verdict in VERDICTS},
        "notes": [_compared(note, comparison) for note in comparison.notes],
    }


def _compared(note: Compared, comparison: Comparison) -> dict[str, object]:
    written = None if note.written is None else comparison.reference[note.written]
    return {
        "verdicts": list(note.verdicts),
        "written": None if note.written is None else note.written + 1,
        "written_name": None if written is None else note_name(round(written.pitch)),
        "written_onset": None if written is None else _rounded(written.onset, 3),
        "sung": None if note.sung is None else note.sung + 1,
        "time": _rounded(note.time, 3),
        "cents": _rounded(note.cents),
        "seconds": _rounded(note.seconds, 3),
    }


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(float(value), digits) + 0.0
