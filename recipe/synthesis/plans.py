"""Plans of synthetic songs: syllables, notes and ornaments.

A plan has three kinds of boundaries. A *syllable* boundary begins a note with a new syllable. A *slur* begins a note
inside a syllable. An *ornament* boundary does not begin a note, but separates a scoop, a fall, a grace note or a
mordent from the rest of its note. Time is in seconds, and pitch is a fractional MIDI number. All random choices use the
generator ``rng`` of the caller.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from recipe.synthesis.manner import Manner

MODES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9))
LENGTHS, LENGTH_SHARES = (0.5, 1.0, 1.5, 2.0, 3.0), (0.3, 0.36, 0.12, 0.16, 0.06)
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a note with nearly constant pitch.

    Attributes:
        onset: start in seconds.
        pitch: fractional MIDI.
        glide: length of the glide from the previous piece in seconds; None for the usual portamento.
        kind: ``syllable`` or ``slur``, which begin notes, or ``ornament``.
    """

    onset: float
    pitch: float
    glide: float | None = None
    kind: str = "syllable"


@dataclass(frozen=True, slots=True)
class PlannedNote:
    """A note of the score, and the pieces of nearly constant pitch of which it consists.

    Attributes:
        onset, offset: start and end in seconds; the end is the onset of the next note or rest.
        pitch: fractional MIDI.
        pieces: pieces in time order; the first one begins at the onset.
    """

    onset: float
    offset: float
    pitch: float
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class PlannedSyllable:
    """A syllable and its notes.

    Attributes:
        closed: whether the syllable should end with consonants.
        notes: one or more notes without gaps between them.
        rest: whether the voice is silent after the syllable.
        fall: length in seconds, and depth in semitones, of a fall at the end of the syllable; zero for no fall.
        glottal: whether the syllable ends abruptly.
        join: ``dip`` if the syllable repeats the previous vowel after a dip of the level, ``hiatus`` if a new vowel
            follows the previous one without a consonant, else empty.
    """

    closed: bool
    notes: tuple[PlannedNote, ...]
    rest: bool = False
    fall: Span = (0.0, 0.0)
    glottal: bool = False
    join: str = ""

    @property
    def onset(self) -> float:
        """Start in seconds."""
        return self.notes[0].onset

    @property
    def offset(self) -> float:
        """End in the score, in seconds."""
        return self.notes[-1].offset


@dataclass
class _Walk:
    """A random walk over a scale."""

    scale: np.ndarray
    place: int
    rng: np.random.Generator

    def step(self, leap: int) -> float:
        """Move to another pitch, at most ``leap`` degrees of the scale away."""
        near = [p for p in range(len(self.scale)) if 0 < abs(p - self.place) <= leap]
        weights = np.array([1 / abs(p - self.place) for p in near])
        self.place = int(self.rng.choice(near, p=weights / weights.sum()))
        return self.pitch

    @property
    def pitch(self) -> float:
        """Return the current pitch with a random error."""
        return float(self.scale[self.place] + self.rng.normal(0, 0.07))


