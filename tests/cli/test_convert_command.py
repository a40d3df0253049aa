"""The command `convert`: formats, remarks, errors, metre, tuning and key."""

import re
import shutil
from dataclasses import replace
from itertools import pairwise

import mido
import numpy as np
import pytest

from singtrans import formats
from singtrans.melody.metre import Metre
from tests.helpers.command import GOOD, NOTES, SAMPLES, call, files, remarks, write_flat_notes


def test_convert_between_all_pairs_of_formats(tmp_path):
    pytest.importorskip("verovio")
    pytest.importorskip("typst")
    true = formats.load_notes(NOTES)
    names = ["a.mid", "a.csv", "a.json", "a.txt", "a.musicxml", "a.labels.txt", "a.sv.csv", "a.jams"]
    chain = [NOTES, *(tmp_path / name for name in names), tmp_path / "end.mid"]
    from singtrans.formats.conversion import convert_file

    for source, target in pairwise(chain):
        convert_file(source, target)
        found = formats.load_notes(target)
        assert [note.note for note in found] == [note.note for note in true], target
    for name in ("a.svg", "a.pdf", "a.wav", "a.report.html"):
        convert_file(NOTES, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000


def test_convert_prints_changes_of_the_notes(tmp_path):
    target = tmp_path / "a.mid"
    result = call("convert", NOTES, target, "--tempo", "auto", "--quantize", "1/8")
    assert result.returncode == 0
    assert re.search(r"tempo \d+ \(confidence 0\.9\d\), metre ./4 \(0\.\d\d\), no pickup \(0\.\d\d\)", result.stderr)
    assert "notes moved onto 1/8 by" in result.stderr
    ticks, now = [], 0
    for message in mido.MidiFile(target).tracks[1]:
        now += message.time
        if message.type == "note_on":
            ticks.append(now)
    assert all((tick - ticks[0]) % 240 == 0 for tick in ticks)
    plain = call("convert", NOTES, tmp_path / "b.csv")
    assert (plain.stdout, plain.stderr) == ("", f"{NOTES}: 30 notes, D3 to A3 -> {tmp_path / 'b.csv'}\n")
    again = call("convert", NOTES, target)
    assert (again.returncode, "already exists" in again.stderr) == (1, True)
    # The tempo of the MIDI file is kept, so its quarter notes are quarter notes in the score.
    quiet = call("convert", target, tmp_path / "a.musicxml", "-q")
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert 'tempo="71"' in (tmp_path / "a.musicxml").read_text(encoding="utf-8")


def test_remarks_name_their_formats_if_formats_differ():
    from singtrans.formats.conversion import load_transcription, remarks_on

    song = load_transcription(NOTES)
    assert remarks_on(song, ("mid",), formats.Options()) == ()
    (remark,) = remarks_on(song, ("mid", "csv", "pdf"), formats.Options())
    assert remark.startswith("pdf: tempo ")
    (remark,) = remarks_on(song, ("svg", "pdf"), formats.Options())
    assert remark.startswith("tempo ")
    found = remarks_on(song, ("mid", "pdf"), formats.Options(quantize="1/8"))
    assert [remark.split(" ")[0] for remark in found] == ["tempo", "notes"]  # each remark is printed once
    few = type(song)(song.notes[:3], song.pitch, 3.0)
    found = remarks_on(few, ("mid", "ustar", "pdf"), formats.Options(quantize="1/8"))
    assert [remark.split(" ")[0] for remark in found] == ["no", "the", "pdf:", "mid,"]
    assert found[3].startswith("mid, ustar: the notes keep the times that were sung")


def test_remarks_are_printed_once_each_on_lines_of_80_columns(tmp_path):
    onsets = np.cumsum(np.random.default_rng(0).uniform(0.3, 1.5, 30))  # without a beat
    notes = [f"{onset:.3f},{onset + 0.25:.3f},{60.45 + n % 9}" for n, onset in enumerate(onsets)]
    (tmp_path / "a.csv").write_text("\n".join(["onset,offset,pitch", *notes]) + "\n")
    (tmp_path / "words.txt").write_text("la la")
    options = ["--tempo", "auto", "--key", "auto", "--tuning", "auto", "--lyrics", "words.txt", "--quantize", "1/8"]
    for target in ("a.mid", "a.musicxml"):
        printed = call("convert", "a.csv", target, *options, cwd=tmp_path).stderr
        assert max(map(len, printed.splitlines())) <= 80
        found = remarks(printed)
        assert len(found) == len(set(found)) >= 5
        assert sum("no steady beat was found" in remark for remark in found) == 1
    transcribed = ["transcribe", GOOD, "-f", "musicxml,mid", "--metre", "5/8", *options[:6]]
    printed = call(*transcribed, "-o", "out", cwd=tmp_path).stderr
    assert max(map(len, printed.splitlines()[1:])) <= 80
    assert len(remarks(printed)) == len(set(remarks(printed))) >= 3


def test_a_drift_is_remarked_on_unless_an_option_sets_the_tuning(tmp_path):
    rows = [f"{0.6 * i:.1f},{0.6 * i + 0.5:.1f},{60 + (0, 2, 4, 5, 7)[i % 5] - 0.008 * i:.3f}" for i in range(100)]
    source = tmp_path / "a.csv"
    source.write_text("\n".join(["onset,offset,pitch", *rows]) + "\n")
    (said,) = remarks(call("convert", source, tmp_path / "a.mid").stderr)
    assert re.match(r"the singer's tuning falls by (7|8)\d cents during the song, so \d+ of 100 notes may be ", said)
    for tuning in ("auto", "440"):
        assert "falls by" not in call("convert", source, tmp_path / f"{tuning}.mid", "--tuning", tuning).stderr


def test_the_metre_of_a_midi_file_is_kept_unless_an_option_sets_it(tmp_path):
    from singtrans.formats.conversion import convert_file

    source, target = tmp_path / "a.mid", tmp_path / "b.mid"
    convert_file(NOTES, source, options=formats.Options(tempo=143.0, metre=5))
    for options, metre in [({}, 5), ({"metre": 3}, 3), ({"tempo": 100.0}, 5), ({"tempo": 100.0, "metre": 2}, 2)]:
        convert_file(source, target, options=formats.Options(**options), overwrite=True)
        assert formats.midi.read_beats(target).metre == Metre(metre, 4)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["a.csv", "b.xyz"], 2, "belongs to no format"),
        (["missing.csv", "b.mid"], 1, "missing.csv does not exist"),
        (["score.mscz", "b.mid"], 1, "export it as MusicXML or MIDI"),
        (["score.xyz", "b.mid"], 1, "has the ending .xyz, which belongs to no known format: use one of .json"),
        (["song.wav", "b.mid"], 1, "song.wav is a recording, but a file of notes is needed here: transcribe"),
        (["a.csv", "a.csv", "--overwrite"], 2, "is one of the input files"),
        (["a.csv", "song.wav", "--audio", "song.wav", "--overwrite"], 2, "is one of the input files"),
        (["missing.csv", "song.wav"], 1, "song.wav already exists; use --overwrite"),
        (["a.csv", "b.mid", "--tempo", "fast"], 2, "--tempo fast: give beats per minute"),
        (["a.csv", "b.mid", "--tempo", "0"], 2, "between 10 and 500"),
        (["a.csv", "b.mid", "--quantize", "1/5"], 2, "is not a grid"),
        (["a.csv", "b.mid", "--metre", "6/7"], 2, "--metre 6/7: give a metre such as"),
        (["a.csv", "b.mid", "--lyrics", "no.txt"], 1, "no.txt does not exist"),
        (["a.csv", "b.mid", "--velocity", "loudness"], 1, "needs the recording"),
        (["a.csv", "b.f0.csv"], 1, "has no pitch track"),
        (["a.csv", "b.csv", "--quantize", "1/8"], 2, "--quantize has no effect on csv: it is for mid, ustar, mus"),
        (["a.csv", "b.pdf", "--velocity", "loudness"], 2, "--velocity has no effect on pdf: it is for mid"),
        (["a.csv", "b.csv", "--audio", "x.wav"], 2, "--audio has no effect on csv"),
        (["a.csv", "b.csv", "--transpose", "2"], 2, "--transpose has no effect on csv: it is for mid, ustar, mus"),
        (["a.csv", "b.mid", "--composer", "Bach"], 2, "--composer has no effect on mid: it is for musicxml, svg, pdf"),
        (["a.csv", "b.f0.csv", "--ends", "sung"], 2, "--ends has no effect on f0"),
    ],
)
def test_errors_of_convert_are_reported_in_one_line(tmp_path, arguments, code, says):
    shutil.copy(NOTES, tmp_path / "a.csv")
    (tmp_path / "song.wav").write_bytes(b"a recording")
    result = call("convert", *arguments, cwd=tmp_path)
    assert result.returncode == code
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert files(tmp_path) == {"a.csv", "song.wav"}
    assert (tmp_path / "song.wav").read_bytes() == b"a recording"


