"""Titles that are made from the names of recordings."""

import pytest

from singtrans.formats import Options
from singtrans.formats.titles import printable, readable_title


@pytest.mark.parametrize(
    ("recording", "title"),
    [
        ("my_song-final.wav", "My song final"),
        ("01 - Jean-Luc sings.mp3", "Jean-Luc sings"),
        ("02_twinkle_star.flac", "Twinkle star"),
        ("99 Luftballons.ogg", "99 Luftballons"),
        ("1072.flac", "1072"),
        ("O Tannenbaum.mp3", "O Tannenbaum"),
        ("___.wav", "___"),
        ("さくら.wav", "さくら"),
        ("", ""),
        ("stdin", ""),
        ("stdin.wav", "Stdin"),
    ],
)
def test_names_of_recordings_become_titles(recording, title):
    assert readable_title(recording) == title
    assert Options().title_of(recording) == title


def test_stated_titles_stay_as_they_are():
    assert Options(title="  my_song\t(live) ").title_of("x.wav") == "my_song (live)"
    assert printable("a\x00b\udc80") == "a?b?"
