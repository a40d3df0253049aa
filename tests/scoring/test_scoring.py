"""References in folders and manifests, scores of data sets, and reports."""

import csv
import io
import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from singtrans import Note, PitchTrack, SingtransError, Transcription
from singtrans.errors import InputError, UsageError
from singtrans.scoring import references
from singtrans.scoring.export import csv_report, json_report
from singtrans.scoring.reference_files import find_references, note_files
from singtrans.scoring.references import Annotations, Reference
from singtrans.scoring.report import text_comparison, text_report
from singtrans.scoring.scores import compare, evaluate
from singtrans.scoring.statistics import Interval
from singtrans.scoring.systems import EstimateFile, EstimateFolder, ModelSystem


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("onset,offset,pitch\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    return path


def f0(path, *midi):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("time,midi\n" + "".join(f"{place / 50},{value}\n" for place, value in enumerate(midi)))
    return path


def test_references_of_a_folder_are_found(tmp_path):
    true, found = tmp_path / "true", tmp_path / "found"
    make(true, "a.tsv", "a.wav", "a.f0.csv", "b.mid", "sub/a.csv", "sub/x.y.tsv", ".hidden.csv", "c.pv")
    make(found, "a.mid", "a.csv", "b.json", "b.MID", "sub/a.mid", "sub/x.y.mid", "more.mid")
    assert find_references(true, found) == [
        Reference("a", true / "a.tsv", true / "a.f0.csv"),
        Reference("b", true / "b.mid"),
        Reference("c", None, true / "c.pv"),
        Reference("sub/a", true / "sub/a.csv"),
        Reference("sub/x.y", true / "sub/x.y.tsv"),
    ]
    names = {stem.as_posix(): path.name for stem, path in note_files(found).items()}
    assert names == {"a": "a.csv", "b": "b.json", "sub/a": "a.mid", "sub/x.y": "x.y.mid", "more": "more.mid"}
    assert EstimateFolder(found, find_references(true, found)).extra == ("more",)
    assert find_references(true / "a.tsv", found / "b.json")[0].notes == true / "a.tsv"


def test_references_without_any_estimate_are_refused(tmp_path):
    true, found = tmp_path / "true", tmp_path / "found"
    make(true, "a.tsv", "b.tsv")
    make(found, "c.mid")
    for one, other, said in (
        (true, found / "c.mid", "a folder but"),
        (true / "a.tsv", found, "a file but"),
        (true, tmp_path / "nothing", "does not exist"),
        (tmp_path / "nothing", true, "does not exist"),
    ):
        with pytest.raises(SingtransError, match=said):
            find_references(one, other)
    with pytest.raises(SingtransError, match=r"no estimate of any of the 2 references \(such as a\)"):
        EstimateFolder(found, find_references(true, found))
    (tmp_path / "none").mkdir()
    with pytest.raises(SingtransError, match="no files of notes"):
        find_references(tmp_path / "none", found)


def test_labels_and_estimates_in_one_folder_are_distinguished(tmp_path):
    """If outputs are placed beside the recordings, a folder contains both labels (song.notes.csv) and estimates."""
    for folder in ("a", "b"):
        table(tmp_path / folder / "song.notes.csv", (0.5, 1, 60))
        table(tmp_path / folder / "song.csv", (0.5, 1, 62))
        f0(tmp_path / folder / "song.f0.csv", 60, 60)
    known = find_references(tmp_path, tmp_path)
    assert [reference.name for reference in known] == ["a/song", "b/song"]
    scores = evaluate(known, EstimateFolder(tmp_path, known))
    assert scores.values("COn.f_measure") == [1, 1]
    assert scores.values("COnP.f_measure") == [0, 0]
    assert scores.values("RPA") == []  # the only pitch track must not be compared with itself
    single = find_references(tmp_path / "a/song.notes.csv", tmp_path / "a/song.csv")
    assert "RPA" not in evaluate(single, EstimateFile(tmp_path / "a/song.csv")).means


@pytest.mark.parametrize("names", [("song.csv", "song.tsv"), ("song.pv", "song.f0.csv"), ("song.sv.csv", "song.jams")])
def test_ambiguous_references_are_refused(tmp_path, names):
    make(tmp_path / "true", *names)
    (tmp_path / "found").mkdir()
    if names[0] == "song.csv":
        table(tmp_path / "true" / "song.csv", (0.5, 1, 60))
        table(tmp_path / "true" / "song.tsv", (0.5, 1, 62))
    if names[1].endswith(".jams"):
        (tmp_path / "true" / "song.sv.csv").write_text("0.5,220.0,0.5\n")
        value = {"time": 0.5, "duration": 0.5, "value": 60}
        content = {"annotations": [{"namespace": "note_midi", "data": [value]}]}
        (tmp_path / "true" / "song.jams").write_text(json.dumps(content))
    with pytest.raises(SingtransError, match="may each be the reference") as error:
        find_references(tmp_path / "true", tmp_path / "found")
    assert "\n" not in str(error.value)
    assert all(str(tmp_path / "true" / name) in str(error.value) for name in names)


def test_missing_estimates_are_scored_as_empty(tmp_path):
    true, found = tmp_path / "true", tmp_path / "found"
    for name in "abc":
        table(true / f"{name}.csv", (0.5, 1, 60))
        f0(true / f"{name}.f0.csv", 60, 60, 0)
    table(found / "a.csv", (0.5, 1, 60))
    f0(found / "a.f0.csv", 60, 60, 0)
    table(found / "b.csv", (0.5, 1, 60))
    table(found / "z.csv", (0.5, 1, 60))
    known = find_references(true, found)
    scores = evaluate(known, EstimateFolder(found, known))
    assert scores.values("COnPOff.f_measure") == [1, 1, 0]
    assert scores.values("RPA") == [1, 0, 0]
    assert (scores.missing, scores.extra) == (("c",), ("z",))
    assert scores.warnings == ("estimates without pitch tracks, scored as empty: b",)
    assert scores.error_counts["missed"] == 1
    assert scores.error_rates["missed"].mean == pytest.approx(1 / 3)
    (found / "a.f0.csv").unlink()
    without = evaluate(known, EstimateFolder(found, known))
    assert without.values("RPA") == []
    assert without.warnings == ("no estimate has pitch tracks; scores of pitch tracks are left out",)


def test_unreadable_files_are_named_and_the_others_scored(tmp_path):
    true, found = tmp_path / "true", tmp_path / "found"
    for name in "ab":
        table(true / f"{name}.csv", (0.5, 1, 60))
        table(found / f"{name}.csv", (0.5, 1, 60))
    (found / "a.csv").write_text("onset,offset,midi\n0.5,1,440\n")
    known = find_references(true, found)
    scores = evaluate(known, EstimateFolder(found, known))
    assert [file.name for file in scores.files] == ["b"]
    assert len(scores.failures) == 1
    assert "a.csv, line 2, is not a note" in scores.failures[0]
    assert "name its column hz" in scores.failures[0]
    (found / "b.csv").write_text("nothing")
    with pytest.raises(SingtransError, match=r"a\.csv, line 2"):
        evaluate(known, EstimateFolder(found, known))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"notes": [{"onset": 0, "offset": 1, "pitch": 440}]}', "the pitch 440 at 0 s, which is not a MIDI number"),
        ('{"notes": [{"onset": 0, "offset": 1, "pitch": -40}]}', "the pitch -40"),
        ('{"notes": [], "pitch": {"time": [0, 1], "midi": [null, 220], "voicing": [0, 1]}}', "220 at 1 s"),
        ('{"notes": [], "pitch": {"time": [1, 0], "midi": [60, 60], "voicing": [1, 1]}}', "do not ascend"),
    ],
)
def test_impossible_pitches_are_refused(tmp_path, content, said):
    true = table(tmp_path / "true.csv", (0.5, 1, 60))
    found = tmp_path / "found.json"
    found.write_text(content)
    with pytest.raises(SingtransError, match=said) as caught:
        evaluate(find_references(true, found), EstimateFile(found))
    assert str(found) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_pitch_track_in_json_is_scored(tmp_path):
    track = PitchTrack(np.arange(50) / 50, np.full(50, 60.0), np.ones(50))
    (tmp_path / "found").mkdir()
    Transcription((Note(0.0, 1.0, 60),), track, 1.0).save(tmp_path / "found" / "a.json")
    f0(tmp_path / "true" / "a.f0.csv", *[60] * 50)
    known = find_references(tmp_path / "true", tmp_path / "found")
    scores = evaluate(known, EstimateFolder(tmp_path / "found", known))
    assert scores.means["RPA"].mean == 1
    assert "COn.f_measure" not in scores.means
    assert scores.error_counts == {}