def test_a_remark_is_printed_if_an_ultrastar_song_cannot_name_its_recording(tmp_path):
    shutil.copy(NOTES, tmp_path / "a.csv")
    (tmp_path / "song.wav").write_bytes(b"a recording")
    assert remarks(call("convert", "a.csv", "a.txt", cwd=tmp_path).stderr)[-1].endswith("the recording with --audio")
    named = call("convert", "a.csv", "b.txt", "--audio", "song.wav", cwd=tmp_path)
    assert named.returncode == 0 and "--audio" not in named.stderr
    assert "#AUDIO:song.wav" in (tmp_path / "b.txt").read_text(encoding="utf-8")


def test_title_composer_transposition_and_ends_of_a_score(tmp_path):
    score = tmp_path / "a.musicxml"
    options = ["--title", "Ode", "--composer", "Beethoven", "--transpose", "3", "--key", "D"]
    result = call("convert", NOTES, score, *options)
    assert result.returncode == 0, result.stderr
    text = score.read_text(encoding="utf-8")
    assert "<work-title>Ode</work-title>" in text
    assert '<creator type="composer">Beethoven</creator>' in text
    assert "<fifths>-1</fifths>" in text
    assert [note.note - 3 for note in formats.load_notes(score)] == [note.note for note in formats.load_notes(NOTES)]
    call("convert", NOTES, tmp_path / "b.musicxml", "--ends", "sung")
    assert (tmp_path / "b.musicxml").read_text(encoding="utf-8").count("<rest") > text.count("<rest")


