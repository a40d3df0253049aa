"""Names of notes, and inference of the unit of pitches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans.formats import note_names
from singtrans.pitch import note_name


@pytest.mark.parametrize(
    ("name", "midi"),
    [
        ("C4", 60), ("c4", 60), ("C#4", 61), ("Db4", 61), ("D♭4", 61), ("F♯3", 54), ("B3", 59), ("bb3", 58),
        ("Cb4", 59), ("B#3", 60), ("Fx4", 67), ("C-1", 0), ("G9", 127), ("C4+12", 60.12), ("C#4-30", 60.7),
        ("C-1+50", 0.5), ("69", 69), ("69.5", 69.5),
    ],
)  # fmt: skip
def test_note_names(name, midi):
    assert note_names.label_pitch(name) == pytest.approx(midi)


@pytest.mark.parametrize("name", ["H4", "C", "4", "C44x", "C10", "CC4", "C4+", "la", "200", "-3", "nan", "1_0", "٦٠"])
def test_invalid_note_names_are_refused(name):
    if name == "4":
        assert note_names.label_pitch(name) == 4
        return
    with pytest.raises(ValueError, match=r".+"):
        note_names.label_pitch(name)


@given(st.integers(1, 127))
def test_names_and_numbers_agree(midi):
    assert note_names.label_pitch(note_name(midi)) == midi


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([], "midi"),
        ([40, 60, 80], "midi"),
        ([220, 330], "hz"),
        ([90, 100, 130], "hz"),
        ([60, 6000, 60], None),
        ([110], None),
    ],
)
def test_units_are_inferred(values, unit):
    assert note_names.guess_unit(values) == unit


@pytest.mark.parametrize(
    ("name", "midi"), [("C#4/Db4", 61), ("A#3/Bb3", 58), ("c#4 / db4", 61), ("Db4+12/C#4+12", 61.12)]
)
def test_two_spellings_of_one_note_are_read_as_one_note(name, midi):
    assert note_names.label_pitch(name) == pytest.approx(midi)


@pytest.mark.parametrize("name", ["C#4/D4", "C4/", "/", "C4/C4/C4", "1/2"])
def test_labels_with_two_different_notes_are_refused(name):
    with pytest.raises(ValueError):
        note_names.label_pitch(name)
