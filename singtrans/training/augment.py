"""Augmentation of recordings: changes of voice, room, microphone and background.

All functions change waveforms, so they do not depend on the front end.
"""

from dataclasses import dataclass

import numpy as np
import soxr
import torch

from singtrans.training.codec import through_codec, usable_codecs

_HOP_SECONDS = 0.016  # half the window length of the spectra for shifting formants
_LIFTER_SECONDS = 0.0015  # quefrency limit of the envelope, shorter than the period of most voices
_MOST_GAIN = 2.5  # nepers; a higher gain could make nearly silent bands louder than the voice


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """Probabilities and strengths of the augmentations.

    Attributes:
        speed: largest change of speed, up or down, in semitones; the pitch changes with the speed.
        speed_probability, formant_probability, drift_probability, noise_probability, background_probability,
            room_probability, filter_probability, clip_probability, codec_probability, silence_probability: probability
            of each augmentation. The augmentation ``silence`` replaces the whole excerpt with noise.
        snr: range of signal to noise ratios in dB.
        background_snr: range of voice to accompaniment ratios in dB.
        level: standard deviation in dB of a random error that is added to the measured level.
        formants: largest shift of the formants, up or down, in semitones.
        drift: standard deviation in dB of the slowly varying gain.
    """

    speed: float = 5.0
    speed_probability: float = 0.7
    formant_probability: float = 0.5
    drift_probability: float = 0.3
    noise_probability: float = 0.5
    snr: tuple[float, float] = (5.0, 45.0)
    background_probability: float = 0.15
    background_snr: tuple[float, float] = (3.0, 25.0)
    room_probability: float = 0.25
    filter_probability: float = 0.4
    clip_probability: float = 0.05
    codec_probability: float = 0.1
    silence_probability: float = 0.02
    level: float = 3.0
    formants: float = 4.0
    drift: float = 4.0


def change_speed(samples: np.ndarray, ratio: float) -> np.ndarray:
    """Speed up ``samples``, (n,), by the factor ``ratio``.

    The result has (round(n / ratio),) samples, and its pitch is 12 log2(ratio) semitones higher.
    """
    return soxr.resample(samples, ratio, 1.0, quality="MQ")


def shift_formants(samples: np.ndarray, sample_rate: int, ratio: float) -> np.ndarray:
    """Shift the formants to ``ratio`` times their frequency without changing pitch or time.

    The result sounds like a voice with a vocal tract of another length. The spectral envelope is computed from the
    lowest quefrencies of the cepstrum. In the result, there is a noise floor between the harmonics. It is 32 to 35 dB
    below a voice with a pitch of 200 Hz, and 20 to 25 dB below a voice with a pitch of 600 Hz or more. At such pitches,
    the harmonics are so far apart that the envelope follows each of them.

    Args:
        samples: (n,) float32.
        sample_rate: Hz.
        ratio: factor by which the frequencies of the formants are multiplied; above 1 for a shorter vocal tract.
    """
    hop = round(_HOP_SECONDS * sample_rate)
    size, lifter = 2 * hop, round(_LIFTER_SECONDS * sample_rate)
    window = torch.hann_window(size)
    # Without padding, the last samples would be divided by a window sum close to zero.
    sound = torch.nn.functional.pad(torch.from_numpy(samples), (0, hop))
    spectra = torch.stft(sound, size, hop, window=window, pad_mode="constant", return_complex=True)
    cepstra = torch.fft.irfft(torch.log(spectra.abs() + 1e-5), dim=0)[:lifter]
    k = torch.arange(lifter)
    # The lifter is tapered because a sharp edge would make the envelope oscillate.
    weight = torch.where(k == 0, 1.0, 2.0) * (0.5 + 0.5 * torch.cos(torch.pi * k / lifter))
    here = torch.linspace(0.0, torch.pi, len(spectra))[:, None]
    there = torch.clamp(here / ratio, max=torch.pi)
    gain = ((torch.cos(there * k) - torch.cos(here * k)) * weight) @ cepstra
    shaped = spectra * torch.exp(torch.clamp(gain, -_MOST_GAIN, _MOST_GAIN))
    return torch.istft(shaped, size, hop, window=window, length=len(samples)).numpy()


def drift_gain(samples: np.ndarray, sample_rate: int, deviation: float, rng: np.random.Generator) -> np.ndarray:
    """Apply a slowly varying gain, like that of a moving singer or of the automatic gain control of a telephone.

    Args:
        samples: (n,).
        sample_rate: Hz.
        deviation: standard deviation of the gain, in dB, at random points that are 1 to 3 s apart.
        rng: random generator.
    """
    seconds = len(samples) / sample_rate
    points = np.cumsum(rng.uniform(1.0, 3.0, int(seconds) + 2)) - 1.0  # the last point is after the end
    gain_db = np.interp(np.arange(len(samples)) / sample_rate, points, rng.normal(0.0, deviation, len(points)))
    return samples * (10.0 ** (gain_db / 20.0)).astype(np.float32)


