"""Any audio file -> mono float32 at the model's rate, in blocks.

One stream of small steps, so that memory does not grow with the length of the recording:

    file ──decode──▶ (frames, channels) ──downmix──▶ mono ──soxr──▶ mono at the wanted rate ──▶ equal blocks

soundfile (libsndfile) reads WAV, FLAC, OGG, AIFF and their kin. PyAV (FFmpeg's libraries, inside its wheel)
reads M4A, WMA, the sound of videos, and whatever soundfile refuses. It also reads every MP3, because
libsndfile's MP3 decoder writes its complaints about slightly damaged files straight to the terminal. The
content decides, not the ending of the name.

A file that is damaged or cut short gives what can be decoded: a lost packet becomes silence of its length, so
that everything after it keeps its time.
"""

import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.errors import InputError

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer

# fmt: off
AUDIO_SUFFIXES: frozenset[str] = frozenset((
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp2",
    ".mpga", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".m4a", ".m4b", ".aac", ".wma", ".ac3",
    ".amr", ".ape", ".wv", ".mka", ".weba", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".flv",
    ".3gp", ".mpg", ".mpeg",
))
# fmt: on
"""Lower-case endings of names that count as recordings when a folder is searched. A file that is named
outright is read whatever its ending."""

_MPEG_SUFFIXES = frozenset({".mp3", ".mp2", ".mp1", ".mpga"})
_READ_FRAMES = 4096  # a read that fails loses at most this much; larger reads are no faster
_CANCELLED = 0.01  # the mean keeps less than this share of the channels' energy: they cancel (-20 dB)
_FADE_SECONDS = 0.01  # length of the cross-fade when the downmix changes
_LOUDEST = 2.0  # a damaged packet can decode to anything: nothing a codec means is louder
_LONGEST_PACKET_SECONDS = 1.0  # a damaged packet that claims to be longer lies about its length
_LOWEST_RATE, _HIGHEST_RATE = 1000, 1_000_000  # Hz: a header that claims another is damaged
_DOWNMIX_SAMPLES = 4_000_000  # of all channels that are mixed at once; a file may have a thousand channels


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some decoded sound: ``samples`` is (frames, channels) float32, ``rate`` in Hz."""

    rate: int
    samples: np.ndarray


def load(path: str | Path, sample_rate: int = 16000) -> np.ndarray:
    """Read a whole recording.

    Args:
        path: an audio or video file.
        sample_rate: rate of the result, in Hz.

    Returns:
        (n,) float32, mono, full scale at 1; n is the recording's length in seconds times ``sample_rate``.

    Raises:
        InputError: as for :func:`blocks`.
    """
    return np.concatenate(list(blocks(path, sample_rate)))


def blocks(path: str | Path, sample_rate: int = 16000, block_seconds: float = 30.0) -> Iterator[np.ndarray]:
    """Read a recording piece by piece; the pieces joined are what :func:`load` gives.

    Channels are averaged first. Where the average would cancel the sound (channels in anti-phase),
    the loudest channel is used instead; this is decided anew every second, with a short cross-fade. A channel
    that is silent stays in the average, which costs level but no sound. Samples that are not finite become 0.

    Args:
        path: an audio or video file.
        sample_rate: rate of the result, in Hz.
        block_seconds: length of each block, in seconds.

    Yields:
        (sample_rate * block_seconds,) float32, mono; only the last block may be shorter, and none is empty.

    Raises:
        InputError: when the first block is asked for, if the path is missing, a folder, unreadable,
            empty, not a recording, without a sound track, or so damaged that nothing can be decoded.
        ValueError: if a block would be shorter than one sample.
    """
    size = round(sample_rate * block_seconds)
    if size < 1:
        raise ValueError(f"a block needs at least one sample, not {block_seconds} s at {sample_rate} Hz")
    path = Path(path)
    pieces = _decode(path, _read_head(path))
    first = next(pieces)
    if not _LOWEST_RATE <= first.rate <= _HIGHEST_RATE:
        raise InputError(
            f"{path} claims {first.rate} samples a second, which no recording of singing has:"
            " its header is damaged; record or export it again."
        )
    samples = _chain(first.samples, (piece.samples for piece in pieces))
    fade = round(first.rate * _FADE_SECONDS)
    chunk = max(fade, min(first.rate, _DOWNMIX_SAMPLES // first.samples.shape[1]))
    mono = _downmix(_regroup(samples, chunk), fade)
    empty = True
    for block in _regroup(_resample(mono, first.rate, sample_rate), size):
        empty = False
        yield block
    if empty:
        raise InputError(f"{path} is too short to hold any sound: record or export it again.")


@dataclass(frozen=True, slots=True)
class Soundness:
    """What is unusual about a recording's samples.

    Attributes:
        not_finite: how many are NaN or infinite.
        first: the time of the first of these, in seconds; 0 if there are none.
        peak: the largest of the others, full scale at 1.
    """

    not_finite: int
    first: float
    peak: float


def survey(path: str | Path) -> Soundness:
    """Look at a recording's samples as they are stored, which :func:`load` makes finite.

    Raises:
        InputError: as for :func:`blocks`.
    """
    path = Path(path)
    count, first, peak, seconds = 0, 0.0, 0.0, 0.0
    for piece in _decode(path, _read_head(path)):
        finite = np.isfinite(piece.samples)
        wrong = np.flatnonzero(~finite.all(axis=1))
        if len(wrong) and not count:
            first = seconds + float(wrong[0]) / piece.rate
        count += int((~finite).sum())
        peak = max(peak, float(np.abs(piece.samples, where=finite, out=np.zeros_like(piece.samples)).max(initial=0.0)))
        seconds += len(piece.samples) / piece.rate
    return Soundness(count, first, peak)


def seconds(path: str | Path) -> float:
    """Length of a recording as its header states it; it is decoded only where the header does not.

    Raises:
        InputError: as for :func:`blocks`.
    """
    import soundfile

    path = Path(path)
    if not _is_mpeg(path, _read_head(path)):
        try:
            with path.open("rb") as file:
                stated = soundfile.info(file)
            if stated.frames and not stated.subtype.startswith("MPEG"):
                return stated.frames / stated.samplerate
        except (soundfile.LibsndfileError, TypeError):
            pass  # PyAV may be able to read it
    rate = 16_000
    return sum(map(len, blocks(path, rate))) / rate


def check(path: str | Path) -> None:
    """Decode the beginning, so that what is no recording is said before anything slow is begun.

    Raises:
        InputError: as for :func:`blocks`.
    """
    path = Path(path)
    with closing(_decode(path, _read_head(path))) as pieces:
        next(pieces)


def _read_head(path: Path) -> bytes:
    """Check that there is something to read, and return the first bytes, which tell the kind of file."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{path} is a folder, not a recording: give a file inside it.")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path} is a pipe or a device: save the recording to a file first.")
        with path.open("rb") as file:
            head = file.read(16)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path} does not exist: check the path.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error
    if not head:
        raise InputError(f"{path} is empty (0 bytes): copy or record it again.")
    return head


