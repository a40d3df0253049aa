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
than two notes. The best sequence is found exactly by dynamic programming, in time linear in the length. Recordings
of any length are decoded piece by piece as they come; the pieces have no part in the result.

Pure numpy: neither torch nor weights are needed.
"""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.posteriors import Posteriors, as_probabilities, join
from singtrans.decoding.refinement import REACH, Found, centroid, measure, times
from singtrans.decoding.search import Evidence, Search, Segment
from singtrans.notes import Note, PitchTrack

__all__ = ["Decoder", "Posteriors", "decode", "pitch_between", "pitch_track"]

_BLOCK = 1500  # frames whose scores are held at once


class Decoder:
    """Finds the notes in posteriors that come piece by piece.

    It holds what is undecided, a few seconds as a rule, and five numbers for each note found.

    Args:
        config: costs and weights.

    Example:
        >>> decoder = Decoder(config)  # doctest: +SKIP
        >>> for piece in pieces:  # doctest: +SKIP
        ...     decoder.add(piece)
        >>> notes = decoder.finish(duration)  # doctest: +SKIP
    """

    def __init__(self, config: DecoderConfig) -> None:
        self._config = config
        self._search: Search | None = None
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
        if self._search is None:
            return ()
        self._waiting += self._search.finish()
        self._measure(complete=True)
        pairs = zip(self._found, times(self._found, self._hop, duration), strict=True)
        return tuple(Note(on, off, found.pitch, found.confidence) for found, (on, off) in pairs if off > on)

    def _add(self, piece: Posteriors) -> None:
        config = self._config
        if self._search is None:
            self._hop = piece.hop
            shortest = max(1, round(config.shortest_note / piece.hop))
            self._search = Search(piece.pitch.shape[1], shortest, config.legato_cost)
        self._held = piece if self._held is None else join([self._held, piece])
        self._waiting += self._search.add(_evidence(piece, config))
        self._measure(complete=False)
        needed = min([self._search.needed, *(segment.start for segment in self._waiting)])
        first = max(needed - REACH, self._first)
        self._held, self._first = self._held[first - self._first :], first

    def _measure(self, complete: bool) -> None:
        """Read the values of the decided notes whose surroundings are here."""
        if self._held is None:
            return
        end = self._first + len(self._held)
        ready = sum(complete or segment.end + REACH < end for segment in self._waiting)
        for segment in self._waiting[:ready]:
            self._found.append(measure(segment, self._held, self._first, self._config))
        self._waiting = self._waiting[ready:]


def decode(posteriors: Posteriors, config: DecoderConfig, duration: float) -> tuple[Note, ...]:
    """The best sequence of notes.

    Args:
        posteriors: of ``frames`` frames.
        config: costs and weights.
        duration: of the recording in seconds; no note ends later.

    Returns:
        Notes in time order, never overlapping, each of positive length and inside 0..duration.
    """
    decoder = Decoder(config)
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
    fit = _pitch_fit(posteriors[start:end], config).sum(axis=0)
    return measure(Segment(start, end, int(fit.argmax())), posteriors, 0, config).pitch


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


def _evidence(posteriors: Posteriors, config: DecoderConfig) -> Evidence:
    """What the search adds up."""
    activity = config.activity_weight * _log_odds(posteriors.activity, config.decision_floor)
    return Evidence(
        onset=config.onset_weight * _log_odds(posteriors.onset, config.decision_floor) - config.note_cost,
        offset=config.offset_weight * _log_odds(posteriors.offset, config.decision_floor),
        gain=_pitch_fit(posteriors, config) + activity[:, None],
    )


def _log_odds(probability: np.ndarray, floor: float) -> np.ndarray:
    p = np.clip(as_probabilities(probability), floor, 1.0 - floor)
    return np.log(p) - np.log1p(-p)


def _pitch_fit(posteriors: Posteriors, config: DecoderConfig) -> np.ndarray:
    """(frames, bins): weighted log likelihood, at most 0, of each frame under a note of each pitch."""
    reach = 3.0 * config.pitch_tolerance * posteriors.bins_per_semitone
    offsets = np.arange(-int(reach), int(reach) + 1) / posteriors.bins_per_semitone
    kernel = np.exp(-0.5 * (offsets / config.pitch_tolerance) ** 2)
    pitch = as_probabilities(posteriors.pitch)
    padded = np.pad(pitch, ((0, 0), (len(kernel) // 2, len(kernel) // 2)))
    near = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=1) @ kernel
    voicing = as_probabilities(posteriors.voicing[:, None])
    # An unvoiced frame (a consonant, a breath) says nothing about the note's pitch.
    likelihood = 1.0 - voicing * (1.0 - config.pitch_floor) * (1.0 - np.clip(near, 0.0, 1.0))
    return config.pitch_weight * np.log(likelihood)
