"""Measurement of notes that the search has found: exact times, sung pitch, clarity and features."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.decoding.boundaries import REACH, shifts
from singtrans.decoding.confidence import AROUND, clarity, frame_features
from singtrans.decoding.config import CONFIDENCE_FEATURES, DecoderConfig
from singtrans.decoding.note_pitch import best_bin, note_pitches
from singtrans.decoding.ornaments import Parts, split
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.search import Segment
from singtrans.decoding.search_block import Limits
from singtrans.decoding.spans import around
from singtrans.notes import FALL, GRACE, SCOOP

SURROUNDINGS = max(REACH, AROUND)
"""Number of frames on each side of a note that also affect the measured values of the note."""

_OFFSET, _ACTIVITY, _SYLLABLE = (CONFIDENCE_FEATURES.index(name) for name in ("offset", "activity", "syllable"))
_BOUNDARY = 2  # number of frames on each side of a boundary that are searched for the release


@dataclass(frozen=True, slots=True)
class FoundOrnament:
    """An ornament of a note. Its times are fractional frames, and its pitch is a fractional MIDI number."""

    onset: float
    offset: float
    pitch: float
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A segment with its measured values.

    Attributes:
        start, end: first frame of the note, and first frame after it.
        onset, offset: refined boundaries in fractional frames. An offset may be later than the onset of the next note.
        pitch: fractional MIDI number.
        clarity: clarity of the evidence for the note, 0 to 1.
        features: (features,) values from `singtrans.decoding.confidence.frame_features`.
        ornaments: ornaments in time order.
        release: probability that a score would end the previous note at the onset of this note, and probability that
            a score would end this note at its offset; None if the model does not compute them.
        nasal: median probability of a nasal consonant in the frames of the note; 0 if the model does not compute it.
    """

    start: int
    end: int
    onset: float
    offset: float
    pitch: float
    clarity: float
    features: np.ndarray
    ornaments: tuple[FoundOrnament, ...] = ()
    release: tuple[float, float] | None = None
    nasal: float = 0.0

    @property
    def activity(self) -> float:
        """Mean probability that a frame of the note is inside a note."""
        return float(self.features[_ACTIVITY])

    @property
    def syllable(self) -> float:
        """Probability that a syllable starts with the note; 0.5 if the model does not compute it."""
        return float(1.0 / (1.0 + np.exp(-self.features[_SYLLABLE])))


Timed = tuple[Found, float, float]
"""A note that was found, with its onset and offset in seconds."""


def joined(first: Found, last: Found) -> Found:
    """Join two notes to one note.

    The result ends like the last note, including its fall and the features of its end. All other values, such as the
    pitch, are those of the first note.
    """
    features = first.features.copy()
    features[_OFFSET] = last.features[_OFFSET]
    start = [ornament for ornament in first.ornaments if ornament.kind != FALL]
    end = [ornament for ornament in last.ornaments if ornament.kind == FALL]
    release = first.release and last.release and (first.release[0], last.release[1])
    return replace(
        first, end=last.end, offset=last.offset, features=features, ornaments=(*start, *end), release=release
    )


def measure(
    segments: Sequence[Segment], posteriors: Posteriors, first: int, limits: Limits, config: DecoderConfig
) -> list[Found]:
    """Measure segments. The values of a segment do not depend on the other segments.

    Args:
        segments: at least one segment, with frames relative to the start of the recording.
        posteriors: posteriors that cover the segments and, where the recording has them, `SURROUNDINGS` frames before
            and after the segments.
        first: frame of the recording at which ``posteriors`` start.
        limits: limits of the search.
        config: configuration of the decoder.
    """
    clean = posteriors.cleaned()
    start, end, bins = np.array([(s.start - first, s.end - first, s.bin) for s in segments]).T
    parts = split(start, end, bins, clean, limits, config)
    pitch, ornaments = _pitches(parts, bins, clean, first, config)
    onset, offset = start + first + shifts(clean.onset, start), end + first + shifts(clean.offset, end)
    features = frame_features(parts, bins, clean)
    clear = clarity(parts, features, clean)
    release: list[tuple[float, float] | None] = [None] * len(segments)
    if clean.release is not None:
        ends = (around(clean.release, frames, _BOUNDARY).max(axis=1).tolist() for frames in (start, end))
        release = list(zip(*ends, strict=True))
    nasal = [0.0] * len(segments)
    if clean.nasal is not None:
        nasal = [float(np.median(clean.nasal[s:e])) for s, e in zip(start, end, strict=True)]
    return [
        Found(segment.start, segment.end, *values)
        for segment, *values in zip(
            segments,
            onset.tolist(),
            offset.tolist(),
            pitch.tolist(),
            clear.tolist(),
            features,
            ornaments,
            release,
            nasal,
            strict=True,
        )
    ]


def _pitches(
    parts: Parts, bins: np.ndarray, posteriors: Posteriors, first: int, config: DecoderConfig
) -> tuple[np.ndarray, list[tuple[FoundOrnament, ...]]]:
    """Measure the pitches of the steady part, the lead-in and the tail of each note."""
    notes = len(bins)
    owner = np.concatenate([np.arange(notes), np.flatnonzero(parts.lead), np.flatnonzero(parts.fall)])
    start = np.concatenate([parts.steady, parts.start[parts.lead], parts.tail[parts.fall]])
    end = np.concatenate([parts.tail, parts.steady[parts.lead], parts.end[parts.fall]])
    spans = zip(start[notes:].tolist(), end[notes:].tolist(), strict=True)
    own = [best_bin(posteriors, config, s, e) for s, e in spans]
    pitch = note_pitches(start, end, np.append(bins, np.array(own, bins.dtype)), posteriors, config)
    ornaments: list[tuple[FoundOrnament, ...]] = [()] * notes
    for number in range(notes, len(owner)):
        note, sung, on, off = owner[number], float(pitch[number]), start[number], end[number]
        before = number < notes + int(parts.lead.sum())
        kind = (SCOOP if sung < pitch[note] else GRACE) if before else FALL
        ornaments[note] += (FoundOrnament(float(on + first), float(off + first), sung, kind),)
    return pitch[:notes], ornaments
