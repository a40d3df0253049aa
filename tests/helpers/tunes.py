"""A tune for tests of writers: eight notes at 96 quarter notes per minute."""

from fractions import Fraction

import numpy as np

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.formats import Options

# C D E F# | G(triplets) rest A | D. Pitches are off by some cents, and there is a breath between the last two notes.
TEMPO, START = 96.0, 0.5
SPANS = [(0, 1, 60), (1, 1.5, 62), (1.5, 2, 64), (2, 3.5, 66), (4, 5, 67), (5.5, 6, 69), (6, 6.5, 69), (7, 12, 62)]
SHARP = 0.13


def tune(off_pitch=SHARP):
    beat = 60 / TEMPO
    notes = tuple(
        Note(START + a * beat, START + b * beat, pitch + off_pitch, 0.25 + number / 20)
        for number, (a, b, pitch) in enumerate(SPANS)
    )
    time = np.arange(0, 9, 0.02)
    midi = np.full(len(time), np.nan)
    for note in notes:
        inside = (time >= note.onset) & (time < note.offset)
        midi[inside] = note.pitch + 0.5 * np.sin(2 * np.pi * 5.5 * (time[inside] - note.onset))
    return Transcription(notes, PitchTrack(time, midi, np.isfinite(midi) * 0.9), 9.0, audio="tune <b>&.wav", model="m")


def saved(folder, ending, **options):
    if "tempo" in options:
        options = {"metre": 4, "pickup": Fraction(0), **options}
    return formats.save(tune(), folder / f"a{ending}", options=Options(**options))
