"""Reading of recordings as blocks of mono samples at a given sample rate.

Recordings are processed piece by piece, so the use of memory does not grow with their length:

    file ──decode──▶ (frames, channels) ──mix──▶ mono ──resample──▶ mono at the wanted rate ──▶ equal blocks

libsndfile reads WAV, FLAC, AIFF and similar formats. FFmpeg's libraries, in a separate process, read compressed
formats, formats with time stamps, and files that libsndfile refuses. The format is determined from the content of the
file, not from its ending.

If a file is damaged or incomplete, its intact parts are decoded. Each lost part is replaced with silence of the same
length, so that all later times are still correct.
"""

import logging
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from singtrans.audio import decoder_process, sndfile
from singtrans.audio.blocks import regroup, resample
from singtrans.audio.channels import mix, pick
from singtrans.audio.recording import Decoding, Header, Piece, Recording, Source, Summary, as_recording, damaged
from singtrans.errors import InputError

_log = logging.getLogger(__name__)

_MPEG_SUFFIXES = frozenset({".mp3", ".mp2", ".mp1", ".mpga"})
FADE_SECONDS = 0.01
"""Length of the cross-fade in seconds, which is applied when the weights of the channels change."""

_LOWEST_RATE, _HIGHEST_RATE = 1000, 1_000_000  # Hz; a header with another rate is damaged
_MIX_SAMPLES = (
    4_000_000  # largest number of samples of all channels that are mixed together; a file may have a thousand channels
)


