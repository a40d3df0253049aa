"""MIDI files of other programs: invalid meta events, several tracks, overlapping notes, karaoke files."""

import io

import mido
import pytest

from singtrans import Note, formats
from singtrans.errors import InputError
from singtrans.formats.conversion import convert_file, monophonic

TWO = [(0.5, 1.0, 60), (1.0, 1.5, 62)]


def track(name, *numbers, words=False, delay=0):
    messages = [mido.MetaMessage("track_name", name=name)] if name else []
    for place, number in enumerate(numbers):
        if words:
            messages.append(mido.MetaMessage("lyrics", text="la", time=0))
        messages.append(mido.Message("note_on", note=number, velocity=80, time=0 if place else delay))
        messages.append(mido.Message("note_off", note=number, time=480))
    return mido.MidiTrack(messages)


def saved(path, *tracks):
    mido.MidiFile(type=1, tracks=list(tracks)).save(path)
    return path


def spans(notes):
    return [(round(note.onset, 3), round(note.offset, 3), note.pitch) for note in notes]


BAD = {
    "key signature of eight sharps": b"\xff\x59\x02\x08\x00",
    "key signature of no mode": b"\xff\x59\x02\x00\xff",
    "time signature of two bytes": b"\xff\x58\x02\x04\x02",
    "tempo of one byte": b"\xff\x51\x01\x07",
    "frame rate that is none": b"\xff\x54\x05\xff\x00\x00\x00\x00",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("delta", [b"\x00", b"\x83\x60"])
def test_invalid_meta_events_are_skipped(tmp_path, name, delta):
    file = io.BytesIO()
    mido.MidiFile(type=0, tracks=[track("Voice", 60, 62, delay=0 if delta != b"\x00" else 480)]).save(file=file)
    content = file.getvalue()
    start = content.index(b"MTrk") + 8
    body = delta + BAD[name] + content[start:]
    path = tmp_path / "a.mid"
    path.write_bytes(content[: start - 4] + len(body).to_bytes(4) + body)
    assert spans(formats.load_notes(path)) == TWO


def test_running_status_and_system_exclusive_messages_are_followed(tmp_path):
    events = b"\x00\xff\x59\x02\x08\x00" + b"\x83\x60\x90\x3c\x50" + b"\x83\x60\x3c\x00" + b"\x00\xf0\x03\x01\x02\xf7"
    events += b"\x00\x90\x3e\x50\x00\xc0\x05\x83\x60\x80\x3e\x40" + b"\x00\xff\x2f\x00"
    head = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x01\xe0MTrk" + len(events).to_bytes(4)
    (tmp_path / "a.kar").write_bytes(head + events)
    assert spans(formats.load_notes(tmp_path / "a.kar")) == TWO


def test_tracks_that_do_not_overlap_are_one_voice(tmp_path):
    path = saved(tmp_path / "a.mid", track("a", 60), track("b", 62, delay=480))
    assert spans(formats.load_notes(path)) == [(0, 0.5, 60), (0.5, 1, 62)]


@pytest.mark.parametrize(
    "tracks",
    [
        (track("Piano", 36, 38), track("Vocals", 60, 62, delay=480)),
        (track("1", 36, 38), track("2", 60, 62, words=True, delay=480)),
    ],
)
def test_the_track_of_the_voice_is_found_by_its_name_or_its_words(tmp_path, tracks, caplog):
    assert spans(formats.load_notes(saved(tmp_path / "a.mid", *tracks))) == TWO
    assert "2 tracks with notes" in caplog.text and "--voice" in caplog.text


def test_several_tracks_are_refused_and_an_option_chooses(tmp_path):
    path = saved(tmp_path / "a.mid", track("Flute", 60, 62, delay=480), track("", 36, 38))
    with pytest.raises(InputError, match=r"2 tracks with notes: choose one with --voice \(Flute, 2\)"):
        formats.load_notes(path)
    for voice in ("flute", "1"):
        assert spans(formats.load_notes(path, voice=voice)) == TWO
    with pytest.raises(InputError, match="no track 'x'"):
        formats.load_notes(path, voice="x")


def test_overlapping_notes_are_shortened_or_left_out_with_a_remark(tmp_path):
    notes = (Note(0.5, 1.0, 60), Note(0.5, 1.0, 64), Note(0.7, 1.2, 67))
    kept, lines = monophonic(notes)
    assert spans(kept) == [(0.5, 0.7, 64), (0.7, 1.2, 67)]
    assert lines == (
        "1 note left out, because a higher note begins at the same time",
        "1 note overlapped the next one and ended there",
    )
    assert monophonic(kept) == (kept, ())
    (tmp_path / "a.csv").write_text("onset,offset,pitch\n0.5,1.0,60\n0.5,1.0,64\n0.7,1.2,67\n")
    converted = convert_file(tmp_path / "a.csv", tmp_path / "b.csv")
    assert converted.remarks == lines
    assert spans(formats.load_notes(tmp_path / "b.csv")) == spans(kept)


def test_the_complete_part_of_a_cut_off_file_is_read(tmp_path, caplog):
    whole = saved(tmp_path / "a.mid", track("", 60, 62, 64)).read_bytes()
    assert not caplog.records
    for length in range(len(whole)):
        (tmp_path / "b.mid").write_bytes(whole[:length])
        caplog.clear()
        try:
            found = spans(formats.load_notes(tmp_path / "b.mid"))
        except InputError as error:
            assert "is not a MIDI file, or is damaged" in str(error) and length < 22
            continue
        assert found == spans(formats.load_notes(tmp_path / "a.mid"))[: len(found)]
        assert "b.mid ends in the middle: only the notes up to there were read" in caplog.text
    assert len(found) == 3


@pytest.mark.parametrize("kind", ["riff", "mac", "wrong size", "no end", "foreign chunk", "more after it"])
def test_content_around_the_tracks_is_ignored(tmp_path, kind, caplog):
    content = saved(tmp_path / "a.mid", track("", 60), track("", 62, delay=480)).read_bytes()
    first = content.index(b"MTrk")
    size = int.from_bytes(content[first + 4 : first + 8])
    after = first + 8 + size
    changed = {
        "riff": b"RIFF" + (len(content) + 12).to_bytes(4, "little") + b"RMIDdata"
        + len(content).to_bytes(4, "little") + content,
        "mac": bytes(128) + content,
        "wrong size": content[: first + 4] + (size + 7).to_bytes(4) + content[first + 8 :],
        "no end": content[: first + 4] + (size - 4).to_bytes(4) + content[first + 8 : after - 4] + content[after:],
        "foreign chunk": content[:after] + b"XFIH" + (3).to_bytes(4) + b"abc" + content[after:],
        "more after it": content + b"TAG" + bytes(125),
    }  # fmt: skip
    path = tmp_path / ("b.rmi" if kind == "riff" else "b.mid")
    path.write_bytes(changed[kind])
    assert spans(formats.load_notes(path)) == [(0, 0.5, 60), (0.5, 1, 62)]
    assert "ends in the middle" not in caplog.text


@pytest.mark.parametrize(("frames", "rate"), [(25, 25), (30, 30), (29, 30_000 / 1001), (24, 24)])
def test_times_in_film_frames_are_read(tmp_path, frames, rate):
    content = saved(tmp_path / "a.mid", track("", 60, 62)).read_bytes()
    division = (256 - frames) << 8 | 40
    (tmp_path / "b.mid").write_bytes(content[:12] + division.to_bytes(2) + content[14:])
    length = 480 / 40 / rate
    assert spans(formats.load_notes(tmp_path / "b.mid")) == [
        (0, round(length, 3), 60),
        (round(length, 3), round(2 * length, 3), 62),
    ]
    convert_file(tmp_path / "b.mid", tmp_path / "c.csv")
    (tmp_path / "b.mid").write_bytes(content[:12] + bytes(2) + content[14:])
    with pytest.raises(InputError, match="does not state the length of its ticks"):
        formats.load_notes(tmp_path / "b.mid")


def test_each_independent_sequence_has_its_own_tempo(tmp_path):
    slow, fast = track("", 60), track("", 62, 64)
    slow.insert(0, mido.MetaMessage("set_tempo", tempo=1_000_000))
    mido.MidiFile(type=2, tracks=[slow]).save(tmp_path / "a.mid")
    assert spans(formats.load_notes(tmp_path / "a.mid")) == [(0, 1, 60)]
    mido.MidiFile(type=2, tracks=[slow, fast]).save(tmp_path / "a.mid")
    with pytest.raises(InputError, match="has 2 tracks with notes: choose one with --voice"):
        formats.load_notes(tmp_path / "a.mid")
    assert spans(formats.load_notes(tmp_path / "a.mid", voice="2")) == [(0, 0.5, 62), (0.5, 1, 64)]
    convert_file(tmp_path / "a.mid", tmp_path / "a.csv", request=formats.ReadOptions(voice="1"))


def on_channels(*notes, words=()):
    """Make a track with (onset, offset, number, channel) notes and (onset, text) words; times are in ticks."""
    events = [(tick, 1, mido.MetaMessage("lyrics", text=text)) for tick, text in words]
    for onset, offset, number, channel in notes:
        events.append((onset, 2, mido.Message("note_on", note=number, channel=channel, velocity=80)))
        events.append((offset, 0, mido.Message("note_off", note=number, channel=channel)))
    messages, now = [], 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        messages.append(message.copy(time=tick - now))
        now = tick
    return mido.MidiTrack(messages)


SUNG = ((480, 960, 60, 3), (960, 1440, 62, 3))
PLAYED = ((0, 1920, 40, 0), (0, 1920, 43, 0), (480, 1440, 47, 1), (0, 1920, 36, 9))


def test_channels_of_one_track_are_voices(tmp_path, caplog):
    path = saved(tmp_path / "a.mid", on_channels(*SUNG, *PLAYED))
    with pytest.raises(InputError, match=r"--voice \(channel 1, channel 2, channel 4\)"):
        formats.load_notes(path)
    assert spans(formats.load_notes(path, voice="Channel 4")) == TWO
    path = saved(tmp_path / "a.mid", on_channels(*SUNG, *PLAYED, words=((480, "la"), (960, "lo"))))
    assert spans(formats.load_notes(path)) == TWO
    assert "a.mid has 3 tracks with notes: read channel 4; choose another with --voice" in caplog.text


def test_channels_of_one_voice_are_joined(tmp_path):
    path = saved(tmp_path / "a.mid", on_channels((480, 960, 60, 0), (960, 1440, 62, 1)))
    assert spans(formats.load_notes(path)) == TWO


def test_words_in_a_separate_track_decide_which_track_is_read(tmp_path):
    words = mido.MidiTrack([mido.MetaMessage("text", text="@KMIDI KARAOKE FILE")])
    words += [mido.MetaMessage("text", text="\\la ", time=480), mido.MetaMessage("text", text="lo", time=480)]
    path = saved(tmp_path / "a.kar", words, on_channels(*PLAYED[:2]), on_channels(*SUNG))
    assert spans(formats.load_notes(path)) == TWO
