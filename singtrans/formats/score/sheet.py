"""Sheet music of a melody, which can be written as MusicXML."""

from collections.abc import Sequence
from dataclasses import dataclass

from singtrans.formats.lyrics import HELD, Syllable
from singtrans.formats.options import Options
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.score.layout import Bar, lay_out
from singtrans.formats.score.staff import Clef, Spelling, choose_clef
from singtrans.formats.score.systems import choose_breaks
from singtrans.formats.titles import printable
from singtrans.melody.key import Key
from singtrans.melody.metre import Metre
from singtrans.melody.tempo import CONFIDENT
from singtrans.melody.tonality import estimate_key
from singtrans.notes import FALL, GRACE, SCOOP, Note, Transcription

SCOOP_SIGN, FALL_SIGN = "scoop", "falloff"
"""MusicXML's names of the signs for scoops and falls."""

_MARKS = {SCOOP: SCOOP_SIGN, FALL: FALL_SIGN}


@dataclass(frozen=True, slots=True)
class Ornamented:
    """Grace notes and signs for the ornaments of a note.

    Attributes:
        graces: grace notes before the note.
        marks: MusicXML's names of the signs at the note.
    """

    graces: tuple[Spelling, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo mark.

    Attributes:
        beats: beats of the metre per minute.
        shown: whether the mark is printed; an uncertain tempo is not printed, but is used for playback.
    """

    beats: float
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A melody in bars, with its lyrics, signs and heading.

    Attributes:
        bars: consecutive bars.
        metre: metre of all bars.
        key: key that determines the key signature.
        clef: clef of the staff.
        tempo: tempo mark.
        spelling: step, alteration and octave of each note.
        ornaments: signs and grace notes of each note.
        syllables: syllable of each note; None for a note without one.
        breaths: for each note, whether the singer breathes after it.
        breaks: indices of bars that begin a system.
        title, composer, artist: texts of the heading, which may be empty.
        program: program of General MIDI for playback, counted from 1 to 128.
    """

    bars: tuple[Bar, ...]
    metre: Metre
    key: Key
    clef: Clef
    tempo: Tempo
    spelling: tuple[Spelling, ...]
    ornaments: tuple[Ornamented, ...]
    syllables: tuple[Syllable | None, ...]
    breaths: tuple[bool, ...]
    breaks: frozenset[int]
    title: str = ""
    composer: str = ""
    artist: str = ""
    program: int = 54


def make_sheet(transcription: Transcription, options: Options) -> Sheet:
    """Convert a transcription to sheet music, starting with the bar of the first note.

    Without a grid in the options, notes are moved to sixteenth notes or triplets. A tempo or a key that is not given is
    estimated.

    Raises:
        InputError: if the notes span more bars than a score can have.
    """
    arrangement = arrange(transcription, options, score=True)
    rhythm = arrangement.rhythm
    assert rhythm is not None  # sheet music has one
    notes = arrangement.notes
    key = options.stated_key or _key(arrangement)
    spelling = tuple(key.spell(note.note) for note in notes)
    bars = lay_out(rhythm.starts, rhythm.ends, rhythm.metre)
    keep = options.ornaments == "keep"
    return Sheet(
        bars=bars,
        metre=rhythm.metre,
        key=key,
        clef=choose_clef(spelling),
        tempo=Tempo(rhythm.tempo, rhythm.confidence.tempo >= CONFIDENT),
        spelling=spelling,
        ornaments=tuple(_ornamented(note, key) if keep else Ornamented() for note in transcription.notes),
        syllables=arrangement.syllables,
        breaths=arrangement.breaths,
        breaks=choose_breaks(bars, _phrase_ends(arrangement), _letters(arrangement.syllables), abs(key.fifths)),
        title=options.title_of(transcription.audio),
        composer=printable(options.composer),
        artist=printable(options.artist),
        program=options.program,
    )


def _key(arrangement: Arrangement) -> Key:
    rhythm = arrangement.rhythm
    assert rhythm is not None
    lengths = [float(end - start) for start, end in zip(rhythm.starts, rhythm.ends, strict=True)]
    return estimate_key([note.note for note in arrangement.notes], lengths, arrangement.breaths)


def _ornamented(note: Note, key: Key) -> Ornamented:
    graces, marks = [], []
    for ornament in note.ornaments:
        pitch = Note(ornament.onset, ornament.offset, ornament.pitch, tuning=note.tuning).note
        if ornament.kind == GRACE and pitch != note.note:
            graces.append(key.spell(pitch))
        elif ornament.kind in _MARKS:
            marks.append(_MARKS[ornament.kind])
    return Ornamented(tuple(graces), tuple(marks))


def _phrase_ends(arrangement: Arrangement) -> list[bool]:
    """Return for each note whether a phrase ends with it: the singer breathes after it, or a line of the words ends."""
    held = [syllable is not None and syllable.text == HELD for syllable in arrangement.syllables]
    ends, line = [], False
    for number, (breath, syllable) in enumerate(zip(arrangement.breaths, arrangement.syllables, strict=True)):
        line = (syllable is not None and syllable.ends_line) or (line and held[number])
        ends.append(breath or (line and held[number + 1 : number + 2] != [True]))
    return ends


def _letters(syllables: Sequence[Syllable | None]) -> list[int]:
    """Return the width of each syllable in letters, with the space after it; wide letters count twice."""
    return [
        0 if syllable is None or syllable.text == HELD else 1 + sum(1 + (c > "\u2e80") for c in syllable.text)
        for syllable in syllables
    ]
