"""Formatting of analyses as text for a terminal of 80 columns: one recording in detail, or a table of recordings."""

import textwrap
from collections.abc import Sequence

from singtrans.analysis.comparison import VERDICTS, Compared, Comparison
from singtrans.analysis.intonation import SungNote, Tuning
from singtrans.analysis.summary import TESSITURA, Analysis
from singtrans.messages import counted, length
from singtrans.pitch import midi_to_hz, note_name

_INTERVALS = {12: "an octave", 24: "two octaves", 36: "three octaves"}
_WIDTH, _LABEL, _NAME = 80, 14, 22  # columns
_TOGETHER = "\xa0"  # a space at which no line ends
_DOUBT = "less than half of the notes have the written pitch"


def overview(analysis: Analysis) -> list[str]:
    """Describe a recording in a few lines."""
    if not analysis.notes or analysis.tuning is None or analysis.tessitura is None:
        return [f"{analysis.audio}: no singing found in {length(analysis.duration)}"]
    head = f"{counted(len(analysis.notes), 'note')}, {length(analysis.sung_seconds)} of singing"
    lines = [f"{analysis.audio}: {head} in {length(analysis.duration)}"]
    numbers = [note.number for note in analysis.notes]
    low, high = map(note_name, analysis.tessitura)
    share = f"{100 * TESSITURA:.0f} % of the singing"
    lines += _item("Range", f"{note_name(min(numbers))} to {note_name(max(numbers))} (in the singer's own tuning)")
    lines += _item("Tessitura", f"{low} to {high} ({share})")
    lines += _item("Tuning", *describe_tuning(analysis.tuning))
    if not analysis.has_curve:
        return [*lines, *_item("Held notes", "not known: these notes came without a pitch track")]
    return lines + _item("Held notes", *_held(analysis)) + _item("Vibrato", _vibrato(analysis))


def _item(label: str, *texts: str) -> list[str]:
    """Format texts below each other, with a label before the first one. Long texts are divided into several lines."""
    width = _WIDTH - _LABEL - 2
    lines = [line for text in texts for line in textwrap.wrap(text, width, break_on_hyphens=False)]
    labelled = zip([label, *[""] * len(lines)], lines, strict=False)
    return [f"  {name:<{_LABEL}}{line.replace(_TOGETHER, ' ')}" for name, line in labelled]


def describe_tuning(tuning: Tuning) -> list[str]:
    """Describe the mean, the drift and the scatter of a tuning."""
    line = tuning.line
    lines = [f"{_above(tuning.mean)}: A4 = {midi_to_hz(69 + tuning.mean / 100):.1f} Hz"]
    ends = f"from {_signed(line.first)} at the start to {_signed(line.last)} at the end"
    lines.append(f"drift {_signed(line.change)} cents, {ends}")
    return [*lines, f"notes scatter by {line.scatter:.0f} cents around it"]


def _above(cents: float) -> str:
    rounded = round(cents)
    return f"{abs(rounded)} cents {'sharp' if rounded > 0 else 'flat'}" if rounded else "0 cents off"


def _signed(value: float) -> str:
    return f"{round(value):+d}"


def _held(analysis: Analysis) -> list[str]:
    if analysis.wander is None or analysis.slide is None:
        return ["none is long enough"]
    return [
        f"{len(analysis.held)}; the pitch wanders by {analysis.wander:.0f} cents,"
        f" and slides by {analysis.slide:.0f} cents"
    ]


def _vibrato(analysis: Analysis) -> str:
    if analysis.vibrato_rate is None or analysis.vibrato_extent is None:
        return "none found"
    some = f"{len(analysis.with_vibrato)} of {counted(len(analysis.held), 'held note')}"
    return f"in {some}: {analysis.vibrato_rate:.1f} Hz, {analysis.vibrato_extent:.0f} cents up and down"


