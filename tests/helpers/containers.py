"""Sound files of unusual kinds, made with PyAV or byte by byte."""

import struct
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np

FRAME = 960


def tone(rate, seconds, hz=440.0, level=0.5):
    return (level * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def tones(rate, starts, seconds=0.5, length=None):
    """Make silence with tones of half a second at the given times."""
    sound = np.zeros(round(rate * (length or starts[-1] + 2 * seconds)), np.float32)
    for start in starts:
        part = tone(rate, seconds)
        sound[round(rate * start) :][: len(part)] = part
    return sound


def onsets(samples, rate=16_000):
    """Find the times in seconds at which sound begins after at least 0.1 s of silence."""
    loud = np.flatnonzero(np.abs(samples) > 0.1)
    first = np.concatenate([[True], np.diff(loud) > 0.1 * rate])
    return [float(start) / rate for start in loud[first]]


@dataclass
class Track:
    """A sound track: (frames,) or (frames, channels) samples, and the gaps and delays of its packets."""

    sound: np.ndarray
    codec: str = "aac"
    rate: int = 48_000
    delay: float = 0.0
    gaps: tuple = ()  # (start, end) in seconds; packets that begin between them are left out
    layout: str = ""
    metadata: dict = field(default_factory=dict)


def write(path, *tracks, picture=False, container_format=None, options=None):
    """Write tracks to a container, with their packets in order of time, and optionally with a picture from 0 s on."""
    with av.open(str(path), "w", format=container_format, options=options or {}) as container:
        streams, packets = [], []
        if picture:
            packets += _pictures(container)
        for track in tracks:
            stream = container.add_stream(track.codec, rate=track.rate)
            sound = track.sound.reshape(len(track.sound), -1)
            stream.layout = track.layout or {1: "mono", 2: "stereo"}[sound.shape[1]]
            stream.bit_rate = 128_000
            streams.append((stream, track, sound))
        for stream, track, sound in streams:
            packets += _encode(stream, track, sound)
        packets.sort(key=lambda packet: packet.dts * packet.time_base)
        for packet in packets:
            container.mux(packet)


def _encode(stream, track, sound):
    stream.codec_context.open()
    kind = stream.codec_context.format
    size = stream.codec_context.frame_size or FRAME
    # It makes the planes of the channels, because PyAV can only fill the first eight planes.
    converter = av.AudioResampler(kind.name)
    packets = []
    for start in range(0, len(sound), size):
        part = sound[start : start + size]
        if kind.name.startswith("s16"):
            part = np.round(part * 32767).astype(np.int16)
        elif kind.name.startswith("s32"):
            part = np.round(part * 2147483000).astype(np.int32)
        packed = np.ascontiguousarray(part.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(packed, format=kind.packed.name, layout=stream.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = track.rate, start, Fraction(1, track.rate)
        for converted in converter.resample(frame):
            packets += stream.encode(converted)
    packets += stream.encode(None)
    kept = []
    for packet in packets:
        time = float(packet.pts * packet.time_base)
        if any(start <= time < end for start, end in track.gaps):
            continue
        shift = round(track.delay / packet.time_base)
        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
        kept.append(packet)
    return kept


def _pictures(container):
    video = container.add_stream("mpeg4", rate=10)
    video.width = video.height = 32
    video.pix_fmt = "yuv420p"
    packets = []
    for _ in range(20):
        packets += video.encode(av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8)))
    return packets + video.encode(None)


def amr(frame_types):
    """Make an AMR file with frames of these types: 0 for speech at 4.75 kbit/s, 8 for comfort noise, 15 for no data."""
    sizes = {0: 12, 8: 5, 15: 0}
    rng = np.random.default_rng(0)
    frames = (bytes([kind << 3 | 4]) + rng.bytes(sizes[kind]) for kind in frame_types)
    return b"#!AMR\n" + b"".join(frames)


def label_channels(content, labels):
    """Label the channels of the only sound track of a QuickTime file, for example with 2, 1 for right, left."""
    start = content.index(b"chan") - 4
    old = struct.unpack(">I", content[start : start + 4])[0]
    described = b"".join(struct.pack(">II3f", label, 0, 0.0, 0.0, 0.0) for label in labels)
    new = struct.pack(">I4sIIII", 24 + len(described), b"chan", 0, 0, 0, len(labels)) + described
    grown = len(new) - old
    changed = bytearray(content[:start] + new + content[start + old :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"sowt"):
        place = changed.rindex(name, 0, start) - 4
        size = struct.unpack(">I", changed[place : place + 4])[0]
        changed[place : place + 4] = struct.pack(">I", size + grown)
    return bytes(changed)
