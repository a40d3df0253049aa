"""Scores are equal to those of mir_eval, and a constant error of labels is found."""

import warnings

import mir_eval
import numpy as np
import pytest

from singtrans import Note, PitchTrack
from singtrans.scoring import metrics
from singtrans.scoring.metrics import PRF, NoteScores, PitchScores, TimeScores, Tolerances

NOTHING = PRF(0.0, 0.0, 0.0)


def hz(midi):
    return 440 * 2 ** ((np.asarray(midi) - 69) / 12)


def random_notes(rng):
    times = np.sort(rng.uniform(0, 30, 2 * rng.integers(1, 40)))
    pairs = times.reshape(-1, 2)
    return [
        Note(on, off + 1e-3, pitch) for (on, off), pitch in zip(pairs, rng.uniform(45, 80, len(pairs)), strict=True)
    ]


def disturbed(notes, rng):
    """Leave out some notes, and change the others by amounts that are similar to the tolerances."""
    moved = []
    for note in notes:
        if rng.random() < 0.15:
            continue
        onset = max(0.0, note.onset + rng.normal(0, 0.04))
        offset = max(onset + 0.01, note.offset + rng.normal(0, 0.08))
        moved.append(Note(onset, offset, note.pitch + rng.normal(0, 0.4)))
    return moved or list(notes)


def arrays(notes):
    return np.array([(n.onset, n.offset) for n in notes]), hz([n.pitch for n in notes])


MIR_EVAL_NAMES = {
    "COn": "Onset_{}",
    "COff": "Offset_{}",
    "COnP": "{}_no_offset",
    "COnPOff": "{}",
}


def pair(seed):
    """Make a reference and an estimate: a disturbed copy or unrelated notes. In some pairs, one or both are empty."""
    rng = np.random.default_rng(seed)
    reference = random_notes(rng)
    estimate = disturbed(reference, rng) if seed % 5 else random_notes(rng)
    return {46: (reference, []), 47: ([], estimate), 48: ([], [])}.get(seed, (reference, estimate))


def spans_and_hz(notes):
    return arrays(notes) if notes else (np.zeros((0, 2)), np.zeros(0))


@pytest.mark.parametrize("seed", range(50))
def test_scores_of_notes_equal_those_of_mir_eval(seed):
    reference, estimate = pair(seed)
    with warnings.catch_warnings():  # mir_eval warns about empty sequences
        warnings.simplefilter("ignore", UserWarning)
        true = mir_eval.transcription.evaluate(*spans_and_hz(reference), *spans_and_hz(estimate))
    wanted = {
        f"{figure}.{kind}": true[name.format(word)]
        for figure, name in MIR_EVAL_NAMES.items()
        for kind, word in {"precision": "Precision", "recall": "Recall", "f_measure": "F-measure"}.items()
    }
    assert len(wanted) == 12
    scores = metrics.score_notes(reference, estimate)
    assert metrics.figures(scores) == pytest.approx(wanted, abs=1e-9, rel=0)
    assert metrics.f_measures(scores) == {name: wanted[f"{name}.f_measure"] for name in MIR_EVAL_NAMES}
    times = metrics.score_times(spans_and_hz(reference)[0], spans_and_hz(estimate)[0])
    assert times == TimeScores(scores.con, scores.coff)


def test_tolerances_are_used():
    reference = [Note(1.0, 2.0, 60.0)]
    estimate = [Note(1.08, 2.25, 60.7)]
    assert metrics.score_notes(reference, estimate) == NoteScores(NOTHING, NOTHING, NOTHING, NOTHING)
    right = PRF(1.0, 1.0, 1.0)
    for tolerances, wanted in (
        (Tolerances(onset=0.1), (right, NOTHING, NOTHING, NOTHING)),
        (Tolerances(offset=0.3), (NOTHING, right, NOTHING, NOTHING)),
        (Tolerances(offset_ratio=0.3), (NOTHING, right, NOTHING, NOTHING)),
        (Tolerances(onset=0.1, pitch_cents=80), (right, NOTHING, right, NOTHING)),
        (Tolerances(0.1, 80, 0.3), (right, right, right, right)),
    ):
        assert metrics.score_notes(reference, estimate, tolerances) == NoteScores(*wanted)


