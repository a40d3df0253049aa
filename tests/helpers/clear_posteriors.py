"""Posteriors for tests of the decoder: clear ones for known notes, noisy ones for a melody, and arbitrary ones."""

import numpy as np
from hypothesis import strategies as st

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors

HOP, LOWEST, PER_SEMITONE, BINS = 0.02, 33.0, 3.0, 180
CONFIG = DecoderConfig()


def posteriors(onset, offset, activity, voicing, pitch, syllable=None, ornament=None, release=None) -> Posteriors:
    heads = onset, offset, activity, voicing
    return Posteriors(*heads, pitch, HOP, LOWEST, PER_SEMITONE, syllable, ornament, release)


def clear(notes, frames, depth=0.97, midi=None) -> Posteriors:
    """Make the posteriors of a confident network for (onset, offset, pitch) triples.

    ``midi``, (frames,), is the sung pitch of each frame. By default, it is the pitch of the notes.
    """
    time = np.arange(frames) * HOP
    onset, offset, activity = np.full(frames, 0.01), np.full(frames, 0.01), np.full(frames, 0.02)
    sung = np.full(frames, 60.0) if midi is None else midi
    for start, end, pitch in notes:
        onset = np.maximum(onset, depth * np.clip(1 - np.abs(time - start) / 0.05, 0, None))
        offset = np.maximum(offset, depth * np.clip(1 - np.abs(time - end) / 0.05, 0, None))
        inside = (time >= start) & (time < end)
        activity[inside] = 0.98
        if midi is None:
            sung[inside] = pitch
    bins = LOWEST + np.arange(BINS) / PER_SEMITONE
    pitch = np.exp(-0.5 * ((sung[:, None] - bins) / 0.25) ** 2) + 1e-6
    return posteriors(onset, offset, activity, activity, pitch / pitch.sum(axis=1, keepdims=True))


@st.composite
def any_posteriors(draw) -> Posteriors:
    """Draw random posteriors. Most examples have many equal values, so that paths have equal costs."""
    frames, bins = draw(st.integers(1, 60)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))  # share of the values that differ from the most frequent value

    def values(*shape: int, special: tuple[float, ...]) -> np.ndarray:
        numbers = rng.random(shape, np.float32)
        chosen = rng.choice(np.array([*special, rng.random()], np.float32), shape)
        mixed = np.where(rng.random(shape) < 0.5, numbers, chosen)
        return np.where(rng.random(shape) < share, mixed, chosen.flat[0])

    # These include exactly 0 and 1, and NaN, which a damaged network could return.
    heads = values(4, frames, special=(0.0, 1.0, 0.5, np.nan))
    pitch = values(frames, bins, special=(0.0, 1.0))
    more = [values(frames, special=(0.0, 1.0, 0.5, np.nan)) for _ in range(draw(st.sampled_from([0, 1, 3])))]
    return posteriors(*heads, pitch, *more, *[None] * (3 - len(more)))


def melody(seed: int, frames: int) -> Posteriors:
    """Make posteriors of a melody with rests and noise, in which many decisions are close."""
    rng = np.random.default_rng(seed)
    notes, now, time = [], 0.3, np.arange(frames) * HOP
    sung = np.full(frames, 60.0)
    while now < frames * HOP - 1.0:
        length = rng.choice([0.08, 0.2, 0.5, 1.5, 6.0], p=[0.2, 0.3, 0.3, 0.18, 0.02])
        notes.append((now, now + length, rng.uniform(48, 72)))
        inside = (time >= now) & (time < now + length)
        sung[inside] = notes[-1][2] + 0.6 * (length > 0.3) * np.sin(2 * np.pi * rng.uniform(4, 8) * time[inside])
        now += length + rng.choice([0.0, 0.1, 4.0], p=[0.6, 0.35, 0.05])
    p = clear(notes, frames, depth=0.8, midi=sung)
    heads = [np.clip(h + rng.normal(0, 0.15, frames), 0, 1) for h in (p.onset, p.offset, p.activity, p.voicing)]
    pitch = p.pitch + rng.dirichlet(np.full(BINS, 0.05), frames) * rng.random((frames, 1))
    return posteriors(*heads, (pitch / pitch.sum(axis=1, keepdims=True)).astype(np.float16))