def add_at_snr(samples: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add ``noise`` (n,) to ``samples`` (n,) at a signal to noise ratio in dB, measured over the whole length."""
    power, noise_power = float(np.mean(samples**2)), float(np.mean(noise**2))
    if power <= 0.0 or noise_power <= 0.0:
        return samples
    return samples + noise * np.float32(np.sqrt(power / noise_power * 10.0 ** (-snr_db / 10.0)))


def coloured_noise(n: int, rng: np.random.Generator, sample_rate: int = 16_000) -> np.ndarray:
    """Make (n,) noise with a random spectral slope from blue to brown, sometimes with mains hum."""
    size = 1 << max(1, (n - 1).bit_length())
    frequency = np.arange(1, size // 2 + 2, dtype=np.float32)
    spectrum = rng.standard_normal((2, len(frequency)), dtype=np.float32) * frequency ** np.float32(
        rng.uniform(-1, 0.3)
    )
    noise = np.fft.irfft(spectrum[0] + 1j * spectrum[1])[:n].astype(np.float32)
    noise /= max(float(noise.std()), 1e-9)
    if rng.random() < 0.2:
        t = np.arange(n, dtype=np.float32) / sample_rate
        mains = rng.choice([50.0, 60.0])
        for harmonic in range(1, 6):
            noise += np.float32(rng.random() / harmonic) * np.sin(
                2 * np.pi * mains * harmonic * t + rng.random() * 6.28
            )
    return noise.astype(np.float32)


def room_and_filter(
    samples: np.ndarray, sample_rate: int, room: bool, colour: bool, rng: np.random.Generator
) -> np.ndarray:
    """Apply reverberation and a random frequency response in one pass through the frequency domain.

    Args:
        samples: (n,).
        sample_rate: Hz.
        room: whether to add reverberation: exponentially decaying noise with an RT60 of 0.1 to 0.7 s, 0 to 18 dB below
            the direct sound.
        colour: whether to apply a smooth random equaliser, sometimes with a low-pass filter, a high-pass filter or
            both, as in a telephone.
        rng: random generator.

    Returns:
        (n,) float32.
    """
    tail = sample_rate if room else 0
    size = 1 << (len(samples) + tail - 1).bit_length()
    response: np.ndarray | float = 1.0
    if room:
        rt60 = rng.uniform(0.1, 0.7)
        t = np.arange(tail, dtype=np.float32) / sample_rate
        impulse = rng.standard_normal(tail, dtype=np.float32) * 10.0 ** (-3.0 * t / np.float32(rt60))
        impulse[: int(rng.uniform(0.001, 0.02) * sample_rate)] = 0.0
        impulse *= np.float32(10.0 ** (-rng.uniform(0.0, 18.0) / 20.0) / max(np.sqrt(np.sum(impulse**2)), 1e-9))
        impulse[0] = 1.0
        response = np.fft.rfft(impulse, size)
    if colour:
        hz = np.fft.rfftfreq(size, 1.0 / sample_rate)
        octaves = np.log2(np.maximum(hz, 30.0) / 30.0)
        points = rng.normal(0.0, 4.0, 10)
        gain_db = np.interp(octaves, np.arange(10), points)
        if rng.random() < 0.4:
            gain_db -= 24.0 * np.maximum(octaves - np.log2(rng.uniform(2500, 7000) / 30.0), 0.0) * 2
        if rng.random() < 0.3:
            gain_db -= 12.0 * np.maximum(np.log2(rng.uniform(80, 350) / 30.0) - octaves, 0.0)
        response = response * 10.0 ** (gain_db / 20.0)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)].astype(np.float32)


def augment(
    samples: np.ndarray,
    background: np.ndarray | None,
    sample_rate: int,
    config: AugmentConfig,
    rng: np.random.Generator,
) -> np.ndarray:
    """Apply each augmentation with its probability, except those that `Excerpts` applies: speed and silence.

    Args:
        samples: (n,) float32.
        background: (n,) float32 samples to mix in; None to mix in nothing.
        sample_rate: Hz.
        config: probabilities and strengths.
        rng: random generator.
    """
    if rng.random() < config.formant_probability:
        samples = shift_formants(samples, sample_rate, 2.0 ** (rng.uniform(-config.formants, config.formants) / 12.0))
    if rng.random() < config.drift_probability:
        samples = drift_gain(samples, sample_rate, config.drift, rng)
    room, colour = rng.random() < config.room_probability, rng.random() < config.filter_probability
    if background is not None:
        samples = add_at_snr(samples, background, rng.uniform(*config.background_snr))
    if room or colour:
        samples = room_and_filter(samples, sample_rate, room, colour, rng)
    if rng.random() < config.noise_probability:
        samples = add_at_snr(samples, coloured_noise(len(samples), rng, sample_rate), rng.uniform(*config.snr))
    if rng.random() < config.clip_probability:
        peak = float(np.abs(samples).max()) * rng.uniform(0.2, 0.8)
        samples = np.clip(samples, -peak, peak)
    codecs = usable_codecs()
    if codecs and rng.random() < config.codec_probability:
        codec = codecs[rng.integers(len(codecs))]
        low, high = codec.bit_rates
        samples = through_codec(samples, sample_rate, codec, round(low * (max(high, 1) / max(low, 1)) ** rng.random()))
    return samples.astype(np.float32)
