"""``singtrans analyse``: its output, folders, references and errors."""

import json

import numpy as np
import pytest

from singtrans import PitchTrack, Transcription, formats
from tests.helpers.command import GOOD, SAMPLES, call
from tests.helpers.known_singing import Deviations, melody, perform
from tests.helpers.sung import write_audio

WRITTEN = melody([60, 64, 62, 65, 67, 64, 62, 60], [0.5, 0.5, 0.5, 1.0] * 2)
NOTHING = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))


def write_melody(path):
    path.parent.mkdir(exist_ok=True)
    return formats.save(Transcription(WRITTEN, NOTHING, WRITTEN[-1].offset), path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    for name, how in {"anna": Deviations(missed=(2,)), "ben": Deviations(shift=-12, sharp={4: 90})}.items():
        write_audio(folder / "songs" / f"{name}.wav", perform(WRITTEN, how)[1])
    write_melody(folder / "tune.mid")
    return folder


def test_one_recording_is_described_with_its_notes(folder):
    done = call("analyse", folder / "songs" / "anna.wav")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and lines[0].startswith("anna.wav: 7 notes")
    assert [line.split()[0] for line in lines[1:3]] == ["Range", "Tessitura"]
    assert len(lines) == lines.index("") + 2 + 7
    assert max(map(len, lines)) <= 80
    short = call("analyse", folder / "songs" / "anna.wav", "--no-list").stdout.splitlines()
    assert short == lines[: lines.index("")]


def test_a_folder_gives_a_table_in_spite_of_an_error(folder, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    done = call("analyse", folder / "songs", tmp_path, "--reference", folder / "tune.mid")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["recording", "anna.wav", "ben.wav"]
    assert [line.split()[-1] for line in lines] == ["right", "7/8", "7/8"]
    assert done.returncode == 1 and done.stderr.count("broken.wav") == 1


@pytest.mark.parametrize("ending", [".mid", ".musicxml", ".csv", ".json"])
def test_json_has_the_comparison_with_a_reference_of_any_format(folder, tmp_path, ending):
    reference = write_melody(tmp_path / f"tune{ending}")
    done = call("analyse", folder / "songs" / "ben.wav", "--reference", reference, "--json")
    (found,) = json.loads(done.stdout)["recordings"]
    comparison = found["comparison"]
    assert comparison["transposition"] == -12
    assert comparison["counts"] == dict.fromkeys(comparison["counts"], 0) | {"right": 7, "sharp": 1}
    (sharp,) = [note for note in comparison["notes"] if note["verdicts"] == ["sharp"]]
    assert (sharp["written"], sharp["written_name"]) == (5, "G4")
    assert sharp["cents"] == pytest.approx(90, abs=8)


def test_references_in_a_folder_are_matched_by_name(folder, tmp_path):
    write_melody(tmp_path / "anna.mid")
    done = call("analyse", folder / "songs", "--reference", tmp_path, "--json")
    content = json.loads(done.stdout)
    assert [found["audio"] for found in content["recordings"]] == ["anna.wav"]
    assert done.returncode == 1 and "named ben" in content["failures"][0]


def test_corrected_notes_are_analysed_with_the_curve_of_the_recording(folder, tmp_path):
    corrected = write_melody(tmp_path / "corrected.mid")
    song = write_audio(tmp_path / "song.wav", perform(WRITTEN, Deviations(cents=30))[1])
    done = call("analyse", song, "--notes", corrected, "--json")
    (found,) = json.loads(done.stdout)["recordings"]
    assert found["pitch_track"] and len(found["notes"]) == 8
    assert found["tuning"]["mean_cents"] == pytest.approx(30, abs=5)
    bare = json.loads(call("analyse", corrected, "--json").stdout)["recordings"][0]
    assert not bare["pitch_track"] and bare["tuning"]["mean_cents"] == 0


def test_a_transcription_and_its_recording_give_the_same_analysis(folder, tmp_path):
    song = folder / "songs" / "anna.wav"
    call("transcribe", song, "-o", tmp_path, "-f", "json")
    first, second = (
        json.loads(call("analyse", path, "--json").stdout)["recordings"][0] for path in (song, tmp_path / "anna.json")
    )
    assert first["tuning"] == pytest.approx(second["tuning"], abs=0.2)
    assert len(first["notes"]) == len(second["notes"])


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--reference", "missing.mid"], "missing.mid", 1),
        (["--notes", "missing.csv"], "missing.csv", 1),
        (["--reference", SAMPLES.parent / "docs"], "no files of notes", 1),
        (["--channel", "5th"], "--channel 5th", 2),
    ],
)
def test_errors_are_reported_in_one_line(arguments, words, code, tmp_path):
    done = call("analyse", GOOD, *arguments, cwd=tmp_path)
    assert done.returncode == code and words in done.stderr
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_notes_are_refused_for_several_recordings(folder):
    done = call("analyse", folder / "songs", "--notes", folder / "tune.mid")
    assert done.returncode == 2 and "single INPUT" in done.stderr