def test_tuning_of_converted_notes(tmp_path):
    meant = [note.note for note in formats.load_notes(NOTES)]
    write_flat_notes(tmp_path / "flat.csv")
    (tmp_path / "singtrans.toml").write_text('[convert]\ntuning = "auto"\n')
    for arguments, shift in [(["--tuning", "427.5"], 0), ([], None), (["--tuning", "440"], ...)]:
        result = call("convert", "flat.csv", "a.mid", "--overwrite", *arguments, cwd=tmp_path)
        assert result.returncode == 0
        moved = {note.note - true for note, true in zip(formats.load_notes(tmp_path / "a.mid"), meant, strict=True)}
        if shift is ...:
            assert moved == {0, -1}  # some notes are a semitone lower
            assert "tuning" not in result.stderr
        elif shift is None:
            assert len(moved) == 1
            (remark,) = remarks(result.stderr)
            assert remark.startswith("tuning: A4 = ") and "if all notes are a semitone too" in remark
        else:
            assert moved == {shift}
    result = call("transcribe", GOOD, "-o", tmp_path, "-f", "csv", "--tuning", "auto")
    assert (result.returncode, "\n  tuning: A4 = " in result.stderr) == (0, True)
    result = call("convert", "flat.csv", "b.mid", "--tuning", "flat", cwd=tmp_path)
    assert (result.returncode, "--tuning flat: give Hz of A4" in result.stderr) == (2, True)


def test_key_of_converted_notes(tmp_path):
    """Pitches between two semitones are rounded to notes of the key, in all formats and by all commands with --key."""
    pytest.importorskip("matplotlib")
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    rows = [f"{i / 2},{i / 2 + 0.4},{p + 0.7 if i in (0, 11) else p}" for i, p in enumerate(scale * 4)]
    (tmp_path / "off.csv").write_text("\n".join(["onset,offset,pitch", *rows]))
    for key, remark in [("C", ""), ("a minor", ""), ("auto", "\n  key: C major or A minor; 2 of 32 notes moved")]:
        result = call("convert", "off.csv", "a.mid", "--overwrite", "--key", key, cwd=tmp_path)
        assert (result.returncode, remark in result.stderr) == (0, True)
        assert ("key:" in result.stderr) == (key == "auto")
        assert [note.note for note in formats.load_notes(tmp_path / "a.mid")] == scale * 4
    page = ["report", SAMPLES / "ode_to_joy.ogg", "--notes", "off.csv", "-o", ".", "--key", "C"]
    assert call(*page, cwd=tmp_path).returncode == 0
    from singtrans.formats.page.content import read_page

    assert [note.note for note in read_page(tmp_path / "ode_to_joy.report.html").notes] == scale * 4
    assert '"midi":[]' not in (tmp_path / "ode_to_joy.report.html").read_text(encoding="utf-8")  # there is a sung pitch
    assert "key: C major or A minor" in call("plot", "off.csv", "-o", "b.svg", "--key", "auto", cwd=tmp_path).stderr
    result = call("transcribe", GOOD, "-o", tmp_path, "-f", "csv", "--key", "auto")
    assert (result.returncode, "\n  key: " in result.stderr) == (0, True)
    result = call("convert", "off.csv", "b.mid", "--key", "H", cwd=tmp_path)
    assert (result.returncode, "--key H: give a key such as C, Bb, F#m" in result.stderr) == (2, True)
    result = call("convert", "off.csv", "b.labels.txt", "--key", "C", cwd=tmp_path)
    assert (result.returncode, "--key has no effect on labels" in result.stderr) == (2, True)
    (tmp_path / "singtrans.toml").write_text('[convert]\nkey = "Eb"\n')
    assert call("convert", "off.csv", "c.csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "c.csv").read_text().startswith("onset,offset,pitch,note,confidence,moved\n")


def test_remarks_are_about_the_notes_that_are_written():
    """A key changes the note numbers, and therefore the remarks about the melody."""
    from singtrans.formats.conversion import load_transcription, remarks_on
    from singtrans.formats.score.arrangement import arrange
    from singtrans.melody.key import apply_tuning_and_key

    song = load_transcription(NOTES)
    song = replace(song, notes=tuple(replace(note, pitch=note.pitch + 0.45) for note in song.notes))
    options = formats.Options(key="D", tempo="auto")
    (found,) = remarks_on(song, ("musicxml",), options)
    meant = apply_tuning_and_key(song, None, options.key)
    assert (found,) == arrange(meant, replace(options, ends="joined"), score=True).remarks