def _is_mpeg(path: Path, head: bytes) -> bool:
    """Whether the file is MP3 or a relative: by its name, its ID3 tag, or its first sync word."""
    sync = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    return path.suffix.lower() in _MPEG_SUFFIXES or head.startswith(b"ID3") or sync


def _decode(path: Path, head: bytes) -> Generator[_Piece, None, None]:
    """Decode with soundfile where it can, and with PyAV where it cannot; at least one piece, or an error."""
    import soundfile

    done = 0
    if not _is_mpeg(path, head):
        try:
            for piece in _decode_soundfile(path):
                done += len(piece.samples)
                yield piece
            if done:
                return
        except soundfile.LibsndfileError:
            pass  # not a format of soundfile's, or damaged from here on: PyAV passes over what is damaged
    skip = done
    try:
        for piece in _decode_pyav(path):
            new = piece.samples[skip:]
            skip = max(0, skip - len(piece.samples))
            if len(new):
                yield _Piece(piece.rate, new)
    except InputError:
        if not done:
            raise


def _decode_soundfile(path: Path) -> Iterator[_Piece]:
    """Decode with soundfile; nothing if the content is for PyAV, LibsndfileError where it cannot go on."""
    import soundfile

    # An open file instead of its name: libsndfile would take any text named .au or .vox for raw samples.
    with path.open("rb") as file:
        try:
            sound = soundfile.SoundFile(file)
        except TypeError:  # soundfile asks for the rate of anything named .raw
            return
        with sound:
            if sound.subtype.startswith("MPEG"):
                return
            while len(samples := sound.read(_READ_FRAMES, dtype="float32", always_2d=True)):
                yield _Piece(sound.samplerate, samples)


