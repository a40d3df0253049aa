"""Decoding of posteriors to notes by a search over sequences.

The decoder does not pick single peaks of the onset and offset probabilities, because such peaks can be out of order.
Instead, it finds the sequence of notes and silences with the highest total score. For any input, every onset in this
sequence is followed by its offset before the next onset.

The score of a note with pitch ``p`` on the frames ``s <= t < e`` is

    onset(s) + offset(e) + sum of activity(t) + sum of fit(t, p) - note_cost

where onset, offset and activity are weighted log odds and ``fit`` is the weighted log likelihood of the frame's pitch
posterior under the note's pitch. The score of silence is 0. If there is no gap between a note and the previous note,
the note has the additional cost ``legato_cost``. Since a note has one pitch for its whole length, a change of pitch is
evidence for a boundary even if the onset and offset probabilities are low. Vibrato and short octave errors do not
divide a note, because they cost less than a second note.

A note may begin with a lead-in (a scoop or a grace note) and end with a tail (a fall). Each is at most
``longest_ornament`` long. In these parts, all pitches near the note's pitch have the same fit, which is lower than the
best fit in the steady part. The score of the boundary between such a part and the steady part is

    ornament_weight * log odds of an ornament's boundary - syllable_weight * log odds of a syllable - ornament_cost

In this way, the search also decides whether a step in pitch is an ornament or a separate note. After the search, notes
are divided where their pitch turns (`singtrans.decoding.turns`), and long notes are divided where a syllable starts
(`singtrans.decoding.syllables`). Very short notes whose frames are probably not sung are removed
(`singtrans.decoding.short_notes`), short nasals become part of the notes before them (`singtrans.decoding.nasals`), and
the notes that the search finds in a wide vibrato become one note (`singtrans.decoding.vibrato`).

Dynamic programming finds the best sequence exactly. The time that it takes is proportional to the length of the
recording. Recordings of any length are decoded piece by piece. The division into pieces has no effect on the result.

The decoder uses only numpy, and needs neither torch nor weights.
"""

from collections.abc import Sequence

import numpy as np

from singtrans.decoding.boundaries import times
from singtrans.decoding.confidence import NoteContext, all_features, certainties
from singtrans.decoding.config import ConfidenceConfig, DecoderConfig
from singtrans.decoding.division import divide
from singtrans.decoding.ends import releases
from singtrans.decoding.evidence import evidence
from singtrans.decoding.merging import merge
from singtrans.decoding.note_pitch import centroid, span_pitch
from singtrans.decoding.posteriors import Posteriors, join
from singtrans.decoding.refinement import SURROUNDINGS, Found, measure
from singtrans.decoding.search import Search, Segment
from singtrans.decoding.search_block import Limits
from singtrans.notes import Note, Ornament, PitchTrack

__all__ = ["Decoder", "Posteriors", "decode", "pitch_between", "pitch_track"]

_BLOCK = 1500  # number of frames whose scores are computed together
_TOGETHER = 1000  # number of frames whose notes are measured together; many notes take hardly longer than one


