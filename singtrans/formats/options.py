"""Options of the writers. Each writer uses some of the fields."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from singtrans.audio.recording import Source
from singtrans.errors import UsageError
from singtrans.formats.lyrics import Syllable
from singtrans.formats.titles import printable, readable_title
from singtrans.melody import metre as metres
from singtrans.melody.beats import Beats
from singtrans.melody.key import Key, parse_key
from singtrans.melody.metre import Metre
from singtrans.melody.quantize import parse_grid
from singtrans.melody.tuning import AUTO
from singtrans.notes import Note

LOWEST_A4, HIGHEST_A4 = 380.0, 500.0  # Hz
_LONGEST_PICKUP, _FINEST = 24, 24  # beats; parts of a beat
VOICE_OOHS = 53  # number of the program in General MIDI, counted from 0
FOLD, KEEP = "fold", "keep"
SUNG, JOINED = "sung", "joined"
_FARTHEST = 24  # semitones


@dataclass(frozen=True, slots=True)
class Options:
    """Options for writing notes. Options can be pickled.

    Attributes:
        tempo: beats per minute; ``auto`` to estimate the beats from the notes; None for the default of the format.
        metre: metre, or number of quarter notes per bar; None for the metre of ``beats``, or for 4/4 without beats.
        pickup: number of beats before the first bar line; None to estimate it together with the tempo.
        downbeat: time in seconds of a note that begins a bar; None to estimate it together with the tempo.
        tempo_map: whether the tempo follows the singer; otherwise, it is constant.
        quantize: name of the grid to which notes are moved (see ``parse_grid``); empty for no grid.
        tuning: frequency of the singer's A4 in Hz; ``auto`` to estimate it from the notes; None for 440.
        key: key (or its name) to which notes are rounded; ``auto`` to estimate it; None for the nearest semitone.
        pitch_bend: whether MIDI files contain pitch bends that follow the sung pitch.
        program: program of General MIDI, counted from 1 to 128.
        loudness: whether velocities follow the loudness of the recording.
        lyrics: one syllable for each note, in order.
        audio: recording, for formats that need its sound.
        beats: known beats, which are used if ``tempo`` is None.
        title: title of the song; empty to make one from the name of the recording.
        artist: name of the singer, or empty.
        language: language of the words, such as ``English``, or empty.
        signature: key for key signatures, if known; unlike ``key``, it does not change the notes.
        checked: indices of the notes that a person has marked as right.
        history: steps for undo and redo, from a session of the report page; only that page reads them.
        reference: notes of the written melody, with which the summary of the report page compares the sung notes; None
            for no comparison.
        analysis: values for the summary of the report page, as JSON; None to compute them from the notes.
        composer: name of the composer, or empty.
        ornaments: ``fold`` (scoops, grace notes and falls are part of their notes) or ``keep`` (these ornaments are
            written as signs and grace notes in sheet music, and as notes in other formats).
        ends: ``sung`` (a note ends where the voice stops) or ``joined`` (a note ends where a score would end it); empty
            for the default of the format.
        transpose: number of semitones by which notes are written higher, or lower if negative.
        tags: names and values of further tags of an UltraStar song, such as ``("YEAR", "1977")``.

    Raises:
        UsageError: if a value is out of range.
    """

    tempo: float | str | None = None
    metre: Metre | int | None = None
    pickup: Fraction | None = None
    downbeat: float | None = None
    tempo_map: bool = False
    quantize: str = ""
    tuning: float | str | None = None
    key: Key | str | None = None
    pitch_bend: bool = False
    program: int = VOICE_OOHS + 1
    loudness: bool = False
    lyrics: tuple[Syllable, ...] = ()
    audio: Source | None = None
    beats: Beats | None = None
    title: str = ""
    artist: str = ""
    language: str = ""
    signature: Key | None = None
    checked: tuple[int, ...] = ()
    reference: tuple[Note, ...] | None = None
    analysis: Mapping[str, Any] | None = None
    history: Mapping[str, Any] | None = None

    @property
    def stated_key(self) -> Key | None:
        """Key for key signatures; None if no key is stated."""
        return self.key if isinstance(self.key, Key) else self.signature

    composer: str = ""
    ornaments: str = FOLD
    ends: str = ""
    transpose: int = 0
    tags: tuple[tuple[str, str], ...] = ()

    def title_of(self, audio: str) -> str:
        """Return the title as printable text: the stated one, or one made from the name of the recording."""
        return printable(self.title) or printable(readable_title(audio))

    @property
    def without_bars(self) -> "Options":
        """These options, adapted to formats with a single tempo and no bars. A stated tempo counts quarter notes."""
        counts_quarters = isinstance(self.tempo, float | int)
        return replace(self, tempo_map=False, metre=Metre() if counts_quarters else self.metre)

    @property
    def finds_rhythm(self) -> bool:
        """Whether beats must be estimated from the notes."""
        return self.tempo is not None or self.tempo_map or self.pickup is not None or self.downbeat is not None

    def __post_init__(self) -> None:
        if isinstance(self.tempo, str):
            if self.tempo != AUTO:
                raise UsageError(f"--tempo {self.tempo}: give beats per minute, such as 96, or auto")
        elif self.tempo is not None and not (math.isfinite(self.tempo) and 10 <= self.tempo <= 500):
            raise UsageError(f"--tempo {self.tempo:g}: the tempo must be between 10 and 500 beats per minute")
        if isinstance(self.tuning, str):
            if self.tuning != AUTO:
                raise UsageError(f"--tuning {self.tuning}: give Hz of A4, such as 432, or auto")
        elif self.tuning is not None and not LOWEST_A4 <= self.tuning <= HIGHEST_A4:
            raise UsageError(f"--tuning {self.tuning:g}: A4 must be between {LOWEST_A4:g} and {HIGHEST_A4:g} Hz")
        if isinstance(self.key, str):
            object.__setattr__(self, "key", parse_key(self.key))
        self._check_bars()
        self._check_notes()
        if not 1 <= self.program <= 128:
            raise UsageError(f"--program {self.program}: General MIDI has the programs 1 to 128")
        if self.quantize:
            try:
                parse_grid(self.quantize)
            except ValueError as error:
                raise UsageError(f"--quantize {error}") from None

    def _check_notes(self) -> None:
        """Check the options that change notes."""
        if self.ornaments not in (FOLD, KEEP):
            raise UsageError(f"--ornaments {self.ornaments}: choose {FOLD} or {KEEP}")
        if self.ends not in ("", SUNG, JOINED):
            raise UsageError(f"--ends {self.ends}: choose {SUNG} or {JOINED}")
        if abs(self.transpose) > _FARTHEST:
            raise UsageError(f"--transpose {self.transpose}: the notes move by at most {_FARTHEST} semitones")

    def _check_bars(self) -> None:
        """Check metre, pickup and downbeat."""
        if isinstance(self.metre, int):
            object.__setattr__(self, "metre", parse_metre(str(self.metre)))
        if self.pickup is not None and not 0 <= self.pickup <= _LONGEST_PICKUP:
            raise UsageError(f"--pickup {self.pickup}: give 0 to {_LONGEST_PICKUP} beats")
        if self.downbeat is not None and not (math.isfinite(self.downbeat) and self.downbeat >= 0):
            raise UsageError(f"--downbeat {self.downbeat:g}: give a time in seconds, from 0")


PLAIN = Options()
"""Default options."""

NOTES = frozenset(("ornaments", "ends"))
"""Fields that all formats with notes use."""

BEATS = NOTES | {"tempo", "metre", "pickup", "downbeat", "quantize", "tuning", "key", "lyrics", "audio", "transpose"}
"""Fields that formats with beats use."""

SHEET = BEATS | {"title", "artist", "composer"}
"""Fields that sheet music uses."""


def parse_auto(text: str) -> float | str:
    """Parse ``--tempo`` or ``--tuning``: a number or ``auto``. Other text is returned, and `Options` refuses it."""
    text = text.strip()
    if text.lower() == AUTO:
        return AUTO
    try:
        return float(text)
    except ValueError:
        return text


def parse_pickup(text: str) -> Fraction:
    """Parse ``--pickup``: beats such as ``1``, ``0.5`` or ``1/3``.

    Raises:
        UsageError: if the text is not a number.
    """
    try:
        if not text.isascii():
            raise ValueError(text)
        return Fraction(text.strip()).limit_denominator(_FINEST)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"--pickup {text}: give beats before the first bar line, such as 0, 1, 0.5 or 1/3") from None


def parse_metre(text: str) -> Metre:
    """Parse ``--metre``: ``6/8``, or ``3`` for ``3/4``.

    Raises:
        UsageError: if the text is not a metre.
    """
    try:
        return metres.parse_metre(text)
    except ValueError:
        raise UsageError(f"--metre {text}: give a metre such as 2/4, 3/4, 4/4, 6/8, 9/8 or 12/8") from None
