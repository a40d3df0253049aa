"""Analysis of recordings of synthetic singing with known deviations."""

import numpy as np
import pytest

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.analysis.summary import Analysis, analyse
from singtrans.analysis.tolerance import Timing, Tolerance
from singtrans.transcriber import Transcriber
from tests.helpers.known_singing import Deviations, melody, perform
from tests.helpers.sung import RATE

NUMBERS = [60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 62, 64, 62, 60, 60]
NUMBERS += [65, 67, 69, 70, 69, 67, 65, 64, 62, 64, 65, 62, 60, 64, 62, 60]
WRITTEN = melody(NUMBERS, [0.5, 0.5, 0.5, 1.2] * 8)
CENTS, HERTZ, SECONDS = 5.0, 0.2, 0.015  # tolerances


@pytest.fixture(scope="module")
def analysed():
    transcriber = Transcriber()

    def sing(how: Deviations, tolerance: Tolerance | None = None, reference=WRITTEN) -> Analysis:
        _, samples = perform(WRITTEN, how)
        return analyse(transcriber.transcribe(samples, sample_rate=RATE), reference, tolerance)

    return sing


def wrong(analysis: Analysis) -> dict[int, tuple[str, ...]]:
    """Return the verdicts other than "right", by index of the written note; extra notes are left out."""
    notes = analysis.comparison.notes
    return {n.written: n.verdicts for n in notes if n.verdicts != ("right",) and n.written is not None}


@pytest.mark.parametrize("reference", [None, WRITTEN])
def test_tuning_off_by_20_cents(analysed, reference):
    tuning = analysed(Deviations(cents=20), reference=reference).tuning
    assert tuning.mean == pytest.approx(20, abs=CENTS)
    assert tuning.drift == pytest.approx(0, abs=CENTS)


@pytest.mark.parametrize("cents", [30, -40])
def test_a_measured_melody_gives_the_same_figures_as_a_written_one(analysed, cents, tmp_path):
    how = Deviations(cents=cents, sharp={number: 12 * (number % 3 - 1) for number in range(len(WRITTEN))})
    measured, _ = perform(WRITTEN, how)
    track = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
    formats.save(Transcription(WRITTEN, track, WRITTEN[-1].offset), tmp_path / "tune.mid")
    formats.save(Transcription(measured, track, WRITTEN[-1].offset), tmp_path / "tune.csv")
    references = [WRITTEN, *(formats.load_notes(tmp_path / name) for name in ("tune.mid", "tune.csv"))]
    alone = analysed(how, reference=None)
    for reference in (measured, *references):
        found = analysed(how, reference=reference)
        assert found.tuning.mean == pytest.approx(cents, abs=CENTS)
        assert found.comparison.tuning.mean == pytest.approx(cents, abs=CENTS)
        assert [note.number for note in found.notes] == [note.number for note in alone.notes] == NUMBERS
        assert [note.pitch for note in found.comparison.reference] == NUMBERS
        assert (found.comparison.transposition, wrong(found)) == (0, {})


@pytest.mark.parametrize(
    ("start", "drift", "semitones"), [(0, 30, 0), (-15, 30, 0), (40, 30, -1), (10, -120, 0), (10, 100, 0)]
)
def test_drift(analysed, start, drift, semitones):
    """A drift of 30 cents is too small for --tuning auto, so a tuning of 55 cents on average is 45 cents flat."""
    found = analysed(Deviations(cents=start, drift=drift))
    for tuning in (found.tuning, found.comparison.tuning):
        assert tuning.line.first == pytest.approx(start + 100 * semitones, abs=CENTS)
        assert tuning.drift == pytest.approx(drift, abs=CENTS)
    assert found.comparison.count("right") == len(WRITTEN)


def test_vibrato_of_5_5_hz_and_60_cents(analysed):
    found = analysed(Deviations(vibrato=(5.5, 60)))
    assert (len(found.held), len(found.with_vibrato)) == (8, 8)
    assert found.vibrato_rate == pytest.approx(5.5, abs=HERTZ)
    assert found.vibrato_extent == pytest.approx(60, abs=CENTS)
    for note in found.with_vibrato:
        assert note.vibrato.rate == pytest.approx(5.5, abs=HERTZ)
        assert note.vibrato.extent == pytest.approx(60, abs=CENTS)
        assert note.vibrato.share > 0.9
        assert abs(note.own_cents) < CENTS
    assert found.wander < CENTS and found.slide < CENTS


