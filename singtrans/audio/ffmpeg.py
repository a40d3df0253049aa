"""Decoding with FFmpeg's libraries through PyAV: compressed sound, videos, and all files that libsndfile refuses.

A damaged file can crash FFmpeg's decoders, and with them the whole process. Therefore, `decoder_process` runs this
module in a separate process.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.audio.clock import LONGEST_SILENCE_SECONDS, ClockRules, PresentationClock
from singtrans.audio.converter import Converter
from singtrans.audio.cut_off import find_ending
from singtrans.audio.ogg_links import Link, LinkFile, ogg_links
from singtrans.audio.recording import Decoding, Header, Piece, Recording, Summary, damaged, not_a_recording
from singtrans.audio.stated_length import Stated, stated_length
from singtrans.errors import InputError

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream, Packet
    from av.container import InputContainer

_LONGEST_STATED_SECONDS = 24 * 3600.0  # a longer stated length is treated as damage
_LONGEST_PACKET_SECONDS = 1.0  # a longer stated length of a packet is treated as damage
_ENCODER_DELAY_SECONDS = 0.2  # largest delay of the first sample after the track's stated start
_JOINED_FORMATS = ("mpegts", "mpeg", "ogg")  # formats in which time may start again
_GUESSED_FORMATS = ("mp3", "aac", "ac3", "eac3", "dts", "truehd", "mlp", "loas", "mpegvideo", "mpeg", "mpegts")
_BROADCAST_FORMATS = ("mpegts", "mpeg")
_LONGEST_BROADCAST_GAP_SECONDS = 10.0  # as in the ffmpeg command; after a longer gap, time starts again
_SPEECH_FRAME_TYPES = {"amrnb": 7, "amr_nb": 7, "amrwb": 8, "amr_wb": 8}  # higher types are comfort noise or no data


@contextmanager
def open_container(path: Path, link: Link | None = None) -> Iterator["InputContainer"]:
    """Open a file, or one link of a chained Ogg file, with PyAV.

    Raises:
        av.error.FFmpegError: if FFmpeg does not know the format.
    """
    import av

    # Protocols are disabled, because a playlist must not open other files or network connections.
    options = {"protocol_whitelist": "none"}
    with path.open("rb") as file:
        part = LinkFile(file, link) if link else file
        with av.open(part, "r", container_options=options, metadata_errors="replace") as container:
            yield container


def decode(recording: Recording) -> Decoding:
    """Decode one sound track.

    Raises:
        InputError: if nothing can be decoded or there is no such track.
    """
    import av

    path = recording.path
    links = ogg_links(path)
    if len(links) > 1:
        yield from _decode_links(recording, links)
        return
    decoder = None
    try:
        choice = _choose(recording)
        with open_container(path) as container:
            track = sound_tracks(container, path)[choice.track - 1]
            stated = stated_length(container, track, path)
            header = Header(stated.seconds, choice.track, choice.tracks, choice.silent)
            yield header
            decoder = _TrackDecoder(container, track, header, stated)
            yield from decoder.pieces()
    except av.error.FFmpegError as error:
        if decoder is None or not decoder.seconds:
            raise not_a_recording(path) from error
    if not decoder.seconds:
        raise not_a_recording(path) if decoder.guessed else damaged(path)
    yield decoder.summary()


def _decode_links(recording: Recording, links: Sequence[Link]) -> Decoding:
    """Decode a chained Ogg file link by link, and convert each link to the sample rate and channels of the first one.

    Raises:
        InputError: if nothing can be decoded or there is no such track.
    """
    import av

    path, wanted = recording.path, recording.track or 1
    header, converter = None, None
    seconds = lost = 0.0
    for link in links:
        decoder = None
        try:
            with open_container(path, link) as container:
                tracks = sound_tracks(container, path)
                if header is None:
                    header = Header(track=_existing(path, wanted, len(tracks)), tracks=len(tracks))
                    yield header
                track = tracks[min(wanted, len(tracks)) - 1]
                decoder = _TrackDecoder(container, track, header, Stated(None), _converter=converter)
                yield from decoder.pieces()
        except av.error.FFmpegError:
            pass  # this link, or the rest of it, is damaged
        if decoder is not None:
            converter = decoder.converter
            seconds, lost = seconds + decoder.seconds, lost + decoder.lost
    if header is None or not seconds:
        raise damaged(path)
    yield Summary(header, seconds, lost, cut_off=find_ending(path).cut_off)


def _existing(path: Path, wanted: int, count: int) -> int:
    """Check that a track exists, and return its number.

    Raises:
        InputError: if there is no such track.
    """
    if wanted > count:
        has = f"has {count} sound tracks" if count > 1 else "has one sound track"
        raise InputError(f"{path} {has}; there is no track {wanted}.")
    return wanted


def _choose(recording: Recording) -> Header:
    """Choose the sound track to read, and return a header without a length."""
    from singtrans.audio.tracks import best_track

    path, wanted = recording.path, recording.track
    with open_container(path) as container:
        tracks = sound_tracks(container, path)
        count = len(tracks)
        best = container.streams.best("audio")
        first = next((i for i, track in enumerate(tracks, 1) if best and track.index == best.index), 1)
    if wanted is not None or count == 1:
        return Header(track=_existing(path, wanted or 1, count), tracks=count)
    return best_track(path, first, count)


def sound_tracks(container: "InputContainer", path: Path) -> list["AudioStream"]:
    """Return the sound tracks of a container, at least one.

    Raises:
        InputError: if there is none.
    """
    tracks = list(container.streams.audio)
    if not tracks:
        if container.streams.video:
            raise InputError(f"{path} has no sound track: give a recording with sound.")
        raise not_a_recording(path)
    for track in tracks:
        _set_plain_layout(track)
    return tracks


def _set_plain_layout(track: "AudioStream") -> None:
    """Remove the names of the channels.

    PyAV frees a channel layout with custom names on each access. Therefore, the second access crashes the process.
    """
    context = track.codec_context
    if not context.is_open and (channels := context.channels) > 0:
        context.layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels} channels")


@dataclass
class _TrackDecoder:
    """Decoder of one track of an open container."""

    container: "InputContainer"
    track: "AudioStream"
    header: Header
    stated: Stated
    rate: int = 0
    lost: float = 0.0  # length in seconds of packets that could not be decoded
    _unplaced: float = 0.0  # length in seconds of such packets since the last frame
    _clock: PresentationClock | None = field(default=None, repr=False)
    _converter: "Converter | None" = field(default=None, repr=False)

    @property
    def seconds(self) -> float:
        """Length of the decoded sound in seconds."""
        return self._clock.position / self.rate if self._clock else 0.0

    @property
    def converter(self) -> "Converter | None":
        """Converter of the track's frames; None if there were no frames."""
        return self._converter

    @property
    def guessed(self) -> bool:
        """Whether the format has no reliable signature, so that FFmpeg may wrongly detect it in other files."""
        return self.container.format.name in _GUESSED_FORMATS

    def summary(self) -> Summary:
        """Return the summary of the decoding, after `pieces` has yielded the last piece."""
        stated = self.stated
        return Summary(self.header, self.seconds, self.lost, cut_off=stated.cut_off, tolerance=stated.tolerance)

    def pieces(self) -> Iterator[Piece]:
        """Decode all packets. Packets that cannot be decoded are replaced with silence."""
        import av

        for packet in self.container.demux(self.track):
            if self._is_comfort_noise(packet):
                yield from self._quiet(packet)
                continue
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):  # PyAV raises ValueError for invalid frames
                lost = min(float((packet.duration or 0) * (packet.time_base or 0)), _LONGEST_PACKET_SECONDS)
                self.lost += lost
                self._unplaced += lost
                continue
            for frame in frames:
                if frame.samples:
                    yield from self._frame(frame)
        if self._clock:
            for samples in self._clock.finish():
                yield Piece(self.rate, samples)

    def _is_comfort_noise(self, packet: "Packet[AudioStream]") -> bool:
        """Return whether an AMR packet is comfort noise, a pause in the speech that FFmpeg does not decode."""
        most = _SPEECH_FRAME_TYPES.get(self.track.codec_context.name)
        return most is not None and packet.size > 0 and (bytes(packet)[0] >> 3) & 15 > most

    def _quiet(self, packet: "Packet[AudioStream]") -> Iterator[Piece]:
        rate = self.rate or self.track.codec_context.sample_rate
        seconds = min(float((packet.duration or 0) * (packet.time_base or 0)), _LONGEST_PACKET_SECONDS)
        time = None if packet.pts is None else float(packet.pts * packet.time_base)
        yield from self._place(rate, np.zeros((round(seconds * rate), 1), np.float32), time)

    def _frame(self, frame: "AudioFrame") -> Iterator[Piece]:
        time = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        if self._converter is None:
            self._converter = Converter(frame)
        for samples in self._converter.convert(frame):
            yield from self._place(self._converter.rate, samples, time)
            time = None

    def _place(self, rate: int, samples: np.ndarray, time: float | None) -> Iterator[Piece]:
        if self._clock is None:
            self.rate = rate
            self._clock = PresentationClock(rate, self._start(time), self._rules())
        lost, self._unplaced = self._unplaced, 0.0
        if time is None and lost:
            for silence in self._clock.silence(lost, samples.shape[1]):
                yield Piece(self.rate, silence)
        for placed in self._clock.place(samples, time):
            yield Piece(self.rate, placed)

    def _start(self, first: float | None) -> float:
        """Return the start time of the earliest sound or video track."""
        starts = [
            float(stream.start_time * (stream.time_base or 0))
            for stream in self.container.streams
            if stream.start_time is not None
            and (stream.type == "audio" or (stream.type == "video" and not _is_cover(stream)))
            and stream.index != self.track.index
        ]
        own = self.track.start_time
        own_start = float(own * self.track.time_base) if own is not None and self.track.time_base else None
        if first is not None and (own_start is None or 0 <= first - own_start < _ENCODER_DELAY_SECONDS):
            own_start = first
        return min([*starts, own_start if own_start is not None else (first or 0.0)])

    def _rules(self) -> ClockRules:
        name = self.container.format.name
        if name in _BROADCAST_FORMATS:
            return ClockRules(longest_gap=_LONGEST_BROADCAST_GAP_SECONDS, restarts=True)
        stated = self.stated.seconds
        silence = LONGEST_SILENCE_SECONDS if stated is None else min(stated, _LONGEST_STATED_SECONDS)
        return ClockRules(silence=silence, restarts=name in _JOINED_FORMATS)


def _is_cover(stream: object) -> bool:
    """Return whether a video stream is a cover picture."""
    from av.stream import Disposition

    return bool(getattr(stream, "disposition", Disposition(0)) & Disposition.attached_pic)
