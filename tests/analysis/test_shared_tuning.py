"""All descriptions of a song use the same tuning, although tunings that are whole semitones apart fit equally well."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from singtrans import PitchTrack, Transcription, formats
from singtrans.analysis.summary import analyse
from singtrans.melody.tuning import AUTO, apply_tuning, estimate_tuning
from tests.helpers.command import call
from tests.helpers.known_singing import melody

NUMBERS = [60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 62, 64, 62, 60, 60]
NUMBERS += [65, 67, 69, 70, 69, 67, 65, 64, 62, 64, 65, 62, 60, 64, 62, 60]
WRITTEN = melody(NUMBERS, [0.5, 0.5, 0.5, 1.2] * 8)
CLOSE_TO_HALF = [(-44, 0), (48, 0), (40, 30), (-40, -30), (45, 20), (52, -10), (-20, -55), (-45, 90)]
"""Tunings at the start and drifts, in cents, with a mean or a start near half a semitone."""


def sung(start: float, drift: float = 0.0, scatter: float = 5.0) -> Transcription:
    """Make notes with a tuning that changes from ``start`` by ``drift`` cents, without a pitch track."""
    cents = start + np.linspace(0, drift, len(WRITTEN)) + np.random.default_rng(0).normal(0, scatter, len(WRITTEN))
    notes = [replace(note, pitch=note.pitch + c / 100) for note, c in zip(WRITTEN, cents.tolist(), strict=True)]
    return Transcription(tuple(notes), PitchTrack(*np.zeros((3, 0))), WRITTEN[-1].offset, "song.wav")


def tuning_of(transcription: Transcription) -> float:
    """Return the mean of the tunings of the notes in cents."""
    return 100 * float(np.mean([note.tuning for note in transcription.notes]))


@pytest.mark.parametrize(("start", "drift"), CLOSE_TO_HALF)
@pytest.mark.parametrize("reference", [None, WRITTEN])
def test_the_analysis_agrees_with_the_estimated_tuning(start, drift, reference):
    song = sung(start, drift)
    tuned = apply_tuning(song, AUTO)
    for given in (song, tuned):
        found = analyse(given, reference)
        assert found.tuning.mean == pytest.approx(tuning_of(tuned), abs=8)
        assert [note.number for note in found.notes] == [note.note for note in tuned.notes]


@pytest.mark.parametrize("hz", [426.0, 455.0])
def test_a_tuning_that_the_user_chose_is_kept(hz):
    chosen = 1200 * np.log2(hz / 440)
    song = sung(chosen, scatter=0)
    for reference in (None, WRITTEN):
        found = analyse(apply_tuning(song, hz), reference)
        assert found.tuning.mean == pytest.approx(chosen, abs=1)
        assert [note.number for note in found.notes] == NUMBERS
    assert analyse(song).tuning.mean == pytest.approx((chosen + 50) % 100 - 50, abs=1)


def test_no_steep_drift_is_found_in_uneven_pitches():
    drifts = []
    for seed in range(30):
        steps = np.random.default_rng(seed).uniform(-0.4, 0.4, 16)
        notes = tuple(replace(note, pitch=note.pitch + step) for note, step in zip(WRITTEN, steps, strict=False))
        if estimate_tuning(notes) is None:
            drifts.append(abs(analyse(replace(sung(0), notes=notes)).tuning.drift))
    assert len(drifts) > 20
    assert max(drifts) < 90 and np.median(drifts) < 40


@pytest.mark.parametrize(("start", "drift"), [(-43, 0), (40, 30)])
def test_all_commands_describe_the_same_tuning(tmp_path, start, drift):
    """The message of convert, the text and the JSON of analyse, and the report page."""
    formats.save(sung(start, drift), tmp_path / "song.json")
    message = call("convert", "song.json", "song.mid", "--tuning", "auto", cwd=tmp_path).stderr
    text = call("analyse", "song.json", cwd=tmp_path).stdout
    described = [re.search(r"(\d+) cents (sharp|flat)", line) for line in (message, text)]
    cents = [int(found[1]) * (1 if found[2] == "sharp" else -1) for found in described]
    analysed = json.loads(call("analyse", "song.json", "--json", cwd=tmp_path).stdout)
    cents.append(analysed["recordings"][0]["tuning"]["mean_cents"])
    for arguments in ([], ["--tuning", "auto"]):
        assert call("convert", "song.json", "a.report.html", "--overwrite", *arguments, cwd=tmp_path).returncode == 0
        page = (tmp_path / "a.report.html").read_text()
        cents.append(float(re.search(r'"mean_cents": ?(-?[\d.]+)', page)[1]))
    assert cents == pytest.approx([start] * 5 if not drift else [start + drift / 2 - 100] * 5, abs=8)
