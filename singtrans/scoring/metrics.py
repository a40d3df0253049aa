"""Metrics that compare notes and pitch tracks with a reference, computed by mir_eval.

Notes are scored by ``mir_eval.transcription`` (Raffel et al., "mir_eval", ISMIR 2014). The figures have the names of
Molina et al., "Evaluation framework for automatic singing transcription", ISMIR 2014: COn counts notes with a correct
onset, COff notes with a correct offset, COnP notes with correct onset and pitch, and COnPOff notes with correct onset,
pitch and offset. The pitch track is scored by ``mir_eval.melody``. Other modules represent pitch as MIDI numbers; this
module converts them to Hz.

If the reference, the estimate or both have no notes, every score is 0. mir_eval gives the same scores, but also warns.

The names of all figures are defined here: `figures` and `f_measures` convert scores to maps from names to numbers.
"""

import dataclasses
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note, PitchTrack
from singtrans.pitch import hz_to_midi, midi_to_hz

NOTE_FIGURES: dict[str, str] = {"con": "COn", "coff": "COff", "conp": "COnP", "conpoff": "COnPOff"}
"""Map from fields of `NoteScores` to names of figures."""

PITCH_FIGURES: dict[str, str] = {
    "raw_pitch_accuracy": "RPA",
    "raw_chroma_accuracy": "RCA",
    "voicing_recall": "VR",
    "voicing_false_alarm": "VFA",
    "overall_accuracy": "OA",
}
"""Map from fields of `PitchScores` to names of figures."""


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Largest differences from the reference at which an estimated note counts as correct.

    Attributes:
        onset: largest difference of onsets in seconds.
        pitch_cents: largest difference of pitches in cents.
        offset: largest difference of offsets in seconds, unless ``offset_ratio`` allows more.
        offset_ratio: largest difference of offsets as a share of the reference note's duration.
    """

    onset: float = 0.05
    pitch_cents: float = 50.0
    offset: float = 0.05
    offset_ratio: float = 0.2


STANDARD = Tolerances()
"""The default tolerances of mir_eval, which are usual in research."""


@dataclass(frozen=True, slots=True)
class PRF:
    """Precision, recall and F-measure, each from 0 to 1."""

    precision: float
    recall: float
    f_measure: float


@dataclass(frozen=True, slots=True)
class NoteScores:
    """Agreement of notes with a reference.

    Attributes:
        con: COn, correct onset.
        coff: COff, correct offset.
        conp: COnP, correct onset and pitch.
        conpoff: COnPOff, correct onset, pitch and offset.
    """

    con: PRF
    coff: PRF
    conp: PRF
    conpoff: PRF


@dataclass(frozen=True, slots=True)
class TimeScores:
    """Agreement of the times of notes with a reference whose notes have no pitch.

    Attributes:
        con: COn, correct onset.
        coff: COff, correct offset.
    """

    con: PRF
    coff: PRF


@dataclass(frozen=True, slots=True)
class PitchScores:
    """Agreement of a pitch track with a reference.

    All values are from 0 to 1. Higher values are better, except for the voicing false alarm rate.
    """

    raw_pitch_accuracy: float
    raw_chroma_accuracy: float
    voicing_recall: float
    voicing_false_alarm: float
    overall_accuracy: float


def score_notes(reference: Sequence[Note], estimate: Sequence[Note], tolerances: Tolerances = STANDARD) -> NoteScores:
    """Score notes against reference notes.

    Args:
        reference: the labelled notes.
        estimate: the transcribed notes.
        tolerances: largest differences; by default those of mir_eval.

    Returns:
        The scores from mir_eval; all are 0 if either sequence is empty.
    """
    if not reference or not estimate:
        nothing = PRF(0.0, 0.0, 0.0)
        return NoteScores(nothing, nothing, nothing, nothing)
    from mir_eval import transcription

    true_spans, true_hz = note_arrays(reference)
    spans, hz = note_arrays(estimate)
    notes = (true_spans, true_hz, spans, hz)
    pitch = {"onset_tolerance": tolerances.onset, "pitch_tolerance": tolerances.pitch_cents}
    times = score_times(true_spans, spans, tolerances)
    return NoteScores(
        con=times.con,
        coff=times.coff,
        conp=PRF(*transcription.precision_recall_f1_overlap(*notes, **pitch, offset_ratio=None)[:3]),
        conpoff=PRF(*transcription.precision_recall_f1_overlap(*notes, **pitch, **_offset(tolerances))[:3]),
    )


def score_times(reference: np.ndarray, estimate: np.ndarray, tolerances: Tolerances = STANDARD) -> TimeScores:
    """Score onsets and offsets without pitch.

    Args:
        reference: (notes, 2) onsets and offsets of the labelled notes in seconds.
        estimate: (notes, 2) onsets and offsets of the transcribed notes in seconds.
        tolerances: largest differences; by default those of mir_eval.

    Returns:
        The scores from mir_eval; all are 0 if either array is empty.
    """
    if not len(reference) or not len(estimate):
        return TimeScores(PRF(0.0, 0.0, 0.0), PRF(0.0, 0.0, 0.0))
    from mir_eval import transcription

    onset = transcription.onset_precision_recall_f1(reference, estimate, onset_tolerance=tolerances.onset)
    offset = transcription.offset_precision_recall_f1(reference, estimate, **_offset(tolerances))
    return TimeScores(PRF(*onset), PRF(*offset))


def figures(scores: NoteScores | TimeScores | PitchScores) -> dict[str, float]:
    """Return a map from names (``COn.precision``, ``COn.recall`` …, or ``RPA`` …) to numbers."""
    named: dict[str, float] = {}
    for field in dataclasses.fields(scores):
        value = getattr(scores, field.name)
        if isinstance(value, PRF):
            name = NOTE_FIGURES[field.name]
            named |= {f"{name}.{kind}": number for kind, number in dataclasses.asdict(value).items()}
        else:
            named[PITCH_FIGURES[field.name]] = value
    return named


def f_measures(scores: NoteScores | TimeScores) -> dict[str, float]:
    """Return a map from names (``COn``, ``COff`` …) to F-measures."""
    return {NOTE_FIGURES[field.name]: getattr(scores, field.name).f_measure for field in dataclasses.fields(scores)}


def mean_scores(scores: Sequence[NoteScores]) -> NoteScores:
    """Compute the mean of each score over files; every file has the same weight.

    Raises:
        ValueError: if there are no scores.
    """
    if not scores:
        raise ValueError("the mean needs at least one file's scores")

    def mean(kind: str) -> PRF:
        values = [dataclasses.astuple(getattr(score, kind)) for score in scores]
        return PRF(*np.mean(values, axis=0).tolist())

    return NoteScores(*(mean(field.name) for field in dataclasses.fields(NoteScores)))


def score_pitch(reference: PitchTrack, estimate: PitchTrack) -> PitchScores:
    """Score a pitch track against a reference. A pitch is correct if it is within 50 cents.

    A frame is voiced if its pitch is not NaN and its voicing is not 0. mir_eval resamples the estimate to the times of
    the reference.

    Returns:
        The scores from mir_eval; all are 0 if the reference has no frames. An estimate without frames counts as
        unvoiced.
    """
    from mir_eval import melody

    if not len(reference):
        return PitchScores(0.0, 0.0, 0.0, 0.0, 0.0)
    if not len(estimate):
        unvoiced = np.full(len(reference), np.nan)
        estimate = PitchTrack(reference.time, unvoiced, np.zeros(len(reference)))
    with warnings.catch_warnings():  # it warns of references that are voiced everywhere or nowhere
        warnings.simplefilter("ignore")
        scores = melody.evaluate(
            np.asarray(reference.time, float),
            _track_hz(reference),
            np.asarray(estimate.time, float),
            _track_hz(estimate),
        )
    return PitchScores(
        raw_pitch_accuracy=float(scores["Raw Pitch Accuracy"]),
        raw_chroma_accuracy=float(scores["Raw Chroma Accuracy"]),
        voicing_recall=float(scores["Voicing Recall"]),
        voicing_false_alarm=float(scores["Voicing False Alarm"]),
        overall_accuracy=float(scores["Overall Accuracy"]),
    )


def constant_pitch_error_hz(
    pairs: Iterable[tuple[Sequence[Note], Sequence[Note]]], onset_tolerance: float = 0.05
) -> float:
    """Estimate by how many Hz all notes of a reference are sharper than the estimates.

    Labels that were drawn on a spectrogram can have a constant error: the labels of SSVD are 4 Hz sharp. For such data
    sets, scores are published with the original labels and with corrected labels, ``shift_hz(reference, -constant)``.

    Args:
        pairs: reference notes and estimated notes of each recording.
        onset_tolerance: largest difference of matched onsets in seconds; only onsets are used for matching.

    Returns:
        Median, over all matched notes, of the reference's frequency minus the estimate's; 0 if no notes match.
    """
    from mir_eval import transcription

    errors: list[float] = []
    for reference, estimate in pairs:
        if not reference or not estimate:
            continue
        true_spans, true_hz = note_arrays(reference)
        spans, hz = note_arrays(estimate)
        matches = transcription.match_note_onsets(true_spans, spans, onset_tolerance=onset_tolerance)
        errors.extend(true_hz[true] - hz[found] for true, found in matches)
    return float(np.median(errors)) if errors else 0.0


def shift_hz(notes: Iterable[Note], hz: float) -> tuple[Note, ...]:
    """Raise the pitch of every note by a number of Hz.

    Raises:
        ValueError: if the result for a note is 0 Hz or below.
    """

    def shifted(note: Note) -> Note:
        moved = float(midi_to_hz(note.pitch)) + hz
        if moved <= 0:
            raise ValueError(f"{note} cannot be moved by {hz} Hz")
        return dataclasses.replace(note, pitch=float(hz_to_midi(moved)))

    return tuple(shifted(note) for note in notes)


def _offset(tolerances: Tolerances) -> dict[str, float]:
    return {"offset_ratio": tolerances.offset_ratio, "offset_min_tolerance": tolerances.offset}


def note_arrays(notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """Convert notes to (notes, 2) onsets and offsets in seconds, and (notes,) pitches in Hz."""
    spans = np.array([(note.onset, note.offset) for note in notes], dtype=float)
    return spans, midi_to_hz(np.array([note.pitch for note in notes], dtype=float))


def _track_hz(track: PitchTrack) -> np.ndarray:
    """Convert a pitch track to (frames,) frequencies in Hz for mir_eval.

    The value of an unvoiced frame is 0, or minus the guessed frequency if the track contains one.
    """
    hz = np.nan_to_num(midi_to_hz(np.asarray(track.midi, dtype=float)), nan=0.0)
    return np.where(np.asarray(track.voicing) > 0, hz, -hz)
