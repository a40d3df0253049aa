"""Scoops, grace notes and falls belong to a note if the model has evidence for this; otherwise, they are notes."""

from dataclasses import replace

import numpy as np
import pytest

from singtrans.decoding.decoder import decode
from tests.helpers.clear_posteriors import CONFIG, HOP, clear, posteriors

FRAMES = 120
ORNATE = replace(
    CONFIG, longest_ornament=0.24, ornament_cost=1.0, ornament_weight=1.0, syllable_weight=0.5, note_cost=1.0
)


def sung(spans, heads):
    """Make posteriors of adjacent (start, end, pitch) pieces, and add (time, head, height) peaks."""
    midi = np.full(FRAMES, 60.0)
    for start, end, pitch in spans:
        midi[round(start / HOP) : round(end / HOP)] = pitch
    p = clear([(spans[0][0], spans[-1][1], 60.0)], FRAMES, midi=midi)
    more = {name: np.full(FRAMES, 0.02) for name in ("onset", "offset", "syllable", "ornament")}
    more["onset"], more["offset"] = p.onset, p.offset
    for time, head, height in heads:
        near = np.abs(np.arange(FRAMES) * HOP - time)
        more[head] = np.maximum(more[head], height * np.clip(1 - near / 0.05, 0, None))
    start = (spans[0][0], "syllable", 0.95)
    near = np.abs(np.arange(FRAMES) * HOP - start[0])
    more["syllable"] = np.maximum(more["syllable"], start[2] * np.clip(1 - near / 0.05, 0, None))
    optional = more["syllable"], more["ornament"], None
    return posteriors(more["onset"], more["offset"], p.activity, p.voicing, p.pitch, *optional)


@pytest.mark.parametrize(
    ("first", "kind"), [((0.4, 0.52, 58.0), "scoop"), ((0.4, 0.5, 62.0), "grace"), ((0.4, 0.6, 57.5), "scoop")]
)
def test_a_lead_in_is_part_of_its_note(first, kind):
    p = sung([first, (first[1], 1.4, 60.2)], [(first[1], "ornament", 0.9), (first[1], "onset", 0.3)])
    (note,) = decode(p, ORNATE, 2.4)
    assert note.onset == pytest.approx(0.4, abs=0.02)
    assert note.pitch == pytest.approx(60.2, abs=0.05), "the pitch of the steady part"
    (ornament,) = note.ornaments
    assert ornament.kind == kind
    assert ornament.onset == note.onset
    assert ornament.offset == pytest.approx(first[1], abs=0.021)
    assert ornament.pitch == pytest.approx(first[2], abs=0.2)


def test_a_fall_is_part_of_its_note():
    p = sung([(0.4, 1.2, 60.0), (1.2, 1.34, 57.5)], [(1.2, "ornament", 0.9), (1.2, "onset", 0.3)])
    (note,) = decode(p, ORNATE, 2.4)
    assert note.offset == pytest.approx(1.34, abs=0.02)
    assert note.pitch == pytest.approx(60.0, abs=0.05)
    assert [o.kind for o in note.ornaments] == ["fall"]


def test_a_short_note_with_a_separate_syllable_is_a_note():
    heads = [(0.54, "onset", 0.9), (0.54, "offset", 0.9), (0.54, "syllable", 0.95), (0.54, "ornament", 0.1)]
    found = decode(sung([(0.4, 0.54, 58.0), (0.54, 1.4, 60.0)], heads), ORNATE, 2.4)
    assert [round(n.pitch) for n in found] == [58, 60]
    assert not any(n.ornaments for n in found)


def test_the_notes_of_a_melisma_are_separate_notes():
    times = [0.4, 0.54, 0.68, 0.82, 1.1]
    spans = [(a, b, pitch) for a, b, pitch in zip(times[:-1], times[1:], (60.0, 62.0, 64.0, 62.0), strict=True)]
    heads = [(t, head, 0.9) for t in times[1:-1] for head in ("onset", "offset")]
    found = decode(sung(spans, heads), ORNATE, 2.4)
    assert [round(n.pitch) for n in found] == [60, 62, 64, 62]
    assert not any(n.ornaments for n in found)


def test_a_glide_into_a_note_does_not_change_its_pitch():
    midi = np.full(FRAMES, 60.0)
    midi[20:30] = np.linspace(57.5, 60.0, 10)
    p = clear([(0.4, 1.2, 60.0)], FRAMES, midi=midi)
    ornament = np.where(np.arange(FRAMES) == 28, 0.9, 0.02)
    p = posteriors(*p._heads, p.pitch, np.full(FRAMES, 0.02), ornament)
    (note,) = decode(p, ORNATE, 2.4)
    assert note.pitch == pytest.approx(60.0, abs=0.03)
    assert [o.kind for o in note.ornaments] == ["scoop"]


def test_no_ornaments_are_found_if_the_decoder_does_not_allow_them():
    p = sung([(0.4, 0.52, 58.0), (0.52, 1.4, 60.0)], [(0.52, "ornament", 0.95)])
    assert not any(n.ornaments for n in decode(p, replace(ORNATE, longest_ornament=0.0), 2.4))