def test_no_vibrato_is_found_where_there_is_none(analysed):
    found = analysed(Deviations())
    assert found.with_vibrato == [] and len(found.held) == 8
    assert wrong(found) == {}
    assert (found.comparison.transposition, found.comparison.count("extra")) == (0, 0)


def test_notes_that_are_80_ms_late(analysed):
    found = analysed(Deviations(late={5: 0.08, 13: 0.08, 22: 0.08}, delay=2.0))
    assert wrong(found) == {5: ("late",), 13: ("late",), 22: ("late",)}
    late = [note.seconds for note in found.comparison.notes if "late" in note.verdicts]
    assert late == pytest.approx([0.08] * 3, abs=SECONDS)
    assert not found.comparison.clock


def test_all_notes_80_ms_late_to_a_backing_track(analysed):
    everything = Deviations(late=dict.fromkeys(range(len(WRITTEN)), 0.08))
    found = analysed(everything).comparison
    assert found.clock and found.count("late") == len(WRITTEN)
    assert found.lateness == pytest.approx(0.08, abs=SECONDS)
    own = analysed(everything, Tolerance(timing=Timing.TEMPO)).comparison
    assert not own.clock and own.count("right") == len(WRITTEN)


def test_missed_and_extra_notes(analysed):
    last = 1.0 + WRITTEN[11].offset
    found = analysed(Deviations(missed=(9, 20), extra=[Note(last - 0.3, last - 0.02, 74.0)], delay=1.0))
    assert wrong(found) == {9: ("missed",), 20: ("missed",)}
    (extra,) = [note for note in found.comparison.notes if note.verdicts == ("extra",)]
    assert found.notes[extra.sung].number == 74
    missed = [note.time for note in found.comparison.notes if note.verdicts == ("missed",)]
    assert missed == pytest.approx([1 + WRITTEN[9].onset, 1 + WRITTEN[20].onset], abs=SECONDS)


def test_all_deviations_together_in_another_octave_and_tempo(analysed):
    how = Deviations(
        shift=-12,
        tempo=1.13,
        delay=3.0,
        cents=-35,
        drift=30,
        vibrato=(5.5, 60),
        late={5: 0.08, 13: -0.08, 22: 0.08},
        missed=(9, 20),
        sharp={2: 80, 17: -70},
    )
    found = analysed(how)
    assert wrong(found) == {
        2: ("sharp",),
        5: ("late",),
        9: ("missed",),
        13: ("early",),
        17: ("flat",),
        20: ("missed",),
        22: ("late",),
    }
    comparison = found.comparison
    assert comparison.transposition == -12
    assert comparison.tempo == pytest.approx(1.13, abs=0.01)
    assert comparison.tuning.mean == pytest.approx(-20, abs=CENTS)
    assert comparison.tuning.drift == pytest.approx(30, abs=CENTS)
    assert found.vibrato_extent == pytest.approx(60, abs=CENTS)
    cents = {note.written: note.cents for note in comparison.notes}
    assert (cents[2], cents[17]) == (pytest.approx(80, abs=CENTS), pytest.approx(-70, abs=CENTS))


@pytest.mark.parametrize("rate", [4.5, 6.5, 7.5])
@pytest.mark.parametrize("shift", [-12, 0, 12])
def test_vibrato_of_other_rates_and_registers(analysed, rate, shift):
    found = analysed(Deviations(vibrato=(rate, 60), shift=shift))
    assert len(found.with_vibrato) == 8
    assert found.vibrato_rate == pytest.approx(rate, abs=HERTZ)
    assert found.vibrato_extent == pytest.approx(60, abs=CENTS)


def test_range_and_tessitura(analysed):
    found = analysed(Deviations(shift=-5))
    numbers = [note.number for note in found.notes]
    assert (min(numbers), max(numbers)) == (55, 65)
    spread = np.repeat([n.pitch - 5 for n in WRITTEN], [round(100 * n.duration) for n in WRITTEN])
    assert found.tessitura == pytest.approx(np.quantile(spread, (0.1, 0.9)), abs=0.2)
