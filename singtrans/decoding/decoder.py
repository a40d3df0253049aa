"""From frame posteriors to ordered notes: one search over whole sequences.

Instead of picking onset and offset peaks one by one and repairing their order afterwards, the decoder finds the
sequence of notes and silences with the highest total score. In such a sequence every onset is followed by its
offset before the next onset comes, so the order holds for any input whatever.

A note of pitch ``p`` on the frames ``s <= t < e`` scores

    onset(s) + offset(e) + sum of activity(t) + sum of fit(t, p) - note_cost

where onset, offset and activity are weighted log odds and ``fit`` is the weighted log likelihood of the frame's
pitch posterior under the note's pitch. Silence scores 0. A note may follow another with no gap between, at
``legato_cost``. Since a note has one pitch for its whole length, a change of pitch inside one breath is evidence
for a boundary even where onset and offset are weak, while vibrato and short octave slips are not: they cost less
than two notes.

A note may begin with a lead-in (a scoop or a grace note) and end with a tail (a fall), each up to
``longest_ornament`` long. In them any pitch around the note's fits, but none as well as the note's pitch fits its
steady part, and the boundary to the steady part scores

    ornament_weight * log odds of an ornament's boundary - syllable_weight * log odds of a syllable - ornament_cost

So whether a step of pitch is an ornament or a note of its own is decided in the search, by the same sum.

The best sequence is found exactly by dynamic programming, in time linear in the length. Recordings of any length are
decoded piece by piece as they come; how they are cut has no effect on the result.

Pure numpy: neither torch nor weights are needed.
"""

from dataclasses import replace

import numpy as np

from singtrans.decoding.boundaries import times
from singtrans.decoding.confidence import NoteContext, all_features, certainties
from singtrans.decoding.config import ConfidenceConfig, DecoderConfig
from singtrans.decoding.ends import with_releases
from singtrans.decoding.evidence import evidence
from singtrans.decoding.note_pitch import centroid, span_pitch
from singtrans.decoding.posteriors import Posteriors, join
from singtrans.decoding.refinement import SURROUNDINGS, Found, measure
from singtrans.decoding.search import Search, Segment
from singtrans.decoding.search_block import Limits
from singtrans.notes import Note, Ornament, PitchTrack

__all__ = ["Decoder", "Posteriors", "decode", "pitch_between", "pitch_track"]

_BLOCK = 1500  # frames whose scores are held at once
_TOGETHER = 1000  # frames whose notes are measured at once: many notes take hardly longer than one


class Decoder:
    """Finds the notes in posteriors that come piece by piece.

    It holds what is undecided, a few seconds as a rule, and some numbers for each note found.

    Args:
        config: costs and weights.
        confidence: calibration of the confidence; without one it is the notes' clarity.

    Example:
        >>> from singtrans import Transcriber
        >>> transcriber = Transcriber()
        >>> posteriors = transcriber.posteriors(np.zeros(32_000, np.float32))
        >>> decoder = Decoder(transcriber.model.config.decoder)
        >>> for start in range(0, len(posteriors), 50):
        ...     decoder.add(posteriors[start : start + 50])
        >>> decoder.finish(duration=2.0)
        ()
    """

    def __init__(self, config: DecoderConfig, confidence: ConfidenceConfig | None = None) -> None:
        self._config, self._confidence = config, confidence or ConfidenceConfig()
        self._search: Search | None = None
        self._limits = Limits(1, 0, config.legato_cost)  # once the hop is known, in frames
        self._held: Posteriors | None = None  # what may still be needed, from frame `_first` on
        self._first = 0
        self._hop = 0.0
        self._waiting: list[Segment] = []  # decided, but the frames after them have not come
        self._found: list[Found] = []

    def add(self, posteriors: Posteriors) -> None:
        """Take in the next frames, any number of them."""
        for i in range(0, len(posteriors), _BLOCK):
            self._add(posteriors[i : i + _BLOCK])

    def finish(self, duration: float) -> tuple[Note, ...]:
        """The notes, once all frames are in.

        Args:
            duration: of the recording in seconds; no note ends later.
        """
        return self.measured(duration)[0]

    @property
    def clarity(self) -> float:
        """Mean clarity of the notes found so far, each weighted with its length; 1 if there are none."""
        lengths = [found.end - found.start for found in self._found]
        if not lengths:
            return 1.0
        return float(np.average([found.clarity for found in self._found], weights=lengths))

    def measured(self, duration: float) -> tuple[tuple[Note, ...], np.ndarray]:
        """The notes, once all frames are in, and (notes, features) what their confidence is computed from.

        Args:
            duration: of the recording in seconds; no note ends later.
        """
        if self._search is not None:
            self._waiting += self._search.finish()
            self._measure(complete=True)
        pairs = zip(self._found, times(self._found, self._hop, duration), strict=True)
        kept = [(found, on, off) for found, (on, off) in pairs if off > on]
        contexts = [NoteContext(on, off, found.pitch, len(found.ornaments)) for found, on, off in kept]
        features = all_features([found.features for found, _, _ in kept], contexts)
        notes = [
            Note(on, off, found.pitch, found.clarity, ornaments=_ornaments(found, on, off, self._hop))
            for found, on, off in kept
        ]
        released = with_releases(notes, [found.release for found, _, _ in kept])
        if self._confidence.calibrated:
            sure = certainties(features, self._confidence)
            released = tuple(replace(n, confidence=s.right, certainty=s) for n, s in zip(released, sure, strict=True))
        return released, features

    def _add(self, piece: Posteriors) -> None:
        config = self._config
        if self._search is None:
            self._hop = piece.hop
            self._limits = Limits(
                shortest=max(1, round(config.shortest_note / piece.hop)),
                ornament=round(config.longest_ornament / piece.hop),
                legato_cost=config.legato_cost,
            )
            self._search = Search(piece.pitch.shape[1], self._limits)
        self._held = piece if self._held is None else join([self._held, piece])
        self._waiting += self._search.add(evidence(piece, config))
        self._measure(complete=False)
        needed = min([self._search.needed, *(segment.start for segment in self._waiting)])
        first = max(needed - SURROUNDINGS, self._first)
        self._held, self._first = self._held[first - self._first :], first

    def _measure(self, complete: bool) -> None:
        """Read the values of the decided notes whose surroundings are here."""
        if self._held is None:
            return
        if not complete and len(self._held) < _TOGETHER:
            return
        end = self._first + len(self._held)
        ready = sum(complete or segment.end + SURROUNDINGS < end for segment in self._waiting)
        if ready:
            segments = self._waiting[:ready]
            self._found += measure(segments, self._held, self._first, self._limits, self._config)
        self._waiting = self._waiting[ready:]