def test_a_model_is_scored_on_a_manifest(tmp_path):
    lines = ["id,audio,notes,f0,split,source"]
    for name, split in (("a", "train"), ("b", "test"), ("c", "test")):
        (tmp_path / f"{name}.wav").touch()
        table(tmp_path / f"{name}.notes.csv", (0.5, 1, 60))
        lines.append(f"{name},{name}.wav,{name}.notes.csv,,{split},choir")
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("\n".join(lines))
    chosen = references.select_recordings(manifest).references
    assert [reference.name for reference in chosen] == ["b", "c"]
    assert [reference.name for reference in references.select_recordings(manifest, "all").references] == ["a", "b", "c"]
    assert [reference.name for reference in references.select_recordings(manifest, "train").references] == ["a"]
    with pytest.raises(SingtransError, match="no valid split: choose --split test or train, or all"):
        references.select_recordings(manifest, "valid")
    with pytest.raises(UsageError, match="no such split"):
        references.select_recordings(manifest, "tset")
    none = np.zeros(0)

    def transcribe(path):
        if path.stem == "c":
            raise InputError(f"{path}: broken")
        return Transcription((Note(0.5, 1, 60),), PitchTrack(none, none, none), 1.0)

    scores = evaluate(chosen, ModelSystem("ears", transcribe))
    assert [(file.name, file.reference.source) for file in scores.files] == [("b", "choir")]
    assert scores.failures == (f"{tmp_path / 'c.wav'}: broken",)
    assert scores.means["COnPOff.f_measure"].mean == 1