class Decoder:
    """Decoder of posteriors that are given piece by piece.

    It stores the frames in which the notes have not been decided yet, usually a few seconds, and some values of each
    note.

    Args:
        config: costs and weights.
        confidence: calibration of the confidence; if it is None, the confidence of a note is its clarity.

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
        self._limits = Limits(1, 0, config.legato_cost)  # set when the hop is known
        self._held: Posteriors | None = None  # frames that may still be needed, from frame `_first`
        self._first = 0
        self._hop = 0.0
        self._waiting: list[Segment] = []  # notes that are decided, but whose following frames are missing
        self._found: list[Found] = []
        # Number of frames of the notes, and the sum of the clarity over these frames.
        self._length, self._clear = 0, 0.0

    def add(self, posteriors: Posteriors) -> None:
        """Add the next frames; any number of frames is allowed."""
        for i in range(0, len(posteriors), _BLOCK):
            self._add(posteriors[i : i + _BLOCK])

    def finish(self, duration: float) -> tuple[Note, ...]:
        """Return the notes after all frames have been added.

        Args:
            duration: length of the recording in seconds; no note ends later.
        """
        return self.measured(duration)[0]

    @property
    def clarity(self) -> float:
        """Mean clarity of the notes found so far, weighted by their length; 1 if there are no notes."""
        return self._clear / self._length if self._length else 1.0

    def measured(self, duration: float) -> tuple[tuple[Note, ...], np.ndarray]:
        """Return the notes after all frames have been added, and their (notes, features) features for the confidence.

        Args:
            duration: length of the recording in seconds; no note ends later.
        """
        if self._search is not None:
            self._waiting += self._search.finish()
            self._measure(complete=True)
        spans = times(self._found, self._hop, duration)
        kept = merge([(found, *span) for found, span in zip(self._found, spans, strict=True)], self._config)
        contexts = [NoteContext(on, off, found.pitch, len(found.ornaments)) for found, on, off in kept]
        features = all_features([found.features for found, _, _ in kept], contexts)
        ends = releases([(on, off) for _, on, off in kept], [found.release for found, _, _ in kept])
        calibrated = self._confidence.calibrated
        sure = certainties(features, self._confidence) if calibrated else [None] * len(kept)
        notes = tuple(
            Note(
                on,
                off,
                found.pitch,
                confidence=found.clarity if certainty is None else certainty.right,
                certainty=certainty,
                ornaments=_ornaments(found, on, off, self._hop),
                release=release,
            )
            for (found, on, off), release, certainty in zip(kept, ends, sure, strict=True)
        )
        return notes, features

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
        """Measure the decided notes whose surrounding frames have been added."""
        if self._held is None:
            return
        if not complete and len(self._held) < _TOGETHER:
            return
        end = self._first + len(self._held)
        ready = sum(complete or segment.end + SURROUNDINGS < end for segment in self._waiting)
        if ready:
            segments = self._waiting[:ready]
            found = self._measured(segments)
            # The mean is over undivided notes, because the thresholds of songs were tuned for them.
            self._length += sum(note.end - note.start for note in found)
            self._clear += sum(note.clarity * (note.end - note.start) for note in found)
            divided = divide(segments, self._held, self._first, self._config)
            if len(divided) > len(segments):
                known, whole = set(segments), set(divided)
                found = [note for segment, note in zip(segments, found, strict=True) if segment in whole]
                found += self._measured([part for part in divided if part not in known])
                found.sort(key=lambda note: note.start)
            self._found += found
        self._waiting = self._waiting[ready:]

    def _measured(self, segments: Sequence[Segment]) -> list[Found]:
        """Measure one or more segments whose frames are still stored."""
        assert self._held is not None
        return measure(segments, self._held, self._first, self._limits, self._config)


def decode(
    posteriors: Posteriors, config: DecoderConfig, duration: float, confidence: ConfidenceConfig | None = None
) -> tuple[Note, ...]:
    """Find the best sequence of notes.

    Args:
        posteriors: posteriors of the whole recording.
        config: costs and weights.
        duration: length of the recording in seconds; no note ends later.
        confidence: calibration of the confidence, or None.

    Returns:
        Notes in time order that do not overlap. Each note is longer than 0 s, and lies between 0 and ``duration``.
    """
    decoder = Decoder(config, confidence)
    decoder.add(posteriors)
    return decoder.finish(duration)


def pitch_between(posteriors: Posteriors, config: DecoderConfig, onset: float, offset: float) -> float:
    """Measure the sung pitch between two given times, as `decode` does for the notes that it finds.

    Args:
        posteriors: posteriors of the whole recording.
        config: configuration of the decoder.
        onset, offset: start and end in seconds. A time outside the recording is replaced with the nearest frame.

    Returns:
        The pitch as a fractional MIDI number.

    Raises:
        ValueError: if there are no frames.
    """
    if not len(posteriors):
        raise ValueError("posteriors without frames have no pitch")
    start = min(max(round(onset / posteriors.hop), 0), len(posteriors) - 1)
    end = min(max(round(offset / posteriors.hop), start + 1), len(posteriors))
    return span_pitch(posteriors, config, start, end)


def pitch_track(posteriors: Posteriors, config: DecoderConfig) -> PitchTrack:
    """Compute the sung pitch of every frame: the centroid of the posterior's peak, or NaN if unvoiced."""
    peak = posteriors.pitch.argmax(axis=1)
    midi, _ = centroid(posteriors, np.arange(len(posteriors)), peak, reach=round(posteriors.bins_per_semitone))
    voicing = posteriors.voicing.astype(np.float64)
    return PitchTrack(
        time=np.arange(len(posteriors)) * posteriors.hop,
        midi=np.where(voicing > config.voiced, midi, np.nan),
        voicing=voicing,
    )


def _ornaments(found: Found, onset: float, offset: float, hop: float) -> tuple[Ornament, ...]:
    """Convert the times of a note's ornaments to seconds; drop ornaments outside the final times of the note."""
    kept = []
    for ornament in found.ornaments:
        start = onset if ornament.onset == found.start else ornament.onset * hop
        end = offset if ornament.offset == found.end else ornament.offset * hop
        if onset <= start < end <= offset and end - start < offset - onset:
            kept.append(Ornament(start, end, ornament.pitch, ornament.kind))
    return tuple(kept)