@dataclass
class _Planner:
    """Planner of one song."""

    manner: Manner
    walk: _Walk
    rng: np.random.Generator
    time: float
    done: list[PlannedSyllable] = field(default_factory=list)

    def phrase(self) -> None:
        """Add some syllables and a rest."""
        rng, manner = self.rng, self.manner
        count = int(rng.integers(2, 11))
        pickup = rng.random() < manner.pickups
        for number in range(count):
            final = number == count - 1
            if pickup and number == 0:
                self._syllable([(rng.uniform(0.12, 0.26), self.walk.step(3))], final)
                continue
            repeats = bool(number) and rng.random() < manner.repeated
            pitch = self.walk.pitch if repeats else self.walk.step(4)
            if pickup and number == 1:  # the pickup is one to three semitones below this note
                pitch, repeats = self._above_pickup(), False
            length = float(rng.choice(LENGTHS, p=LENGTH_SHARES)) * manner.beat * rng.uniform(0.88, 1.12)
            if final or (pickup and number == 1):
                length *= rng.uniform(1.0, 2.0)
            notes = [(float(np.clip(length, manner.shortest, 2.5)), pitch)]
            if rng.random() < manner.slurred:
                notes = self._melisma(notes[0])
            self._syllable(notes, final, self._join() if repeats else "")
        self.time += rng.uniform(0.15, 1.3)

    def _join(self) -> str:
        """Draw the join between a note and the repeated note before it; see `PlannedSyllable`."""
        if self.done[-1].rest:
            return ""
        drawn = self.rng.random()
        if drawn < self.manner.dips:
            return "dip"
        return "hiatus" if drawn < self.manner.dips + (1 - self.manner.dips) * self.manner.hiatus else ""

    def _above_pickup(self) -> float:
        last = self.done[-1].notes[-1]
        self.walk.place = int(np.argmin(np.abs(self.walk.scale - (last.pitch + self.rng.uniform(1.0, 3.0)))))
        return self.walk.pitch

    def _melisma(self, first: tuple[float, float]) -> list[tuple[float, float]]:
        """Draw a melisma: two long notes, a run of fast notes, or a turn."""
        if self.manner.turns and self.rng.random() < self.manner.turns:
            short, middle = self.rng.uniform(0.1, 0.2), self.rng.uniform(0.14, 0.3)
            notes = [(short, first[1]), (middle, self.walk.step(1))]
            last = self.rng.uniform(0.15, 0.6)
            if self.rng.random() < 0.5:
                return [*notes, (last, first[1])]
            return [*notes, (last, self.walk.step(1))] if self.rng.random() < 0.5 else notes
        if self.rng.random() < 0.5:
            return [
                (max(first[0], 0.28), first[1]),
                (max(self.rng.uniform(0.5, 1.5) * self.manner.beat, 0.25), self.walk.step(3)),
            ]
        quick = self.rng.uniform(0.11, 0.2)
        run = [(quick * self.rng.uniform(0.85, 1.2), self.walk.step(2)) for _ in range(self.rng.integers(2, 6))]
        return [(max(0.13, min(first[0], 2 * quick)), first[1]), *run]

    def _syllable(self, notes: list[tuple[float, float]], final: bool, join: str = "") -> None:
        rng, manner, planned = self.rng, self.manner, []
        for length, pitch in notes:
            planned.append(PlannedNote(self.time, self.time + length, pitch, ()))
            self.time += length
        gap = not final and rng.random() < manner.gaps and notes[-1][0] > 0.25
        if gap:
            short = min(rng.uniform(0.04, 0.15), 0.4 * notes[-1][0])
            planned[-1] = replace(planned[-1], offset=planned[-1].offset - short)
        before = self.done[-1] if self.done and not self.done[-1].rest else None
        if join:  # an ornament at its start would not have the previous pitch
            planned = [
                replace(note, pieces=(Piece(note.onset, note.pitch, None, "slur" if n else "syllable"),))
                for n, note in enumerate(planned)
            ]
        else:
            planned = [self._sung(note, n, before, len(notes)) for n, note in enumerate(planned)]
        fall = glottal = False
        last = planned[-1]
        room = last.offset - last.pieces[-1].onset
        if final:
            fall = rng.random() < manner.falls and room > 0.25
            glottal = not fall and rng.random() < manner.glottal
        seconds = min(rng.uniform(0.08, 0.3), 0.5 * room) if fall else 0.0
        self.done.append(
            PlannedSyllable(
                rng.random() < manner.closed,
                tuple(planned),
                final or gap,
                (seconds, rng.uniform(1.0, 7.0) if fall else 0.0),
                glottal,
                join,
            )
        )

    def _sung(self, note: PlannedNote, number: int, before: PlannedSyllable | None, count: int) -> PlannedNote:
        """Add pieces to a note, with at most one ornament at its start."""
        rng, manner = self.rng, self.manner
        length, kind = note.offset - note.onset, "syllable" if number == 0 else "slur"
        plain = (Piece(note.onset, note.pitch, None, kind),)
        if number or count > 2 or length < 0.22 or (count > 1 and length < 2 * manner.least_main):
            return replace(note, pieces=plain)
        drawn = rng.random()
        shares = np.cumsum([manner.scoops, manner.late if before else 0.0, manner.graces])
        shares = shares / max(1.0, float(shares[-1]))
        pieces = plain
        if drawn < shares[0]:
            pieces = self._scoop(note, length) if length > 0.12 + manner.least_main else plain
        elif drawn < shares[1] and before is not None:
            pieces = self._late(note, before.notes[-1].pitch, length)
        elif drawn < shares[2]:
            pieces = self._grace(note, length) if length > 0.3 else plain
        return replace(note, pieces=pieces)

    def _scoop(self, note: PlannedNote, length: float) -> tuple[Piece, ...]:
        """Make a scoop: a start below the pitch, followed by a fast rise or a slow slide."""
        rng = self.rng
        seconds = min(rng.uniform(0.06, 0.23), 0.45 * length, length - self.manner.least_main)
        depth = rng.uniform(0.7, 3.0)
        glide = rng.uniform(0.02, 0.06) if rng.random() < 0.65 else rng.uniform(0.06, 1.4 * seconds + 0.02)
        return (
            Piece(note.onset, note.pitch - depth, None, "syllable"),
            Piece(note.onset + seconds, note.pitch, glide, "ornament"),
        )

    def _late(self, note: PlannedNote, old: float, length: float) -> tuple[Piece, ...]:
        """Make a note that begins at the previous pitch."""
        seconds = min(self.rng.uniform(0.04, 0.16), 0.4 * length)
        if not 0.6 < abs(old - note.pitch) < 6.0:
            return (Piece(note.onset, note.pitch, None, "syllable"),)
        return (
            Piece(note.onset, old, None, "syllable"),
            Piece(note.onset + seconds, note.pitch, self.rng.uniform(0.03, 0.09), "ornament"),
        )

    def _grace(self, note: PlannedNote, length: float) -> tuple[Piece, ...]:
        """Make a grace note before the note, or a mordent on it."""
        rng = self.rng
        step = rng.choice([-1, 1]) * rng.uniform(0.9, 2.3)
        short = rng.uniform(0.05, 0.11)
        if rng.random() < 0.5 or length < 0.4:
            return (
                Piece(note.onset, note.pitch + step, None, "syllable"),
                Piece(note.onset + short, note.pitch, rng.uniform(0.02, 0.05), "ornament"),
            )
        first = rng.uniform(0.06, 0.15)
        glides = rng.uniform(0.02, 0.05, 2)
        return (
            Piece(note.onset, note.pitch, None, "syllable"),
            Piece(note.onset + first, note.pitch + step, float(glides[0]), "ornament"),
            Piece(note.onset + first + short, note.pitch, float(glides[1]), "ornament"),
        )