def test_unusable_rows_are_failures_and_the_others_are_scored(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.wav").touch()
        table(tmp_path / f"{name}.csv", (0.5, 1, 60))
    rows = ["id,audio,notes,split", "a,a.wav,a.csv,test", "b,gone.wav,b.csv,test", "c,c.wav,c.csv,holdout"]
    rows += ["twice,a.wav,a.csv,test", "twice,b.wav,b.csv,test"]
    manifest = tmp_path / "m.csv"
    manifest.write_text("\n".join(rows))
    for split in (None, "test", "all"):
        chosen = references.select_recordings(manifest, split)
        assert [reference.name for reference in chosen.references] == ["a"]
        faults = [fault.removeprefix(str(manifest)) for fault in chosen.faults]
        assert [fault[:3] for fault in faults] == [":3:", ":4:", ": t"]
    none = np.zeros(0)
    ears = ModelSystem("ears", lambda path: Transcription((Note(0.5, 1, 60),), PitchTrack(none, none, none), 1.0))
    scores = evaluate(chosen.references, ears, faults=chosen.faults)
    assert [file.name for file in scores.files] == ["a"]
    assert list(scores.failures) == chosen.faults
    manifest.write_text("\n".join([rows[0], rows[2]]))
    with pytest.raises(SingtransError, match=r"gone\.wav does not exist"):
        references.select_recordings(manifest, "test")


def test_an_unusable_test_split_is_not_replaced_by_training_data(tmp_path):
    (tmp_path / "a.wav").touch()
    table(tmp_path / "a.csv", (0.5, 1, 60))
    manifest = tmp_path / "m.csv"
    manifest.write_text("id,audio,notes,split\na,a.wav,a.csv,train\nb,gone.wav,a.csv,test\n")
    with pytest.raises(SingtransError, match=r"gone\.wav does not exist(.|\n)*no other recordings in a test split"):
        references.select_recordings(manifest)
    assert [reference.name for reference in references.select_recordings(manifest, "train").references] == ["a"]


def test_labels_without_pitch_are_scored_as_times():
    truth = Annotations(times=np.array([[0.0, 1.0], [1.0, 2.0]]))
    fake = SimpleNamespace(name="a", source="", read=lambda: truth)

    class Fixed:
        name, extra = "fixed", ()

        def __call__(self, reference):
            return Annotations((Note(0.0, 1.0, 33), Note(1.5, 2.0, 99)))

    scores = evaluate([fake], Fixed())
    assert set(scores.means) == {
        f"{name}.{k}" for name in ("COn", "COff") for k in ("precision", "recall", "f_measure")
    }
    assert scores.means["COn.f_measure"].mean == 0.5
    assert scores.means["COff.f_measure"].mean == 1.0
    assert scores.files[0].errors is None
    assert scores.files[0].true_count == 2


def test_a_manifest_can_have_labels_of_times(tmp_path):
    times = pytest.importorskip("singtrans.formats.labels.times")
    path = tmp_path / "a.times.csv"
    path.write_text("onset,offset\n0.5,1\n")
    assert Reference("a", times=path).read().times.tolist() == times.read(path).tolist() == [[0.5, 1.0]]


def test_systems_are_compared_on_common_recordings(tmp_path):
    for number in range(6):
        table(tmp_path / "true" / f"{number}.csv", (0, 1, 60), (1, 2, 62))
        table(tmp_path / "good" / f"{number}.csv", (0, 1, 60), (1, 2, 62))
        table(tmp_path / "bad" / f"{number}.csv", (0, 1, 60), (1, 2, 64))
    (tmp_path / "bad" / "5.csv").write_text("nothing")
    known = find_references(tmp_path / "true", tmp_path / "good")
    good, bad = (evaluate(known, EstimateFolder(tmp_path / name, known)) for name in ("good", "bad"))
    differences = compare(good, bad)
    pitch, onset = differences["COnP.f_measure"], differences["COn.f_measure"]
    assert (pitch.ours, pitch.theirs, pitch.gap.mean, pitch.files) == (1.0, 0.5, 0.5, 5)
    assert pitch.test.p == pytest.approx(2 / 32)
    assert (onset.gap.mean, onset.test.p) == (0.0, 1.0)
    assert compare(bad, good)["COnP.f_measure"].gap.mean == -0.5


class Known:
    """System that finds all notes; in the recordings named in ``wrong``, they are a semitone too high."""

    extra = ()

    def __init__(self, *wrong, name="known"):
        self.wrong, self.name = wrong, name

    def __call__(self, reference):
        return Annotations((Note(0.0, 1.0, 61 if reference.name in self.wrong else 60),))


def of_sources(**names):
    """Make references of several sources, with one note each. If a name is in upper case, its note has no pitch."""
    note, times = Annotations((Note(0.0, 1.0, 60),)), Annotations(times=np.array([[0.0, 1.0]]))
    return [
        SimpleNamespace(name=name, source=source, read=lambda name=name: times if name.isupper() else note)
        for source, those in names.items()
        for name in those
    ]


def test_each_data_set_has_a_line_if_there_are_several():
    known, system = of_sources(choir="abc", solo="d"), Known("b", "c")
    scores, other = evaluate(known, system), evaluate(known, Known("d", name="other"))
    assert {name: part.means["COnP.f_measure"].mean for name, part in scores.sources.items()} == {
        "choir": pytest.approx(1 / 3),
        "solo": 1,
    }
    lines = [line.split() for line in text_report(scores).splitlines()]
    assert ["choir", "3", "1.000", "1.000", "0.333", "0.333"] in lines
    assert ["solo", "1", "1.000", "1.000", "1.000", "1.000"] in lines
    content = json.loads(json_report(scores, other, compare(scores, other)))
    choir = content["sources"]["choir"]
    assert (choir["files"], choir["true_notes"], choir["errors"]["wrong_pitch"]["count"]) == (3, 3, 2)
    assert choir["mean"]["COnPOff"]["recall"] == pytest.approx(1 / 3)
    assert content["against"]["sources"]["solo"]["mean"]["COnP"]["f_measure"] == 0
    rows = list(csv.DictReader(io.StringIO(csv_report(scores, other))))
    assert [(row["file"], row["source"]) for row in rows[4:]] == [("", "choir"), ("", "solo")]
    assert float(rows[4]["COnP_F"]) == pytest.approx(1 / 3)
    assert [rows[4][name] for name in ("true_notes", "found_notes", "wrong_pitch", "correct")] == ["3", "3", "2", "1"]
    assert [rows[5][name] for name in ("COnP_F", "against_COnP_F", "RPA")] == ["1.0", "0.0", ""]


def test_a_single_data_set_has_no_separate_line():
    scores = evaluate(of_sources(choir="abc"), Known("b"))
    assert "Data sets" not in text_report(scores)
    assert json.loads(json_report(scores))["sources"] == {}
    assert len(csv_report(scores).splitlines()) == 4


def test_the_lines_of_large_data_sets_fit_a_terminal(monkeypatch):
    for name in ("mean_interval", "ratio_interval"):  # a bootstrap over many files would take long
        monkeypatch.setattr(f"singtrans.scoring.scores.{name}", lambda *_: Interval(0.5, 0.25, 0.75))
    found = evaluate(of_sources(choir="abcdEF", solo="aE"), Known("b"))
    lines = text_report(replace(found, files=found.files * 2000)).splitlines()
    assert any("mean of 16000 files; COnP and COnPOff: of the 10000 whose labels" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_the_comparison_describes_the_tests_of_all_figures():
    """COn is known for six files, and COnP for the four files whose labels have pitch."""
    known = of_sources(choir="abcdEF")
    ours, theirs = evaluate(known, Known()), evaluate(known, Known("a", name="other"))
    text = " ".join(text_comparison(ours, theirs, compare(ours, theirs)).split())
    assert "Based on 4 to 6 files that both systems were scored on" in text
    assert "with all 16 or 64 flips of the signs" in text


def test_intervals_are_computed_once(monkeypatch):
    scores = evaluate(of_sources(choir="abc", solo="d"), Known("b"))
    json_report(scores)
    monkeypatch.setattr("scipy.stats.bootstrap", None)  # a second bootstrap would fail
    json_report(scores)
    text_report(scores)


@pytest.mark.parametrize("package", ["mir_eval", "scipy"])
def test_a_missing_package_names_the_extra(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"needs the package {package}, .*\[evaluate\]"):
        evaluate(of_sources(choir="a"), Known())
