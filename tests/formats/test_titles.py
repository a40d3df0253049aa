"""Titles that are made from the names of recordings, and titles and names that a conversion keeps."""

import pytest

from singtrans.formats import Options
from singtrans.formats.conversion import convert_file
from singtrans.formats.titles import printable, readable_title

TAGS = ["#TITLE:Été", "#ARTIST:Ann\tBee", "#LANGUAGE:French", "#CREATOR:Cy", "#MP3:my song.mp3", "#YEAR:1977"]
TAGS += ["#COVER:pictures/a.jpg", "#VIDEO:a.mp4", "#VOCALS:a [VOC].mp3", "#OWN:#:x"]
GONE = ["#MEDLEYSTARTBEAT:8", "#RELATIVE:NO", "#ENCODING:CP1252", "#P1:Ann", "#DUETSINGERP2:Bee", "#EMPTY:"]
SONG = "#BPM:300\n#GAP:1500\n: 0 4 0 la\n: 8 4 2 la\nE\n"


def tags(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.partition(":")[0][1:]: line.partition(":")[2] for line in lines if line.startswith("#")}


def test_an_ultrastar_song_keeps_its_tags(tmp_path):
    song = tmp_path / "song.txt"
    song.write_text("\n".join([*TAGS, *GONE, "#VIDEOGAP:1,5", SONG]), encoding="utf-8")
    assert convert_file(song, tmp_path / "new.txt").remarks == ()
    kept = tags(tmp_path / "new.txt")
    written = {"VERSION": "1.1.0", "BPM": "400", "GAP": "1500", "AUDIO": "my song.mp3", "VIDEOGAP": "1,5"}
    assert kept == written | {line.partition(":")[0][1:]: line.partition(":")[2] for line in TAGS} | {
        "ARTIST": "Ann Bee"
    }
    convert_file(tmp_path / "new.txt", tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "new.txt").read_bytes()
    (tmp_path / "other.wav").write_bytes(b"")
    options = Options(title="T", artist="A", language="L")
    convert_file(song, tmp_path / "b.txt", audio=tmp_path / "other.wav", options=options)
    stated = {"TITLE": "T", "ARTIST": "A", "LANGUAGE": "L", "MP3": "other.wav", "AUDIO": "other.wav"}
    assert tags(tmp_path / "b.txt") == kept | stated


def test_times_in_tags_of_version_2_are_converted(tmp_path):
    song = tmp_path / "song.txt"
    times = "#START:2500\n#END:90000\n#VIDEOGAP:-120\n#PREVIEWSTART:soon\n"
    song.write_text(f"#VERSION:2.0.0\n#AUDIO:a.mp3\n{times}{SONG}")
    convert_file(song, tmp_path / "new.txt")
    kept = tags(tmp_path / "new.txt")
    assert [kept[name] for name in ("START", "END", "VIDEOGAP", "PREVIEWSTART")] == ["2.5", "90000", "-0.12", "soon"]
    assert (kept["VERSION"], kept["MP3"], kept["CREATOR"]) == ("1.1.0", "a.mp3", "singtrans")


@pytest.mark.parametrize("ending", [".musicxml", ".mid", ".txt"])
def test_titles_and_names_are_kept_by_conversions(tmp_path, ending):
    """A MIDI file keeps the title only, and an UltraStar song has no composer."""
    (tmp_path / "a.csv").write_text("onset,offset,pitch\n0.0,0.5,60\n0.5,1.0,62\n")
    names = {"title": "Ode to Joy", "artist": "Ann", "composer": "Beethoven"}
    convert_file(tmp_path / "a.csv", tmp_path / "b.musicxml", options=Options(**names))
    convert_file(tmp_path / "b.musicxml", tmp_path / f"c{ending}")
    content = (tmp_path / f"c{ending}").read_bytes().decode("utf-8", "replace")
    known = {".musicxml": names, ".mid": ["title"], ".txt": ["title", "artist"]}[ending]
    assert [name for name, text in names.items() if text in content] == list(known)


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
