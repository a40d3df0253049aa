"""Notes and a recording for report pages, and a hostile name."""

import numpy as np
import soundfile

from singtrans import Note, PitchTrack, Transcription

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&{data}<!--"


def tune(count=8, audio="tune.wav", confidence=0.9):
    notes = tuple(Note(0.5 + i * 0.5, 0.95 + i * 0.5, 60.1 + i % 5, confidence) for i in range(count))
    time = np.arange(0, 1 + count * 0.5, 0.02)
    return Transcription(notes, PitchTrack(time, 60 + np.sin(time), np.ones(len(time))), 1 + count * 0.5, audio=audio)


def sung(path, seconds, rate=16_000):
    soundfile.write(path, (0.2 * np.sin(np.arange(int(seconds * rate)) * 0.1)).astype(np.float32), rate)
    return path