def decode(
    posteriors: Posteriors, config: DecoderConfig, duration: float, confidence: ConfidenceConfig | None = None
) -> tuple[Note, ...]:
    """The best sequence of notes.

    Args:
        posteriors: of ``frames`` frames.
        config: costs and weights.
        duration: of the recording in seconds; no note ends later.
        confidence: calibration of the confidence, if there is one.

    Returns:
        Notes in time order, never overlapping, each of positive length and inside 0..duration.
    """
    decoder = Decoder(config, confidence)
    decoder.add(posteriors)
    return decoder.finish(duration)


def pitch_between(posteriors: Posteriors, config: DecoderConfig, onset: float, offset: float) -> float:
    """The pitch sung between two times that are known already, as `decode` reads it between those it finds.

    Args:
        posteriors: of the whole recording.
        config: how the pitch is read.
        onset, offset: seconds; of what lies outside the recording, its nearest frame is read.

    Returns:
        A fractional MIDI number.

    Raises:
        ValueError: if there are no frames.
    """
    if not len(posteriors):
        raise ValueError("there is no pitch in posteriors of no frames")
    start = min(max(round(onset / posteriors.hop), 0), len(posteriors) - 1)
    end = min(max(round(offset / posteriors.hop), start + 1), len(posteriors))
    return span_pitch(posteriors, config, start, end)


def pitch_track(posteriors: Posteriors, config: DecoderConfig) -> PitchTrack:
    """The sung pitch of every frame: the posterior's peak, by its centroid between bins; NaN where unvoiced."""
    peak = posteriors.pitch.argmax(axis=1)
    midi, _ = centroid(posteriors, np.arange(len(posteriors)), peak, reach=round(posteriors.bins_per_semitone))
    voicing = posteriors.voicing.astype(np.float64)
    return PitchTrack(
        time=np.arange(len(posteriors)) * posteriors.hop,
        midi=np.where(voicing > config.voiced, midi, np.nan),
        voicing=voicing,
    )


def _ornaments(found: Found, onset: float, offset: float, hop: float) -> tuple[Ornament, ...]:
    """A note's ornaments in seconds; one that its final times leave no room for is dropped."""
    kept = []
    for ornament in found.ornaments:
        start = onset if ornament.onset == found.start else ornament.onset * hop
        end = offset if ornament.offset == found.end else ornament.offset * hop
        if onset <= start < end <= offset and end - start < offset - onset:
            kept.append(Ornament(start, end, ornament.pitch, ornament.kind))
    return tuple(kept)
