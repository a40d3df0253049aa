"""Degradation by lossy codecs: MP3, AAC, Opus, and the telephone codecs AMR and mu-law."""

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr


@dataclass(frozen=True)
class Codec:
    """A codec and its container.

    Attributes:
        name: name of the encoder in FFmpeg.
        container: name of the container format in FFmpeg.
        sample_rate: sample rate of the encoded sound, in Hz.
        bit_rates: lowest and highest bit rate, in bits per second; 0 for the default of the codec.
    """

    name: str
    container: str
    sample_rate: int
    bit_rates: tuple[int, int] = (0, 0)


CODECS = (
    Codec("libmp3lame", "mp3", 16_000, (16_000, 48_000)),
    Codec("libmp3lame", "mp3", 44_100, (32_000, 96_000)),
    Codec("aac", "mp4", 16_000, (16_000, 40_000)),
    Codec("libopus", "ogg", 16_000, (8_000, 32_000)),
    Codec("pcm_mulaw", "wav", 8_000),
    Codec("libopencore_amrnb", "amr", 8_000, (4_750, 12_200)),
)
_LONGEST_DELAY = 0.15  # seconds
_AMR_RATES = (4_750, 5_150, 5_900, 6_700, 7_400, 7_950, 10_200, 12_200)


@cache
def usable_codecs() -> tuple[Codec, ...]:
    """Return the codecs in `CODECS` for which FFmpeg has an encoder on this machine."""
    return tuple(codec for codec in CODECS if _exists(codec.name))


def _exists(name: str) -> bool:
    try:
        import av

        av.codec.Codec(name, "w")
    except (ImportError, ValueError):
        return False
    return True


def through_codec(samples: np.ndarray, sample_rate: int, codec: Codec, bit_rate: int = 0) -> np.ndarray:
    """Encode and decode ``samples``, and remove the delay of the codec.

    Args:
        samples: (n,) float32.
        sample_rate: Hz.
        codec: one of `usable_codecs`.
        bit_rate: bits per second; 0 for the default of the codec.

    Returns:
        (n,) float32 at the level of ``samples``, aligned with them to within two milliseconds.
    """
    scale = float(np.abs(samples).max())
    if scale <= 0.0:
        return samples
    original = soxr.resample(samples / np.float32(1.25 * scale), sample_rate, codec.sample_rate)
    decoded = _decode(_encode(original, codec, bit_rate), codec)
    decoded_samples = soxr.resample(decoded, codec.sample_rate, sample_rate) * np.float32(1.25 * scale)
    return _aligned(decoded_samples, samples, round(_LONGEST_DELAY * sample_rate))


def _encode(samples: np.ndarray, codec: Codec, bit_rate: int) -> io.BytesIO:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=codec.container) as container:
        stream = container.add_stream(codec.name, rate=codec.sample_rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        if codec.name == "libopencore_amrnb":
            bit_rate = min(_AMR_RATES, key=lambda known: abs(known - (bit_rate or _AMR_RATES[-1])))
        if bit_rate:
            stream.bit_rate = bit_rate
        whole = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(whole[None], format="s16", layout="mono")
        frame.sample_rate = codec.sample_rate
        frame.pts = 0
        kind = stream.codec_context.format.name if stream.codec_context.format else "s16"
        size = stream.codec_context.frame_size or len(whole)
        resampler = av.AudioResampler(format=kind, layout="mono", rate=codec.sample_rate, frame_size=size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    file.seek(0)
    return file


def _decode(file: io.BytesIO, codec: Codec) -> np.ndarray:
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=codec.sample_rate)
    with av.open(file, "r", format="mov" if codec.container == "mp4" else codec.container) as container:
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _aligned(decoded_samples: np.ndarray, original: np.ndarray, reach: int) -> np.ndarray:
    """Remove a delay of up to ``reach`` samples, and cut or pad to the length of ``original``."""
    size = 1 << (len(decoded_samples) + len(original) - 1).bit_length()
    product = np.fft.rfft(decoded_samples, size) * np.conj(np.fft.rfft(original, size))
    # The spectrum is whitened, because the correlation of a loud steady tone has a peak at each multiple of the period.
    agreement = np.fft.irfft(product / np.sqrt(np.abs(product) + 1e-12 * np.abs(product).max() + 1e-30))
    near = np.concatenate([agreement[:reach], agreement[-reach:]])
    best = int(near.argmax())
    delay = best if best < reach else best - 2 * reach
    moved = decoded_samples[max(delay, 0) :]
    moved = np.pad(moved, (max(-delay, 0), 0))[: len(original)]
    return np.pad(moved, (0, len(original) - len(moved))).astype(np.float32)