def plan_song(
    rng: np.random.Generator, seconds: float, limits: Span, manner: Manner, *, span: float = 12.0
) -> list[PlannedSyllable]:
    """Plan a song of random phrases.

    Args:
        rng: random generator.
        seconds: largest length of the song.
        limits: lowest and highest MIDI number of the voice.
        manner: style of the song.
        span: distance between the lowest and the highest note in semitones.
    """
    low = rng.uniform(limits[0], max(limits[0] + 0.1, limits[1] - span))
    mode = MODES[rng.integers(len(MODES))]
    steps = np.arange(np.ceil(low), np.floor(low + span) + 1)
    scale = steps[np.isin((steps - rng.integers(12)) % 12, mode)] + rng.uniform(-0.5, 0.5)
    planner = _Planner(manner, _Walk(scale, int(rng.integers(len(scale))), rng), rng, rng.uniform(0.3, 0.6))
    while planner.time < seconds - 2.0:
        planner.phrase()
    kept = [s for s in planner.done if s.offset < seconds - 0.3]
    if not kept:
        return []
    return _with_early_moves([*kept[:-1], replace(kept[-1], rest=True)], manner, rng)


def _with_early_moves(
    syllables: list[PlannedSyllable], manner: Manner, rng: np.random.Generator
) -> list[PlannedSyllable]:
    """Change some notes so that they move to the pitch of the next note before the next syllable begins."""
    moved = []
    for here, after in zip(syllables, [*syllables[1:], None], strict=True):
        last = here.notes[-1]
        room = last.offset - last.pieces[-1].onset
        if after is None or here.rest or room < 0.25 or rng.random() > manner.early:
            moved.append(here)
            continue
        seconds = min(rng.uniform(0.04, 0.14), 0.4 * room)
        piece = Piece(last.offset - seconds, after.notes[0].pitch, rng.uniform(0.03, 0.08), "ornament")
        if not 0.6 < abs(piece.pitch - last.pitch) < 6.0:
            moved.append(here)
            continue
        last = replace(last, pieces=(*last.pieces, piece))
        moved.append(replace(here, notes=(*here.notes[:-1], last)))
    return moved
