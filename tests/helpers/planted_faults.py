"""Functions that plant faults in a folder of labelled songs, and the messages that are expected for them."""

import shutil
from dataclasses import replace

import numpy as np
import soundfile

from singtrans import Note
from tests.helpers.sung import RATE, sing, write_audio, write_notes


def moved(notes, seconds=0.0, semitones=0.0):
    return [Note(n.onset + seconds, n.offset + seconds, n.pitch + semitones) for n in notes]


def one_note(notes, place, **changes):
    return [*notes[:place], replace(notes[place], **changes), *notes[place + 1 :]]


def longest(notes):
    return max(range(1, len(notes) - 1), key=lambda place: notes[place].duration)


def note_octave(folder, song):
    place = longest(song.notes)
    write_notes(folder / "song0.tsv", one_note(song.notes, place, pitch=song.notes[place].pitch - 12))


def note_wrong(folder, song):
    place = longest(song.notes)
    write_notes(folder / "song0.tsv", one_note(song.notes, place, pitch=song.notes[place].pitch + 4))


def several_backwards(folder, song):
    rows = [[n.onset, n.offset, n.pitch] for n in song.notes]
    for place in (1, 3):
        rows[place][1] = rows[place][0]
    write_notes(folder / "song0.tsv", rows)


def overlaps_throughout(folder, song):
    nexts = [*song.notes[1:], None]
    notes = [replace(n, offset=m.onset + 0.05) if m else n for n, m in zip(song.notes, nexts, strict=True)]
    write_notes(folder / "song0.tsv", notes)


def milliseconds(folder, song):
    write_notes(folder / "song0.tsv", [[1000 * n.onset, 1000 * n.offset, n.pitch] for n in song.notes])


def hz_as_midi(folder, song):
    rows = [[n.onset, n.offset, 440 * 2 ** ((n.pitch - 69) / 12)] for n in song.notes]
    write_notes(folder / "song0.tsv", rows, "onset\toffset\tmidi")


def midi_as_hz(folder, song):
    write_notes(folder / "song0.tsv", [[n.onset, n.offset, n.pitch] for n in song.notes], "onset\toffset\thz")


def too_high(folder, song):
    write_notes(folder / "song0.tsv", one_note(song.notes, 2, pitch=119.0))


def too_brief(folder, song):
    place = longest(song.notes)
    write_notes(folder / "song0.tsv", one_note(song.notes, place, offset=song.notes[place].onset + 0.004))


def silent(folder, song):
    write_audio(folder / "song0.wav", np.zeros_like(song.samples))


def no_audio_at_all(folder, song):
    (folder / "song0.wav").write_bytes(b"this is no recording")


def no_labels_at_all(folder, song):
    (folder / "song0.tsv").write_bytes(b"\xff\x00\x01 no labels")


def of_another_recording(folder, song):
    write_notes(folder / "song0.tsv", sing(100).notes)


def nothing_sung(folder, song):
    samples = np.concatenate([song.samples, np.zeros(2 * RATE, np.float32)])
    end = len(song.samples) / RATE
    write_audio(folder / "song0.wav", samples)
    write_notes(folder / "song0.tsv", [*song.notes, Note(end + 0.5, end + 1.2, 60.0)])


def not_labelled(folder, song):
    held = sing(200, 12.0)
    write_audio(folder / "song0.wav", held.samples)
    write_notes(folder / "song0.tsv", [n for n in held.notes if not 4.0 < n.onset < 8.0])


def early(folder, song):
    notes = [n for n in moved(song.notes, seconds=-0.15) if n.onset > 0]
    write_notes(folder / "song0.tsv", notes)


def flat_by_hz(folder, song):
    rows = [[n.onset, n.offset, 440 * 2 ** ((n.pitch - 69) / 12) - 6] for n in song.notes]
    write_notes(folder / "song0.tsv", rows, "onset\toffset\thz")


def times_late(folder, song):
    (folder / "song0.tsv").unlink()
    rows = [[n.onset + 0.3, n.offset + 0.3] for n in song.notes]
    write_notes(folder / "song0.times.tsv", rows, "onset\toffset")


def f0_octave(folder, song):
    (folder / "song0.tsv").unlink()
    curve = np.nan_to_num(song.curve[4::4])
    voiced = np.flatnonzero(curve)
    curve[voiced[40:70]] += 12
    (folder / "song0.f0.txt").write_text("\n".join(f"{value:.3f}" for value in curve))


def f0_sharp(folder, song):
    (folder / "song0.tsv").unlink()
    curve = song.curve[4::4] + 0.5
    (folder / "song0.f0.txt").write_text("\n".join(f"{value:.3f}" for value in np.nan_to_num(curve)))


def f0_of_another(folder, song):
    (folder / "song0.tsv").unlink()
    curve = sing(100).curve[4::4]
    (folder / "song0.f0.txt").write_text("\n".join(f"{value:.3f}" for value in np.nan_to_num(curve)))


def two_note_files(folder, song):
    write_notes(folder / "song0.csv", moved(song.notes, semitones=1))


def copied(folder, song):
    shutil.copy(folder / "song0.tsv", folder / "zzz.tsv")
    soundfile.write(folder / "zzz.ogg", song.samples, RATE)


# Map from faults to the kind, file and message of each expected problem
SINGLE = {
    note_octave: [("octave", "song0.tsv", "an octave below")],
    note_wrong: [("pitch", "song0.tsv", "semitones sharp")],
    several_backwards: [("unreadable", "song0.tsv", "line 3"), ("unreadable", "song0.tsv", "line 5")],
    overlaps_throughout: [("overlap", "song0.tsv", "notes begin before the previous note ends")],
    milliseconds: [("times", "song0.tsv", "not in seconds")],
    hz_as_midi: [("unit", "song0.tsv", "pitches are Hz, not MIDI numbers")],
    midi_as_hz: [("unit", "song0.tsv", "pitches are MIDI numbers, not Hz")],
    too_high: [("range", "song0.tsv", "MIDI pitch 119.0")],
    too_brief: [("length", "song0.tsv", "0.004 s")],
    silent: [("silent", "song0.wav", "is silent")],
    no_audio_at_all: [("audio", "song0.wav", "not a recording")],
    no_labels_at_all: [("unreadable", "song0.tsv", "not")],
    of_another_recording: [("mismatch", "song0.tsv", "another recording")],
    nothing_sung: [("unheard", "song0.tsv", "where nothing is sung")],
    not_labelled: [("unlabelled", "song0.tsv", "of singing have no label")],
    early: [("offset", "song0.tsv", "early throughout: move them by +0.1")],
    flat_by_hz: [("tuning", "song0.tsv", "flat of the sung pitch throughout")],
    times_late: [("offset", "song0.times.tsv", "late throughout")],
    f0_octave: [("octave", "song0.f0.txt", "an octave off")],
    f0_sharp: [("tuning", "song0.f0.txt", "cents sharp of the sung pitch throughout")],
    f0_of_another: [("mismatch", "song0.f0.txt", "another recording")],
    two_note_files: [("listing", "data", "several note files")],
    copied: [("copy", "song0.wav", "zzz.ogg: keep one")],
}
