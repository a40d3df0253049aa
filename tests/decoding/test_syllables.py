"""Division of notes at the starts of syllables."""

from dataclasses import replace

import numpy as np
import pytest

from singtrans.decoding.decoder import Decoder, decode
from singtrans.decoding.options import DecodingOptions
from tests.helpers.clear_posteriors import CONFIG, HOP, clear

FRAMES = 150
MORAE = replace(CONFIG, syllable_peak=0.6, shortest_syllable=0.1)
SYLLABLES = replace(MORAE, shortest_syllable=0.5)


def sung(*peaks: tuple[float, float], length=2.0):
    """Make posteriors of a note from 0.4 s on, with (time, probability) peaks of the output for syllables."""
    time, syllable = np.arange(FRAMES) * HOP, np.full(FRAMES, 0.02)
    for centre, height in ((0.4, 0.98), *peaks):
        syllable = np.maximum(syllable, height * np.clip(1 - np.abs(time - centre) / 0.05, 0.0, None))
    return replace(clear([(0.4, 0.4 + length, 60.0)], FRAMES), syllable=syllable, ornament=np.full(FRAMES, 0.01))


def onsets(posteriors, config=MORAE):
    return [note.onset for note in decode(posteriors, config, FRAMES * HOP)]


def test_a_note_is_divided_at_each_clear_peak():
    p = sung((1.0, 0.8), (1.6, 0.7), (2.0, 0.5))
    assert onsets(p) == pytest.approx([0.4, 1.0, 1.6], abs=0.05)
    assert len(onsets(p, CONFIG)) == 1


@pytest.mark.parametrize("time", [0.46, 2.36])
def test_peaks_near_the_ends_do_not_divide_a_note(time):
    assert len(onsets(sung((time, 0.9)))) == 1


def test_both_parts_of_a_note_are_long_enough():
    for time in (0.8, 2.0):
        assert onsets(sung((time, 0.9)), SYLLABLES) == pytest.approx([0.4], abs=0.05)
    assert onsets(sung((1.0, 0.9), (1.3, 0.9), (1.8, 0.9)), SYLLABLES) == pytest.approx([0.4, 1.0, 1.8], abs=0.05)


def test_no_part_is_shorter_than_the_shortest_note():
    p = sung((1.0, 0.9))
    assert len(onsets(p, replace(MORAE, shortest_note=0.5))) == 2
    assert len(onsets(p, replace(MORAE, shortest_note=0.7))) == 1


@pytest.mark.filterwarnings("error")
def test_no_part_is_empty():
    shortest = {"shortest_syllable": 0.0, "shortest_note": 0.0}
    assert len(onsets(sung((1.0, 0.9)), replace(MORAE, **shortest))) == 2


def test_of_two_near_peaks_only_the_higher_one_divides():
    assert onsets(sung((1.0, 0.7), (1.06, 0.9))) == pytest.approx([0.4, 1.06], abs=0.05)


def test_each_mora_has_its_own_pitch():
    p = sung((1.4, 0.9))
    bend = np.where(np.arange(FRAMES) * HOP < 1.4, 60.0, 60.6)
    p = replace(p, pitch=clear([(0.4, 2.4, 60.0)], FRAMES, midi=bend).pitch)
    notes = decode(p, replace(MORAE, legato_cost=8.0), FRAMES * HOP)
    assert [note.pitch for note in notes] == pytest.approx([60.0, 60.6], abs=0.1)


def test_morae_do_not_depend_on_the_pieces():
    p, decoder = sung((1.0, 0.8), (1.6, 0.7)), Decoder(MORAE)
    for first in range(0, FRAMES, 11):
        decoder.add(p[first : first + 11])
    assert decoder.finish(FRAMES * HOP) == decode(p, MORAE, FRAMES * HOP)


def test_a_model_without_an_output_for_syllables_divides_nothing():
    assert len(onsets(replace(sung((1.0, 0.8)), syllable=None, ornament=None))) == 1


def test_the_option_divides_notes_and_keeps_nasals():
    config = replace(CONFIG, longest_nasal=0.25)
    assert DecodingOptions().config(config) == config
    changed = DecodingOptions(note_per="mora").config(config)
    assert changed.syllable_peak > 0.0
    assert changed.longest_nasal == 0.0
    with pytest.raises(ValueError, match="note_per"):
        DecodingOptions(note_per="word")
