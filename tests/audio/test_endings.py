"""Endings by which recordings in folders are found."""

import av
import soundfile

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.audio.endings import OTHER_SUFFIXES

# libsndfile lists its formats, but not their endings.
SNDFILE_FORMATS = {
    "AIFF": ".aiff", "AU": ".au", "AVR": ".avr", "CAF": ".caf", "FLAC": ".flac", "HTK": ".htk", "SVX": ".svx",
    "MAT4": ".mat4", "MAT5": ".mat5", "MPC2K": ".mpc2k", "MP3": ".mp3", "OGG": ".ogg", "PAF": ".paf", "PVF": ".pvf",
    "RAW": ".raw", "RF64": ".rf64", "SD2": ".sd2", "SDS": ".sds", "IRCAM": ".ircam", "VOC": ".voc", "W64": ".w64",
    "WAV": ".wav", "NIST": ".nist", "WAVEX": ".wav", "WVE": ".wve", "XI": ".xi",
}  # fmt: skip


def endings_of_pyav():
    found = set()
    for name in av.formats_available:
        try:
            form = av.ContainerFormat(name, "r")
        except ValueError:
            continue
        if form.is_input:
            found.update(f".{ending.lower()}" for ending in form.extensions)
    return found


def test_all_endings_that_the_libraries_know_are_classified():
    known = endings_of_pyav() | {SNDFILE_FORMATS[name] for name in soundfile.available_formats()}
    assert len(known) > 200
    assert known - AUDIO_SUFFIXES - OTHER_SUFFIXES == set()


def test_no_ending_is_in_both_classes():
    assert not AUDIO_SUFFIXES & OTHER_SUFFIXES


def test_endings_are_lower_case_with_a_dot():
    for suffix in AUDIO_SUFFIXES | OTHER_SUFFIXES:
        assert suffix.startswith(".") and suffix == suffix.lower()


def test_endings_of_recorders_and_cameras_are_searched_for():
    assert {".qta", ".mts", ".m2ts", ".ts", ".3g2", ".3gp", ".tta", ".mov", ".m4a", ".amr", ".opus"} <= AUDIO_SUFFIXES