def describe_comparison(comparison: Comparison) -> list[str]:
    """Describe the key and the timing of the singing relative to the written melody, and count the verdicts."""
    tolerance = comparison.tolerance
    lines = [f"{counted(len(comparison.reference), 'written note')}, sung {_transposed(comparison.transposition)}"]
    if comparison.lateness is not None:
        against = "the written times" if comparison.clock else f"the singer's tempo, {comparison.tempo:.2f} of written"
        lines.append(f"onsets against {against}: median {_signed(1000 * comparison.lateness)} ms")
    counts = [f"{verdict}{_TOGETHER}{comparison.count(verdict)}" for verdict in VERDICTS]
    lines += [", ".join(counts), f"(right: within {tolerance.cents:g} cents and {1000 * tolerance.seconds:g} ms)"]
    if not comparison.is_plausible:
        lines += [f"{_DOUBT};", "is this the right melody?"]
    return _item("Comparison", *lines)


def _transposed(semitones: int) -> str:
    if not semitones:
        return "in the written key"
    size = _INTERVALS.get(abs(semitones), counted(abs(semitones), "semitone"))
    return f"{size} {'higher' if semitones > 0 else 'lower'}"


def note_table(analysis: Analysis) -> list[str]:
    """Format a table with one row per note.

    Notes are compared with the written melody if there is one, otherwise with the nearest semitones.
    """
    if analysis.comparison:
        head = "    time  written    sung   cents      ms  verdict"
        return [head, *(_compared(note, analysis) for note in analysis.comparison.notes)]
    head = "    time  length  note  cents  own tuning  wander  slide  vibrato"
    return [head, *(_note(note) for note in analysis.notes)]


def _note(note: SungNote) -> str:
    name, vibrato = note_name(note.number), note.vibrato
    cells = f"{note.note.onset:8.2f}  {note.note.duration:6.2f}  {name:<4}"
    cells += f"  {_signed(note.cents):>5}  {_signed(note.own_cents):>10}"
    if note.wander is not None and note.slide is not None:
        cells += f"  {note.wander:6.0f}  {_signed(note.slide):>5}"
    return cells + (f"  {vibrato.rate:.1f} Hz, {vibrato.extent:.0f} cents" if vibrato else "")


def _compared(note: Compared, analysis: Analysis) -> str:
    assert analysis.comparison is not None  # its notes are listed
    written = "" if note.written is None else note_name(round(analysis.comparison.reference[note.written].pitch))
    sung = "" if note.sung is None else note_name(analysis.notes[note.sung].number)
    number = "" if note.written is None else str(note.written + 1)
    cents = "" if note.cents is None else _signed(note.cents)
    late = "" if note.seconds is None else _signed(1000 * note.seconds)
    return f"{note.time:8.2f}  {number:>4} {written:<4}{sung:>6}  {cents:>6}  {late:>6}  {', '.join(note.verdicts)}"


def many_table(analyses: Sequence[Analysis]) -> list[str]:
    """Format a table with one row per recording."""
    compared = any(analysis.comparison for analysis in analyses)
    head = f"{'recording':<{_NAME}} {'range':<9} {'tuning':>6} {'drift':>6} {'wander':>6} {'vibrato':>12}"
    doubtful = any(
        analysis.notes and analysis.comparison and not analysis.comparison.is_plausible for analysis in analyses
    )
    return [
        head + ("  right" if compared else ""),
        *(_row(analysis) for analysis in analyses),
        *([f"?: {_DOUBT}; is it the right melody?"] if doubtful else []),
    ]


def _row(analysis: Analysis) -> str:
    name = analysis.audio if len(analysis.audio) <= _NAME else f"{analysis.audio[: _NAME - 1]}…"
    if not analysis.notes or analysis.tuning is None:
        return f"{name:<{_NAME}} no singing found"
    numbers = [note.number for note in analysis.notes]
    notes = f"{note_name(min(numbers))}-{note_name(max(numbers))}"
    line = analysis.tuning.line
    wander = "" if analysis.wander is None else f"{analysis.wander:.0f}"
    vibrato = ""
    if analysis.vibrato_rate is not None and analysis.vibrato_extent is not None:
        vibrato = f"{analysis.vibrato_rate:.1f} Hz {analysis.vibrato_extent:3.0f} c"
    row = f"{name:<{_NAME}} {notes:<9} {_signed(line.mean):>6} {_signed(line.change):>6} {wander:>6} {vibrato:>12}"
    comparison = analysis.comparison
    if not comparison:
        return row
    mark = "" if comparison.is_plausible else " ?"
    return f"{row}  {comparison.count('right')}/{len(comparison.reference)}{mark}"