class Reading:
    """One pass over a recording, which yields blocks of mono samples.

    Args:
        source: audio or video file, optionally with a choice of sound track and channel.
        sample_rate: sample rate of the result, in Hz.
        block_seconds: length of each block, in seconds.

    Attributes:
        source: recording that is read.
        summary: summary of the decoding; None until the last block has been read.

    Raises:
        ValueError: if a block is shorter than one sample.
        InputError: if the file does not exist, cannot be read, is a folder, is empty, is not a recording, has no sound
            track, lacks the chosen track or channel, or is so damaged that nothing can be decoded. This error is
            raised when the first block is read.
    """

    def __init__(self, source: Source, sample_rate: int = 16000, block_seconds: float = 30.0) -> None:
        self.source = source
        self._recording = as_recording(source)
        self._rate, self._size = sample_rate, round(sample_rate * block_seconds)
        self.summary: Summary | None = None
        if self._size < 1:
            raise ValueError(f"a block needs at least one sample, not {block_seconds} s at {sample_rate} Hz")

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield (sample_rate * block_seconds,) float32 blocks. The last one may be shorter; none is empty.

        Raises:
            InputError: under the conditions listed for `Reading`, when the first block is read.
        """
        pieces = self.pieces()
        first = next(pieces)
        rate, channels = first.rate, first.samples.shape[1]
        fade = round(rate * FADE_SECONDS)
        samples = (piece.samples for piece in chain([first], pieces))
        chunks = regroup(samples, max(fade, min(rate, _MIX_SAMPLES // channels)))
        chosen = self._recording.channel
        mono = mix(chunks, fade) if chosen is None else pick(chunks, chosen)
        empty = True
        for block in regroup(resample(mono, rate, self._rate), self._size):
            empty = False
            yield block
        if empty:
            raise InputError(f"{self._recording.path} is too short to hold any sound: record or export it again.")

    def pieces(self) -> Iterator[Piece]:
        """Yield the decoded sound, at least one piece. All pieces have the same rate and number of channels.

        Raises:
            InputError: under the conditions listed for `Reading`, when the first piece is read.
        """
        first = True
        for item in decode(self._recording):
            if isinstance(item, Piece):
                if first:
                    self._check(item)
                first = False
                yield item
            elif isinstance(item, Summary):
                self.summary = item

    def _check(self, first: Piece) -> None:
        path, chosen, channels = self._recording.path, self._recording.channel, first.samples.shape[1]
        if not _LOWEST_RATE <= first.rate <= _HIGHEST_RATE:
            raise InputError(
                f"{path} claims {first.rate} samples a second, which no recording of singing has:"
                " its header is damaged; record or export it again."
            )
        if chosen is not None and chosen > channels:
            has = f"{channels} channels" if channels > 1 else "one channel"
            raise InputError(f"{path} has {has}; there is no channel {chosen}.")


def blocks(source: Source, sample_rate: int = 16000, block_seconds: float = 30.0) -> Iterator[np.ndarray]:
    """Read a recording block by block. The concatenated blocks are equal to the result of `load`.

    Channels are averaged. If they would cancel each other because they are in anti-phase, the loudest channel is used
    instead. This decision is made for every second of the recording, and a short cross-fade is applied at each change.
    Silent channels are included in the average; this only lowers the level. NaN and infinite samples are replaced
    with 0.

    Args:
        source: audio or video file, optionally with a choice of sound track and channel.
        sample_rate: sample rate of the result, in Hz.
        block_seconds: length of each block, in seconds.

    Yields:
        (sample_rate * block_seconds,) float32 blocks, mono. The last one may be shorter; none is empty.

    Raises:
        InputError: under the conditions listed for `Reading`, when the first block is read.
        ValueError: if a block is shorter than one sample.
    """
    yield from Reading(source, sample_rate, block_seconds)


def load(source: Source, sample_rate: int = 16000) -> np.ndarray:
    """Read a whole recording.

    Args:
        source: audio or video file, optionally with a choice of sound track and channel.
        sample_rate: sample rate of the result, in Hz.

    Returns:
        (n,) float32 samples, mono, with full scale at 1; n is the length in seconds times ``sample_rate``.

    Raises:
        InputError: under the conditions listed for `Reading`.
    """
    return np.concatenate(list(blocks(source, sample_rate)))


@dataclass(frozen=True, slots=True)
class Soundness:
    """Statistics of a recording's samples that reveal faults.

    Attributes:
        not_finite: number of samples that are NaN or infinite.
        first: time of the first such sample in seconds; 0 if there is none.
        peak: largest amplitude of the finite samples, with full scale at 1.
    """

    not_finite: int
    first: float
    peak: float


def survey(source: Source) -> Soundness:
    """Inspect the samples of a recording as they are stored, including NaN and infinite samples.

    Raises:
        InputError: under the conditions listed for `Reading`.
    """
    count, first, peak, seconds = 0, 0.0, 0.0, 0.0
    for piece in decode(as_recording(source)):
        if not isinstance(piece, Piece):
            continue
        finite = np.isfinite(piece.samples)
        wrong = np.flatnonzero(~finite.all(axis=1))
        if len(wrong) and not count:
            first = seconds + float(wrong[0]) / piece.rate
        count += int((~finite).sum())
        peak = max(peak, float(np.abs(piece.samples, where=finite, out=np.zeros_like(piece.samples)).max(initial=0.0)))
        seconds += len(piece.samples) / piece.rate
    return Soundness(count, first, peak)


def seconds(source: Source) -> float:
    """Return the length of a recording in seconds.

    If libsndfile finds no length in the header, the whole recording is decoded to measure its length.

    Raises:
        InputError: under the conditions listed for `Reading`.
    """
    recording = as_recording(source)
    if not _for_ffmpeg(recording.path, _read_head(recording.path)):
        stated = sndfile.stated_seconds(recording.path)
        if stated is not None:
            return stated
    rate = 16_000
    return sum(map(len, blocks(recording, rate))) / rate


def check(source: Source) -> None:
    """Decode the beginning of a file, so that a file that is not a recording is refused early.

    Raises:
        InputError: under the conditions listed for `Reading`.
    """
    with closing(decode(as_recording(source), beginning=True)) as decoding:
        next(item for item in decoding if isinstance(item, Piece))


def decode(recording: Recording, beginning: bool = False) -> Decoding:
    """Decode with libsndfile if possible, otherwise with FFmpeg; yield at least one piece.

    Args:
        recording: recording, optionally with a choice of sound track.
        beginning: whether the caller reads only the first piece.

    Raises:
        InputError: under the conditions listed for `Reading`.
    """
    path = recording.path
    header, done, rate = None, 0, 1
    if not _for_ffmpeg(path, _read_head(path)) and recording.track in (None, 1):
        try:
            for item in sndfile.decode(path):
                if isinstance(item, Header):
                    header = item
                elif isinstance(item, Piece):
                    done, rate = done + len(item.samples), item.rate
                elif not done:
                    break  # the file has only a header
                yield item
                if isinstance(item, Summary):
                    return
        except sndfile.NotForLibsndfileError as error:
            # The format is another one, or the file is damaged here. FFmpeg skips damaged parts.
            _log.debug("%s: libsndfile stopped after %d samples (%s)", path, done, error)
    _log.debug("%s: decoding with FFmpeg", path)
    try:
        yield from _after(decoder_process.decode(recording, beginning), done)
    except InputError as error:
        if header is None:
            raise
        if not done:
            raise damaged(path) from error
        yield Summary(header, done / rate)


def _after(decoding: Decoding, done: int) -> Decoding:
    """Yield the items of a decoding, but leave out the first ``done`` frames of sound."""
    for item in decoding:
        if not isinstance(item, Piece):
            yield item
            continue
        if done < len(item.samples):
            yield Piece(item.rate, item.samples[done:])
        done = max(0, done - len(item.samples))


def _read_head(path: Path) -> bytes:
    """Check that the file can be read, and return its first bytes, which identify the format."""
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


def _for_ffmpeg(path: Path, head: bytes) -> bool:
    """Return whether FFmpeg reads the format of a file better than libsndfile: Ogg, or MPEG audio such as MP3.

    libsndfile reads only the first link of a chained Ogg file, and ignores gaps. Its MP3 decoder prints messages about
    slightly damaged files.
    """
    sync = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    mpeg = path.suffix.lower() in _MPEG_SUFFIXES or head.startswith(b"ID3") or sync
    return mpeg or head.startswith(b"OggS")
