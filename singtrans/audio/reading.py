"""Any recording to blocks of mono samples at one rate.

One stream of small steps, so that memory does not grow with the length of the recording:

    file ──decode──▶ (frames, channels) ──mix──▶ mono ──resample──▶ mono at the wanted rate ──▶ equal blocks

libsndfile reads WAV, FLAC, AIFF and similar formats. FFmpeg's libraries, in a process of their own, read all that is
compressed or has a clock, and what libsndfile refuses. The content decides, not the ending of the name.

A file that is damaged or cut short gives what can be decoded: what is lost becomes silence of its length, so that
everything after it keeps its time.
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
"""Length of the cross-fade when the mix of the channels changes."""

_LOWEST_RATE, _HIGHEST_RATE = 1000, 1_000_000  # Hz: a header that claims another is damaged
_MIX_SAMPLES = 4_000_000  # of all channels that are mixed at once; a file may have a thousand channels


class Reading:
    """One pass over a recording.

    Args:
        source: an audio or video file, perhaps with a choice of sound track and channel.
        sample_rate: rate of the result, in Hz.
        block_seconds: length of each block, in seconds.

    Attributes:
        source: what is read.
        summary: what is known about the recording; None until the last block has been read.

    Raises:
        ValueError: if a block would be shorter than one sample.
    """

    def __init__(self, source: Source, sample_rate: int = 16000, block_seconds: float = 30.0) -> None:
        self.source = source
        self._recording = as_recording(source)
        self._rate, self._size = sample_rate, round(sample_rate * block_seconds)
        self.summary: Summary | None = None
        if self._size < 1:
            raise ValueError(f"a block needs at least one sample, not {block_seconds} s at {sample_rate} Hz")

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield (sample_rate * block_seconds,) float32 blocks; only the last may be shorter, and none is empty.

        Raises:
            InputError: when the first block is asked for, if the path is missing, a folder, unreadable,
                empty, not a recording, without a sound track, or so damaged that nothing can be decoded.
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
        """Yield the sound as it is decoded, all in one rate and number of channels; at least one piece.

        Raises:
            InputError: as for the blocks.
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
    """Read a recording block by block; the blocks joined are what :func:`load` gives.

    Channels are averaged first. Where the average would cancel the sound (channels in anti-phase),
    the loudest channel is used instead; this is decided anew every second, with a short cross-fade. A channel
    that is silent stays in the average, which costs level but no sound. Samples that are not finite become 0.

    Args:
        source: an audio or video file, perhaps with a choice of sound track and channel.
        sample_rate: rate of the result, in Hz.
        block_seconds: length of each block, in seconds.

    Yields:
        (sample_rate * block_seconds,) float32, mono; only the last block may be shorter, and none is empty.

    Raises:
        InputError: when the first block is asked for, as for `Reading`.
        ValueError: if a block would be shorter than one sample.
    """
    yield from Reading(source, sample_rate, block_seconds)


def load(source: Source, sample_rate: int = 16000) -> np.ndarray:
    """Read a whole recording.

    Args:
        source: an audio or video file, perhaps with a choice of sound track and channel.
        sample_rate: rate of the result, in Hz.

    Returns:
        (n,) float32, mono, full scale at 1; n is the recording's length in seconds times ``sample_rate``.

    Raises:
        InputError: as for `Reading`.
    """
    return np.concatenate(list(blocks(source, sample_rate)))


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


def survey(source: Source) -> Soundness:
    """Look at a recording's samples as they are stored, which :func:`load` makes finite.

    Raises:
        InputError: as for `Reading`.
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
    """Length of a recording as its header states it; it is decoded only where the header does not.

    Raises:
        InputError: as for `Reading`.
    """
    recording = as_recording(source)
    if not _for_ffmpeg(recording.path, _read_head(recording.path)):
        stated = sndfile.stated_seconds(recording.path)
        if stated is not None:
            return stated
    rate = 16_000
    return sum(map(len, blocks(recording, rate))) / rate


def check(source: Source) -> None:
    """Decode the beginning, to refuse what is not a recording before anything slow is begun.

    Raises:
        InputError: as for `Reading`.
    """
    with closing(decode(as_recording(source), beginning=True)) as decoding:
        next(item for item in decoding if isinstance(item, Piece))


def decode(recording: Recording, beginning: bool = False) -> Decoding:
    """Decode with libsndfile where it can, else with FFmpeg; at least one piece.

    Args:
        recording: the file, perhaps with a choice of sound track.
        beginning: the caller reads no more than the first piece.

    Raises:
        InputError: as for `Reading`.
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
                    break  # a header and nothing after it
                yield item
                if isinstance(item, Summary):
                    return
        except sndfile.NotForLibsndfileError as error:
            # Another format, or damaged from here on: FFmpeg passes over what is damaged.
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
    """What is decoded after the first ``done`` frames."""
    for item in decoding:
        if not isinstance(item, Piece):
            yield item
            continue
        if done < len(item.samples):
            yield Piece(item.rate, item.samples[done:])
        done = max(0, done - len(item.samples))


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


def _for_ffmpeg(path: Path, head: bytes) -> bool:
    """Whether FFmpeg reads a file better than libsndfile: Ogg, and MP3 and its relatives.

    libsndfile reads the first link of a chained Ogg file and knows nothing of its gaps; its MP3 decoder prints to the
    terminal about slightly damaged files.
    """
    sync = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    mpeg = path.suffix.lower() in _MPEG_SUFFIXES or head.startswith(b"ID3") or sync
    return mpeg or head.startswith(b"OggS")
