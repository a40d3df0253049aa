"""Functions that write and check label files, and the notes in these files."""

import pytest

from singtrans import Note, SingtransError, formats

# Pitches are whole semitones and times are multiples of a quarter second, so that every format can represent them.
NOTES = (Note(0.5, 1.25, 60.0), Note(1.25, 1.75, 61.0), Note(2.0, 3.5, 57.0), Note(4.0, 4.25, 70.0))


def hz(midi):
    return 440 * 2 ** ((midi - 69) / 12)


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def check(read, notes=NOTES, cents=1.0):
    assert len(read) == len(notes)
    for found, true in zip(read, notes, strict=True):
        assert found.onset == pytest.approx(true.onset, abs=1e-3)
        assert found.offset == pytest.approx(true.offset, abs=1e-3)
        assert found.pitch == pytest.approx(true.pitch, abs=cents / 100)


def refused(path, match, **choices):
    with pytest.raises(SingtransError, match=match) as caught:
        formats.load_notes(path, **choices)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
