"""Well-known tunes in ABC notation, each with its metre and its pickup in beats."""

from fractions import Fraction

from recipe.folk_songs import FolkSong, parse_song

_TUNES = {
    "Twinkle, twinkle": (
        "4/4",
        0,
        "M: 4/4\nL: 1/4\nK: C\nCCGG | AAG2\nFFEE | DDC2\nGGFF | EED2\nGGFF | EED2\nCCGG | AAG2\nFFEE | DDC2",
    ),
    "Frère Jacques": (
        "4/4",
        0,
        "M: 4/4\nL: 1/8\nK: C\nC2D2E2C2\nC2D2E2C2\nE2F2G4\nE2F2G4\nGAGFE2C2\nGAGFE2C2\nC2G,2C4\nC2G,2C4",
    ),
    "Silent night": (
        "6/8",
        0,
        "M: 6/8\nL: 1/8\nK: C\n"
        "G3/2A/2G E3 | G3/2A/2G E3\nd2d B3 | c2c G3\nA2A c3/2B/2A | G3/2A/2G E3\n"
        "A2A c3/2B/2A | G3/2A/2G E3\nd2d f3/2d/2B | c3 e3\nc3/2G/2E G3/2F/2D | C3-C3",
    ),
    "Amazing grace": (
        "3/4",
        1,
        "M: 3/4\nL: 1/8\nK: F\n"
        "C2 | F4AF | A4G2 | F4D2 | C4\nC2 | F4AF | A4G2 | c6- | c4\nA2 | c4AF | A4G2 | F4D2 | C4\n"
        "C2 | F4AF | A4G2 | F4",
    ),
    "Ode to joy": (
        "4/4",
        0,
        "M: 4/4\nL: 1/4\nK: D\n"
        "FFGA | AGFE\nDDEF | F3/2E/2E2\nFFGA | AGFE\n"
        "DDEF | E3/2D/2D2\nEEFD | EF/2G/2FD\nEF/2G/2FE | DEA,2\n"
        "FFGA | AGFE\nDDEF | E3/2D/2D2",
    ),
    "Auld lang syne": (
        "4/4",
        1,
        "M: 4/4\nL: 1/8\nK: F\nC2 | F3FF2A2 | G3FG2A2\nF3FA2c2 | d6\nd2 | c3AA2F2 | G3FG2A2\nF3DD2C2 | F6",
    ),
}


def tune(name: str) -> tuple[FolkSong, str, Fraction]:
    """Return a tune, its metre, and its pickup in beats."""
    metre, pickup, text = _TUNES[name]
    song = parse_song(f"X: 1\nT: {name}\n{text}", name)
    assert song is not None
    return song, metre, Fraction(pickup)


NAMES = tuple(_TUNES)
