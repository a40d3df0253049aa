"""Transcription of `sample_audio` by the shipped model is correct."""

import subprocess
import sys
from pathlib import Path
from statistics import mean

import mido
import pytest

from singtrans.formats import load_notes
from singtrans.notes import Note
from singtrans.scoring.metrics import mean_scores, score_notes

SAMPLES = Path(__file__).parents[2] / "sample_audio"
NAMES = sorted(path.name.removesuffix(".notes.csv") for path in SAMPLES.glob("*.notes.csv"))

# These limits are below the scores in the model card. They detect faults in the code, not slightly worse models.
CON_FLOOR, CONP_FLOOR = 0.9, 0.85


@pytest.fixture(scope="module")
def transcribed(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("transcribed")
    command = [sys.executable, "-m", "singtrans", "transcribe", str(SAMPLES), "-o", str(out)]
    result = subprocess.run(
        [*command, *["-f", "mid", "-f", "csv", "-f", "json"]], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return out


def test_every_sample_is_transcribed(transcribed):
    assert len(NAMES) >= 4
    assert sorted(path.name for path in transcribed.iterdir()) == sorted(
        f"{name}.{ending}" for name in NAMES for ending in ("mid", "csv", "json")
    )


def test_sample_notes_are_correct(transcribed):
    pytest.importorskip("mir_eval")
    scores = [
        score_notes(load_notes(SAMPLES / f"{name}.notes.csv"), load_notes(transcribed / f"{name}.csv"))
        for name in NAMES
    ]
    result = mean_scores(scores)
    assert result.con.f_measure >= CON_FLOOR
    assert result.conp.f_measure >= CONP_FLOOR


@pytest.mark.parametrize("name", NAMES)
def test_all_formats_have_the_same_notes(transcribed, name):
    table, numbers = load_notes(transcribed / f"{name}.csv"), load_notes(transcribed / f"{name}.json")
    assert [note.note for note in table] == [note.note for note in numbers]
    notes = read_with_mido(transcribed / f"{name}.mid")
    assert [note.note for note in notes] == [note.note for note in table]
    for midi, true in zip(notes, table, strict=True):
        assert midi.onset == pytest.approx(true.onset, abs=0.0015)
        assert midi.offset == pytest.approx(true.offset, abs=0.0015)


@pytest.mark.parametrize("name", NAMES)
def test_the_midi_file_has_the_documented_structure(transcribed, name):
    midi = mido.MidiFile(transcribed / f"{name}.mid", charset="utf-8")
    assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (1, 480, 2)
    assert {"set_tempo", "time_signature"} <= {message.type for message in midi.tracks[0]}
    assert not [message for message in midi.tracks[0] if message.type.startswith("note")]
    assert midi.tracks[1].name == name
    now, sounding = 0, None
    for message in midi.tracks[1]:
        now += message.time
        assert message.type != "pitchwheel"
        if message.type == "note_on" and message.velocity:
            assert sounding is None  # a note must end before the next one starts
            sounding = (message.note, now)
        elif message.type in ("note_on", "note_off"):
            assert sounding is not None and sounding[0] == message.note and now > sounding[1]
            sounding = None
    assert sounding is None


def test_the_pitch_track_follows_the_labels(transcribed):
    # Boundaries are not compared here. Where a true note and a found note overlap, they rarely differ by an octave.
    errors = []
    for name in NAMES:
        for true in load_notes(SAMPLES / f"{name}.notes.csv"):
            middle = (true.onset + true.offset) / 2
            heard = [n.pitch for n in load_notes(transcribed / f"{name}.json") if n.onset <= middle < n.offset]
            errors += [abs(pitch - true.pitch) > 6 for pitch in heard]
    assert mean(errors) < 0.1


def read_with_mido(path: Path) -> list[Note]:
    """Read notes with mido instead of singtrans's reader; mido computes the times."""
    now, started, notes = 0.0, 0.0, []
    for message in mido.MidiFile(path, charset="utf-8"):
        now += message.time
        if message.type == "note_on" and message.velocity:
            started = now
        elif message.type in ("note_on", "note_off"):
            notes.append(Note(started, now, float(message.note)))
    return notes