def _decode_pyav(path: Path) -> Iterator[_Piece]:
    """Decode the best sound track with PyAV; at least one piece, or InputError."""
    import av

    # No protocols: a playlist that is named like a recording must not open other files or the network.
    options = {"protocol_whitelist": "none"}
    empty = True
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", container_options=options, metadata_errors="replace") as container,
        ):
            track = container.streams.best("audio")
            if track is None and container.streams.video:
                raise InputError(f"{path} holds no sound track: give a recording with sound.")
            if not isinstance(track, av.AudioStream):
                raise _not_a_recording(path)
            for piece in _decode_track(container, track):
                empty = False
                yield piece
    except av.error.FFmpegError as error:
        if empty:
            raise _not_a_recording(path) from error
    if empty:
        raise InputError(f"{path} is damaged, nothing in it can be decoded: copy or export it again.")


def _not_a_recording(path: Path) -> InputError:
    return InputError(
        f"{path} is not a recording that can be read (not sound, damaged, or an unknown format):"
        " convert it to WAV or FLAC."
    )


def _decode_track(container: "InputContainer", track: "AudioStream") -> Iterator[_Piece]:
    """Decode one track of a PyAV container; damaged packets become silence."""
    import av

    rate, layout, source, converter, lost = 0, None, None, None, 0.0
    for packet in container.demux(track):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            lost += min(float((packet.duration or 0) * packet.time_base), _LONGEST_PACKET_SECONDS)
            continue
        for frame in frames:
            if not frame.samples:
                continue
            if layout is None:
                rate, layout = frame.sample_rate, frame.layout
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if converter is None or kind != source:  # the first frame, or a stream that changes on its way
                same = frame.layout.name == layout.name and frame.sample_rate == rate
                wanted = (None, None) if same else (layout, rate)
                source, converter = kind, av.AudioResampler("fltp", *wanted)
            frame.pts = None  # only the samples matter: gaps in the time stamps would confuse the converter
            for converted in converter.resample(frame):
                samples = np.clip(converted.to_ndarray().T, -_LOUDEST, _LOUDEST)
                if lost:
                    yield _Piece(rate, np.zeros((round(lost * rate), samples.shape[1]), np.float32))
                    lost = 0.0
                yield _Piece(rate, samples)


def _chain(first: np.ndarray, rest: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    yield first
    yield from rest


def _regroup(arrays: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Cut arrays of any lengths into arrays of ``size`` along the first axis; the last may be shorter."""
    waiting: list[np.ndarray] = []
    length = 0
    for array in arrays:
        waiting.append(array)
        length += len(array)
        if length < size:
            continue
        joined = np.concatenate(waiting)
        whole = length - length % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        waiting, length = [joined[whole:]], length - whole
    if length:
        yield np.concatenate(waiting)


def _downmix(chunks: Iterable[np.ndarray], fade: int) -> Iterator[np.ndarray]:
    """(frames, channels) chunks -> (frames,): the mean, or the loudest channel where the mean cancels."""
    previous = None
    for raw in chunks:
        chunk = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0)
        channels = chunk.shape[1]
        if channels == 1:
            yield chunk[:, 0]
            continue
        weights = _weights(chunk, previous)
        mono = chunk @ weights
        if previous is not None and not np.array_equal(weights, previous):
            ramp = np.linspace(0.0, 1.0, len(mono[:fade]), dtype=np.float32)
            mono[:fade] = ramp * mono[:fade] + (1 - ramp) * (chunk[:fade] @ previous)
        previous = weights
        yield mono


def _weights(chunk: np.ndarray, previous: np.ndarray | None) -> np.ndarray:
    """The share of each channel of a (frames, channels) chunk in the mono sound, (channels,) float32."""
    channels = chunk.shape[1]
    mean = np.full(channels, 1 / channels, np.float32)
    energy = np.square(chunk, dtype=np.float64).sum(axis=0)
    if not energy.any():
        return mean if previous is None else previous
    if np.square(chunk @ mean, dtype=np.float64).sum() >= _CANCELLED * energy.mean():
        return mean
    loudest = int(energy.argmax())
    if previous is not None and previous.max() == 1:
        # Channels in anti-phase are about equally loud: going to and fro between them would be heard.
        chosen = int(previous.argmax())
        loudest = chosen if energy[chosen] >= 0.5 * energy[loudest] else loudest
    return np.eye(channels, dtype=np.float32)[loudest]


def _resample(chunks: Iterable[np.ndarray], source: int, target: int) -> Iterator[np.ndarray]:
    """(frames,) float32 chunks at ``source`` Hz -> chunks at ``target`` Hz, as if resampled all at once."""
    if source == target:
        yield from chunks
        return
    import soxr

    stream = soxr.ResampleStream(source, target, 1, dtype="float32")
    for chunk in chunks:
        yield stream.resample_chunk(chunk)
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)
