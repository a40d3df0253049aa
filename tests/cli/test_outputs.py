"""The commands `convert`, `plot` and `report`, standard streams, and defaults in files."""

import json
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mido
import pytest

from singtrans import formats
from singtrans.melody.metre import Metre
from tests.helpers.command import GOOD, SAMPLES, call, files, run, unsung

NOTES = SAMPLES / "ode_to_joy.notes.csv"


def test_convert_between_all_pairs_of_formats(tmp_path):
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
    remarks = remarks_on(song, ("mid", "pdf"), formats.Options(quantize="1/8"))
    assert [remark.split(" ")[0] for remark in remarks] == ["tempo", "notes"]  # each remark is printed once
    few = type(song)(song.notes[:3], song.pitch, 3.0)
    remarks = remarks_on(few, ("mid", "ustar", "pdf"), formats.Options(quantize="1/8"))
    assert [remark.split(" ")[0] for remark in remarks] == ["no", "pdf:", "mid,"]
    assert remarks[2].startswith("mid, ustar: the notes keep the times that were sung")


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


def test_transcribe_with_all_formats_and_options(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("Twin-kle twin-kle lit-tle star")
    options = ["--tempo", "128", "--quantize", "1/16", "--pitch-bend", "--velocity", "loudness", "--lyrics", words]
    wanted = [part for name in formats.WRITERS for part in ("-f", name)]
    result = call("transcribe", GOOD, "-o", tmp_path / "out", *wanted, *options)
    assert result.returncode == 0, result.stderr
    assert files(tmp_path / "out") == {f"twinkle_phone{ending}" for ending in formats.ENDINGS.values()}
    voice = mido.MidiFile(tmp_path / "out" / "twinkle_phone.mid").tracks[1]
    assert [m.text for m in voice if m.type == "lyrics"][:3] == ["Twin-", "kle", "twin-"]
    assert len({m.velocity for m in voice if m.type == "note_on"}) > 3
    assert any(m.type == "pitchwheel" for m in voice)
    again = call("transcribe", tmp_path / "out", "-o", tmp_path / "again")
    assert "no recordings" in again.stderr  # sonifications are not recordings


def test_options_without_effect_are_refused_before_transcribing(tmp_path):
    unsung(tmp_path)
    before = files(tmp_path)
    for arguments in (["silence.wav", "-f", "csv", "-f", "jams"], ["silence.wav", "-o", "x.csv"], ["-"]):
        result = call("transcribe", *arguments, "--pitch-bend", cwd=tmp_path, input=b"")
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "--pitch-bend has no effect on csv" in result.stderr
    assert files(tmp_path) == before
    (tmp_path / "singtrans.toml").write_text(
        "[transcribe]\npitch-bend = true\n"
    )  # defaults in the file are ignored where they have no effect
    assert call("transcribe", "silence.wav", "-f", "csv", cwd=tmp_path).returncode == 0
    result = call("transcribe", "short.wav", "-f", "csv", "-f", "mid", "--program", "1", cwd=tmp_path)
    assert result.returncode == 0


def test_lyrics_are_refused_for_several_recordings(tmp_path):
    unsung(tmp_path)
    (tmp_path / "w.txt").write_text("la")
    result = call("transcribe", ".", "--lyrics", "w.txt", cwd=tmp_path)
    assert (result.returncode, "give a single INPUT" in result.stderr) == (2, True)


def test_standard_input_and_output(tmp_path):
    result = call("transcribe", "-", input=GOOD.read_bytes(), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    rows = result.stdout.splitlines()
    assert rows[0] == "onset,offset,pitch,note,confidence"
    assert len(rows) > 10
    content = json.loads(call("transcribe", "-", "-f", "json", input=GOOD.read_bytes()).stdout)
    assert len(content["notes"]) == len(rows) - 1
    assert content["audio"] == "stdin"
    assert call("transcribe", GOOD, "-o", "-").stdout == result.stdout
    assert files(tmp_path) == set()
    empty = call("transcribe", "-", input=b"")
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "standard input is empty" in empty.stderr
    text = call("transcribe", "-", input=b"la la la\n" * 100)
    assert (text.returncode, "standard input is not a recording" in text.stderr) == (1, True)
    for wrong in (["-", "-o", "x.mid"], ["-", "a.wav"], ["-", "-f", "mid", "-f", "csv"]):
        assert call("transcribe", *wrong, input=b"", cwd=tmp_path).returncode == 2
    for idle in (["--jobs", "2"], ["--overwrite"], ["--skip-existing"], ["--log", "x"], ["--scheduler", "local"]):
        result = call("transcribe", "-", *idle, input=b"", cwd=tmp_path)
        assert (result.returncode, f"{idle[0]} is for files" in result.stderr) == (2, True)


def test_defaults_for_files_are_ignored_with_standard_output(tmp_path):
    (tmp_path / "singtrans.toml").write_text(
        '[transcribe]\nformat = ["json", "mid"]\nlog = "log.jsonl"\njobs = 4\noutput = "notes"\nscheduler = "local"\n'
        "overwrite = true\nskip-existing = true\ntempo = 120\n"
    )
    result = call("transcribe", "-", input=GOOD.read_bytes(), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["audio"] == "stdin"
    assert files(tmp_path) == {"singtrans.toml"}


def test_remarks_are_printed_on_stderr_with_standard_output(tmp_path):
    arguments = ["transcribe", "-", "-f", "ustar", "--tempo", "auto", "--tuning", "auto"]
    said = call(*arguments, input=GOOD.read_bytes())
    assert said.returncode == 0
    assert [line.split(" ")[:3] for line in said.stderr.splitlines()] == [
        ["standard", "input:", "tuning:"],
        ["standard", "input:", "tempo"],
    ]
    quiet = call(*arguments, "-q", input=GOOD.read_bytes())
    assert (quiet.returncode, quiet.stderr, quiet.stdout) == (0, "", said.stdout)


def test_defaults_are_read_from_a_file(tmp_path):
    (tmp_path / "singtrans.toml").write_text("[convert]\ntempo = 96\nprogram = 1\npitch-bend = true\n")
    target = tmp_path / "a.mid"
    assert call("convert", NOTES, target, cwd=tmp_path).returncode == 0
    content = mido.MidiFile(target)
    assert content.tracks[1][1].program == 0
    assert any(m.type == "pitchwheel" for m in content.tracks[1])
    tempi = [m.tempo for m in content.tracks[0] if m.type == "set_tempo"]
    assert tempi[-1] == 625_000
    off = call("convert", NOTES, target, "--no-pitch-bend", "--program", "9", "--overwrite", cwd=tmp_path)
    assert off.returncode == 0
    content = mido.MidiFile(target)
    assert content.tracks[1][1].program == 8
    assert not any(m.type == "pitchwheel" for m in content.tracks[1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[transcribe", "is not TOML"),
        ("[sing]\n", "[sing] is not a command"),
        ('[transcribe]\nformatt = "mid"\n', "formatt is not an option"),
        ("[transcribe]\ntempo = {a = 1}\n", "tempo must be"),
        ('[transcribe]\ntempo = ["auto"]\n', "tempo must be a text, a number, true or false"),
        ("[transcribe]\nformat = true\n", "format must be a text or a list of texts"),
    ],
)
def test_wrong_defaults_are_reported(tmp_path, text, says):
    (tmp_path / "singtrans.toml").write_text(text)
    result = call("info", cwd=tmp_path)
    assert result.returncode == 2
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_defaults_of_the_folder_override_those_of_the_user(tmp_path):
    from singtrans.cli.defaults import Option, merged, read_defaults

    (tmp_path / "a.toml").write_text('[convert]\ntempo = "auto"\nprogram = 3\n')
    (tmp_path / "b.toml").write_text("[convert]\nprogram = 4\n")
    options = {"convert": {"tempo": Option("tempo"), "program": Option("program")}}
    both = merged([read_defaults(tmp_path / name, options) for name in ("a.toml", "b.toml", "missing.toml")])
    assert both == {"convert": {"tempo": "auto", "program": "4"}}


def test_the_command_line_overrides_defaults(tmp_path):
    unsung(tmp_path)
    (tmp_path / "singtrans.toml").write_text('[transcribe]\nformat = "csv"\noverwrite = true\n')
    for arguments, said in [
        ([], "-> silence.csv"),
        ([], "-> silence.csv"),
        (["--skip-existing"], "skipped, outputs exist"),
    ]:
        result = call("transcribe", "silence.wav", *arguments, cwd=tmp_path)
        assert (result.returncode, said in result.stderr) == (0, True), result.stderr
    result = call("transcribe", "silence.wav", "--skip-existing", "--overwrite", cwd=tmp_path)
    assert (result.returncode, "contradict" in result.stderr) == (2, True)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plot_draws_pictures_of_all_kinds(tmp_path, ending):
    target = tmp_path / f"p.{ending}"
    result = call("plot", NOTES, "--audio", SAMPLES / "ode_to_joy.ogg", "-o", target, "--row-seconds", "5")
    assert result.returncode == 0, result.stderr
    if ending == "png":
        from matplotlib.image import imread

        picture = imread(target)
        assert picture.shape[1] > 1200
        assert picture.shape[0] > 3 * 200  # the picture has three rows
        blue = (picture[..., 2] > 0.6) & (picture[..., 0] < 0.5)
        assert blue.mean() > 0.01
    if ending == "svg":
        text = target.read_text(encoding="utf-8")
        assert all(name in text for name in ("F#3", "G3", "seconds"))


def test_plot_compares_with_reference_notes(tmp_path):
    from singtrans.view.plot import Picture, lay_out

    true = formats.load_notes(NOTES)
    from singtrans.formats.conversion import load_transcription

    found = load_transcription(NOTES)
    found = type(found)((*found.notes[:3], *found.notes[4:]), found.pitch, found.duration)
    layout = lay_out(Picture(found, None, true[1:]))
    assert layout.missed == (true[3],)
    assert layout.extra == {0}
    shutil.copy(NOTES, tmp_path / "a.csv")
    result = call("plot", "a.csv", "--reference", NOTES, "-o", "x.gif", cwd=tmp_path)
    assert (result.returncode, "pictures are" in result.stderr) == (2, True)


def test_report_writes_pages_and_an_index_for_a_folder(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    shutil.copy(GOOD, tmp_path / "in" / "sub" / "a <b>.mp3")
    unsung(tmp_path / "in")
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    result = call("report", tmp_path / "in", "-o", tmp_path / "out")
    assert result.returncode == 1
    assert "bad.wav" in result.stderr
    made = files(tmp_path / "out")
    assert {"index.html", "silence.report.html", str(Path("sub") / "a <b>.report.html")} <= made
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "a &lt;b&gt;.mp3" in text
    assert "./sub/a%20%3Cb%3E.report.html" in text
    again = run("report", tmp_path / "in", "-o", tmp_path / "out", "--jobs", "2")  # existing pages are refused
    assert (again.returncode, again.stderr.count("already exists")) == (1, 4)
    assert (tmp_path / "out" / "index.html").read_text(encoding="utf-8") == text
    (tmp_path / "out" / "index.html").write_text("mine")
    kept = call("report", tmp_path / "in", "-o", tmp_path / "out", "--overwrite", cwd=tmp_path)
    assert (kept.returncode, kept.stderr.count("\n")) == (2, 1)  # refused before any transcription
    assert "is not an index of report pages" in kept.stderr
    assert (tmp_path / "out" / "index.html").read_text() == "mine"


def test_report_shows_given_notes(tmp_path):
    result = call("report", SAMPLES / "ode_to_joy.ogg", "--notes", NOTES, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    assert files(tmp_path) == {"ode_to_joy.report.html"}
    assert "30 notes" in result.stderr


def write_flat_notes(path):
    """Write the notes to a file, half a semitone flat."""
    notes = formats.load_notes(NOTES)
    rows = [f"{n.onset},{n.offset},{n.note - 0.49 - 0.02 * (i % 3)}" for i, n in enumerate(notes)]
    path.write_text("\n".join(["onset,offset,pitch", *rows]))


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
            assert "-> a.mid; tuning: A4 = " in result.stderr
            assert "if all notes are a semitone too" in result.stderr
        else:
            assert moved == {shift}
    result = call("transcribe", GOOD, "-o", tmp_path, "-f", "csv", "--tuning", "auto")
    assert (result.returncode, "; tuning: A4 = " in result.stderr) == (0, True)
    result = call("convert", "flat.csv", "b.mid", "--tuning", "flat", cwd=tmp_path)
    assert (result.returncode, "--tuning flat: give Hz of A4" in result.stderr) == (2, True)


def test_key_of_converted_notes(tmp_path):
    """Pitches between two semitones are rounded to notes of the key, in all formats and by all commands with --key."""
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    rows = [f"{i / 2},{i / 2 + 0.4},{p + 0.7 if i in (0, 11) else p}" for i, p in enumerate(scale * 4)]
    (tmp_path / "off.csv").write_text("\n".join(["onset,offset,pitch", *rows]))
    for key, remark in [("C", ""), ("a minor", ""), ("auto", "; key: C major or A minor; 2 of 32 notes moved")]:
        result = call("convert", "off.csv", "a.mid", "--overwrite", "--key", key, cwd=tmp_path)
        assert (result.returncode, remark in result.stderr) == (0, True)
        assert ("key:" in result.stderr) == (key == "auto")
        assert [note.note for note in formats.load_notes(tmp_path / "a.mid")] == scale * 4
    page = ["report", SAMPLES / "ode_to_joy.ogg", "--notes", "off.csv", "-o", ".", "--key", "C"]
    assert call(*page, cwd=tmp_path).returncode == 0
    from singtrans.formats.page.content import read_page

    assert [note.note for note in read_page(tmp_path / "ode_to_joy.report.html").notes] == scale * 4
    assert '"midi":[]' not in (tmp_path / "ode_to_joy.report.html").read_text(encoding="utf-8")  # the sung pitch
    assert "key: C major or A minor" in call("plot", "off.csv", "-o", "b.svg", "--key", "auto", cwd=tmp_path).stderr
    result = call("transcribe", GOOD, "-o", tmp_path, "-f", "csv", "--key", "auto")
    assert (result.returncode, "; key: " in result.stderr) == (0, True)
    result = call("convert", "off.csv", "b.mid", "--key", "H", cwd=tmp_path)
    assert (result.returncode, "--key H: give a key such as C, Bb, F#m" in result.stderr) == (2, True)
    result = call("convert", "off.csv", "b.labels.txt", "--key", "C", cwd=tmp_path)
    assert (result.returncode, "--key has no effect on labels" in result.stderr) == (2, True)
    (tmp_path / "singtrans.toml").write_text('[convert]\nkey = "Eb"\n')
    assert call("convert", "off.csv", "c.csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "c.csv").read_text().startswith("onset,offset,pitch,note,confidence,moved\n")


def test_tuning_changes_pages_and_pictures(tmp_path):
    from singtrans.formats.page.content import read_page

    meant = [note.note for note in formats.load_notes(NOTES)]
    write_flat_notes(tmp_path / "flat.csv")
    arguments = ["--notes", "flat.csv", "-o", ".", "--tuning", "427.5"]
    assert call("report", SAMPLES / "ode_to_joy.ogg", *arguments, cwd=tmp_path).returncode == 0
    assert [note.note for note in read_page(tmp_path / "ode_to_joy.report.html").notes] == meant
    assert call("convert", "flat.csv", "a.report.html", "--tuning", "427.5", cwd=tmp_path).returncode == 0
    assert [note.note for note in read_page(tmp_path / "a.report.html").notes] == meant
    assert call("plot", "flat.csv", "-o", "a.svg", "--tuning", "427.5", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count(">F#3<") == meant.count(
        54
    )  # F# is not among the labels of the axis
    assert "tuning: A4 = " in call("plot", "flat.csv", "-o", "b.svg", "--tuning", "auto", cwd=tmp_path).stderr


def test_remarks_are_about_the_notes_that_are_written():
    """A key changes the integer notes, and with them what can be found in a melody."""
    from singtrans.formats.conversion import load_transcription, remarks_on
    from singtrans.formats.score.arrangement import arrange
    from singtrans.melody.key import apply_tuning_and_key

    song = load_transcription(NOTES)
    song = replace(song, notes=tuple(replace(note, pitch=note.pitch + 0.45) for note in song.notes))
    options = formats.Options(key="D", tempo="auto")
    (found,) = remarks_on(song, ("musicxml",), options)
    meant = apply_tuning_and_key(song, None, options.key)
    assert (found,) == arrange(meant, replace(options, ends="joined"), score=True).remarks
