"""Labelling of notes by models if only the words are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recipe import label_by_words
from recipe.label_by_words import label, mean_posteriors, read_words
from singtrans.model.network import Model
from singtrans.training.recordings import Recording
from singtrans.transcriber import Transcriber
from tests.helpers.clear_posteriors import CONFIG, clear
from tests.helpers.models import small_config

NOTES = [(0.5 + 0.5 * i, 0.95 + 0.5 * i, 60.0 + i % 3) for i in range(10)]


@pytest.mark.parametrize(("syllables", "found"), [(10, True), (9, True), (12, False), (5, False)])
def test_notes_are_kept_if_their_number_is_near_that_of_syllables(syllables, found):
    notes = label_by_words._notes(CONFIG, (clear(NOTES, 300), syllables, 6.0))
    assert (notes is not None) == found
    if notes is not None:
        assert np.allclose(notes, NOTES, atol=0.06)


def test_an_uncertain_note_is_dropped_if_there_is_no_syllable_for_it():
    sure, doubtful = clear(NOTES, 320), clear([(5.6, 6.0, 60.0)], 320, depth=0.6)
    both = replace(
        sure,
        onset=np.maximum(sure.onset, doubtful.onset),
        offset=np.maximum(sure.offset, doubtful.offset),
        activity=np.maximum(sure.activity, 0.52 * doubtful.activity),
    )
    found = [label_by_words._notes(CONFIG, (both, syllables, 6.4)) for syllables in (11, 9)]
    assert [len(notes) for notes in found] == [11, 10]


def recording(name: str, seconds: float) -> Recording:
    frames = int(seconds / 0.02) + 1
    time = np.arange(round(16_000 * seconds)) / 16_000
    samples = np.round(6000 * np.sin(2 * np.pi * 220 * time)).astype(np.int16)
    return Recording(name, samples, None, np.full(frames, 57.0), np.ones(frames), None, 16_000)


def test_posteriors_equal_those_of_transcribing():
    torch.manual_seed(0)
    model = Model(small_config()).eval()
    short, long = recording("short", 1.0), recording("long", 2.0)
    for found, whole in zip(mean_posteriors([long, short], [model]), (long, short), strict=True):
        alone = Transcriber(model, "cpu").posteriors(whole.samples.astype(np.float32) / 32768.0)
        assert len(found) == len(alone)
        # The shorter recording is padded with silence, which affects its last frames.
        inside = slice(0, len(found) - 25)
        for name in ("onset", "syllable", "release", "pitch"):
            assert np.allclose(getattr(found, name)[inside], getattr(alone, name)[inside], atol=0.02), name


FOUND = np.array([[0.2, 0.4, 61.0]])


def _one_note(*_):
    return FOUND


def test_only_recordings_with_words_but_without_notes_are_labelled(monkeypatch, tmp_path):
    table = tmp_path / "lyrics.tsv"
    rows = ("id\tcharacters\ttext", "a\t3\t一二三", "b\t3\t一二三", "c\t0\tLOVE")
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    words = read_words(table)
    assert words == {"a": 3, "b": 3}
    a, c = recording("a", 1.0), recording("c", 1.0)
    b = replace(recording("b", 1.0), notes=np.array([[0.1, 0.5, 60.0]]))
    monkeypatch.setattr(label_by_words, "_notes", _one_note)
    made = label([a, b, c], words, [Model(small_config()).eval()])
    assert (made.labelled, made.left) == (1, 0)
    assert np.array_equal(made.recordings[0].notes, FOUND)
    assert made.recordings[0].weight == pytest.approx(label_by_words.WEIGHT)
    assert made.recordings[1] is b and made.recordings[2] is c
