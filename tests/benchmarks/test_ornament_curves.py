"""Deviations of the sung pitch from the labels of notes: ornaments, shouts and nasals."""

import numpy as np
import pytest

from benchmarks.ornament_curves import bent, fall, grace_note, long_scoop, nasal_share, shout
from recipe.synthesis.melody import HOP_SECONDS
from singtrans.notes import Note

NOTES = Note(0.2, 0.8, 60.0), Note(1.0, 1.9, 64.0)


def deviations(bend, seed):
    """Return the deviations from the pitch of each note, in semitones, for all frames of the note."""
    f0 = np.full(round(2.0 / HOP_SECONDS), np.nan)
    time = np.arange(len(f0)) * HOP_SECONDS
    spans = [(time >= note.onset) & (time < note.offset) for note in NOTES]
    for note, inside in zip(NOTES, spans, strict=True):
        f0[inside] = note.pitch
    found = bent(f0, NOTES, bend, np.random.default_rng(seed))
    assert np.array_equal(np.isnan(found), np.isnan(f0))
    return [found[inside] - note.pitch for note, inside in zip(NOTES, spans, strict=True)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("bend", "lowest", "longest"), [(long_scoop, 1.0, 0.26), (grace_note, 1.0, 0.115), (fall, 1.5, 0.2)]
)
def test_ornaments_are_short_and_the_rest_has_the_pitch_of_the_note(bend, lowest, longest, seed):
    for off in deviations(bend, seed):
        ends = off[::-1] if bend is fall else off
        assert abs(ends[0]) >= lowest
        changed = np.flatnonzero(np.abs(off) > 1e-9) * HOP_SECONDS
        assert 0.03 < changed.max() - changed.min() <= longest
        assert abs(ends[-1]) < 1e-9
        assert bend is grace_note or (off < 1e-9).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_pitch_of_a_shout_is_around_its_note(seed):
    for off in deviations(shout, seed):
        assert off.mean() == pytest.approx(0.0, abs=0.02)
        assert 0.4 < off.max() - off.min() < 1.6


def test_a_nasal_is_at_the_end_of_its_note():
    share = nasal_share(NOTES, round(2.0 / HOP_SECONDS), np.random.default_rng(0))
    time = np.arange(len(share)) * HOP_SECONDS
    for note in NOTES:
        assert (share[(time >= note.onset) & (time < note.offset - 0.26)] == 0).all()
        assert (share[(time > note.offset - 0.08) & (time < note.offset)] == 1).all()
    assert (share[time >= NOTES[-1].offset] == 0).all()
