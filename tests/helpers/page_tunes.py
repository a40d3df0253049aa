"""Notes and a recording for report pages, and a name that contains scripts."""

import numpy as np
import soundfile

from singtrans import Note, PitchTrack, Transcription
from singtrans.notes import Certainty

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&{data}<!--"


def tune(count=8, audio="tune.wav", confidence=0.9):
    notes = tuple(Note(0.5 + i * 0.5, 0.95 + i * 0.5, 60.1 + i % 5, confidence) for i in range(count))
    time = np.arange(0, 1 + count * 0.5, 0.02)
    return Transcription(notes, PitchTrack(time, 60 + np.sin(time), np.ones(len(time))), 1 + count * 0.5, audio=audio)


def sung_tune():
    """Make eight notes of 0.45 s, with pitches from 60.1 to 64.1, and a pitch track that is unvoiced in the rests.

    The pitch of the fourth note (63.1, from 2.0 s on) and the onset of the sixth note (60.1, from 3.0 s on) are
    doubtful.
    """
    made = tune()
    sure = {3: Certainty(0.5, 0.9, 0.5, 0.99, 0.9), 5: Certainty(0.6, 0.6, 0.9, 0.99, 0.9)}
    notes = tuple(
        Note(n.onset, n.offset, n.pitch, sure[i].right if i in sure else 0.9, certainty=sure.get(i))
        for i, n in enumerate(made.notes)
    )
    time = made.pitch.time
    midi = np.full(len(time), np.nan)
    for note in notes:
        midi[(time >= note.onset) & (time < note.offset)] = note.pitch
    return Transcription(notes, PitchTrack(time, midi, np.isfinite(midi) * 1.0), made.duration, audio="tune.wav")


def sung(path, seconds, rate=16_000):
    soundfile.write(path, (0.2 * np.sin(np.arange(int(seconds * rate)) * 0.1)).astype(np.float32), rate)
    return path