@pytest.mark.parametrize(("reference", "estimate"), [(0, 0), (0, 1), (1, 0)])
def test_without_notes_the_scores_are_0_without_warnings(reference, estimate):
    note = [Note(0.0, 1.0, 60.0)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = metrics.score_notes(note * reference, note * estimate)
    assert scores == NoteScores(NOTHING, NOTHING, NOTHING, NOTHING)


def test_means_are_over_files():
    one, half = PRF(1.0, 1.0, 1.0), PRF(0.5, 0.25, 1 / 3)
    scores = [NoteScores(one, one, one, one), NoteScores(half, one, NOTHING, half)]
    mean = metrics.mean_scores(scores)
    assert mean.con == PRF(0.75, 0.625, pytest.approx(2 / 3))
    assert (mean.coff, mean.conp) == (one, PRF(0.5, 0.5, 0.5))
    with pytest.raises(ValueError, match="at least one"):
        metrics.mean_scores([])


def random_track(rng, frames=300, hop=0.02):
    midi = 60 + np.cumsum(rng.normal(0, 0.3, frames))
    midi[rng.random(frames) < 0.3] = np.nan
    return PitchTrack(np.arange(frames) * hop, midi, np.isfinite(midi).astype(float))


@pytest.mark.parametrize("seed", range(50))
def test_scores_of_pitch_equal_those_of_mir_eval(seed):
    rng = np.random.default_rng(seed)
    reference = random_track(rng)
    midi = reference.midi + rng.normal(0, 0.4, len(reference)) + 12 * rng.integers(0, 2)
    midi[rng.random(len(midi)) < 0.1] = np.nan
    estimate = PitchTrack(reference.time, midi, reference.voicing)
    if seed % 2:  # with another hop and another length
        estimate = random_track(rng, frames=int(rng.integers(400, 800)), hop=0.01)
    if seed == 48:
        estimate = unvoiced(estimate)
    if seed == 49:
        reference = unvoiced(reference)
    with warnings.catch_warnings():  # mir_eval warns about references without voiced frames
        warnings.simplefilter("ignore", UserWarning)
        true = mir_eval.melody.evaluate(
            reference.time, np.nan_to_num(hz(reference.midi)), estimate.time, np.nan_to_num(hz(estimate.midi))
        )
    wanted = {
        "RPA": true["Raw Pitch Accuracy"],
        "RCA": true["Raw Chroma Accuracy"],
        "VR": true["Voicing Recall"],
        "VFA": true["Voicing False Alarm"],
        "OA": true["Overall Accuracy"],
    }
    assert metrics.figures(metrics.score_pitch(reference, estimate)) == pytest.approx(wanted, abs=1e-9, rel=0)


def unvoiced(track):
    return PitchTrack(track.time, np.full(len(track), np.nan), np.zeros(len(track)))


def test_scores_of_pitch_tracks_without_frames_or_voicing():
    rng = np.random.default_rng(0)
    track, none = random_track(rng), np.zeros(0)
    empty = PitchTrack(none, none, none)
    silent = PitchTrack(track.time, np.full(len(track), np.nan), np.zeros(len(track)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metrics.score_pitch(empty, track) == PitchScores(0, 0, 0, 0, 0)
        assert metrics.score_pitch(track, empty) == metrics.score_pitch(track, silent)
        assert metrics.score_pitch(track, empty).voicing_recall == 0
        assert metrics.score_pitch(silent, track).voicing_false_alarm > 0


@pytest.mark.parametrize("constant", [4.1, 0.0, -7.0])
def test_a_constant_error_is_found_and_subtracted(constant):
    rng = np.random.default_rng(3)
    pairs = []
    for _ in range(5):
        sung = random_notes(rng)
        pairs.append((metrics.shift_hz(sung, constant), sung))
    pairs.append(([], random_notes(rng)))
    found = metrics.constant_pitch_error_hz(pairs)
    assert found == pytest.approx(constant, abs=0.5)
    mended = metrics.shift_hz(pairs[0][0], -constant)
    assert [note.pitch for note in mended] == pytest.approx([note.pitch for note in pairs[0][1]])
    assert [note.onset for note in mended] == [note.onset for note in pairs[0][1]]


def test_the_constant_error_is_0_without_matches():
    assert metrics.constant_pitch_error_hz([]) == 0
    assert metrics.constant_pitch_error_hz([([Note(0, 1, 60)], [Note(5, 6, 60)])]) == 0


def test_shifts_below_0_hz_are_refused():
    with pytest.raises(ValueError, match="cannot be moved"):
        metrics.shift_hz([Note(0, 1, 20)], -50)
