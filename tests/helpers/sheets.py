"""Sheets for tests, made from written melodies without a recording."""

from singtrans.formats.score.layout import lay_out
from singtrans.formats.score.sheet import Ornamented, Sheet, Tempo
from singtrans.formats.score.staff import choose_clef
from singtrans.formats.score.systems import choose_breaks
from singtrans.melody.key import parse_key


def sheet_of(melody, key="C", **more):
    """Make the sheet of a `WrittenMelody`; further arguments replace attributes of the sheet."""
    count = len(melody.starts)
    key = parse_key(key)
    spelling = tuple(key.spell(pitch) for pitch in melody.pitches)
    bars = lay_out(melody.starts, melody.ends, melody.metre)
    breaths = more.get("breaths", (False,) * count)
    letters = [len(syllable.text) + 1 if syllable else 0 for syllable in more.get("syllables", (None,) * count)]
    about = {
        "bars": bars,
        "metre": melody.metre,
        "key": key,
        "clef": choose_clef(spelling),
        "tempo": Tempo(96.0, shown=True),
        "spelling": spelling,
        "ornaments": (Ornamented(),) * count,
        "syllables": (None,) * count,
        "breaths": breaths,
        "breaks": choose_breaks(bars, breaths, letters, abs(key.fifths)),
        "title": "Song",
    }
    return Sheet(**about | more)
