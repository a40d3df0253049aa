"""Unusual sound: samples that are not numbers, extreme rates and numbers of channels, and great lengths."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from singtrans import audio
from tests.robustness.hostile_cases import ANY, RATE, SECONDS, SILENT, SOURCE, TUNE, Case, patched, shortened, tune, wav


def odd_samples() -> Iterator[Case]:
    def of(make: Callable[[], np.ndarray], subtype: str = "FLOAT", rate: int = RATE) -> Callable[[Path], Path]:
        return lambda f: wav(f / "a.wav", make(), rate, subtype=subtype)

    def spoilt(value: float) -> np.ndarray:
        samples = tune().copy()
        samples[::5000] = value
        return samples

    time = np.arange(3 * RATE) / RATE
    yield Case("NaN here and there", TUNE, of(lambda: spoilt(np.nan)))
    yield Case("infinities here and there", TUNE, of(lambda: spoilt(np.inf)))
    yield Case("nothing but NaN", SILENT, of(lambda: np.full(RATE, np.nan)))
    yield Case("nothing but infinity", SILENT, of(lambda: np.full(RATE, np.inf)))
    yield Case("denormals alone", SILENT, of(lambda: np.full(RATE, 1e-40)))
    yield Case("samples of 1e38", ANY, of(lambda: np.full(RATE, 1e38)))
    yield Case("doubles beyond single precision", ANY, of(lambda: np.full(RATE, 1e300), "DOUBLE"))
    yield Case("the tune at 1e30 times full scale", TUNE, of(lambda: tune() * np.float32(1e30)))
    yield Case("the tune at -200 dB", TUNE, of(lambda: tune() * np.float32(1e-10)))
    yield Case("digital silence", SILENT, of(lambda: np.zeros(RATE)))
    yield Case("full scale and nothing else (DC)", SILENT, of(lambda: np.ones(3 * RATE)))
    yield Case("the tune on DC of half scale", TUNE, of(lambda: 0.3 * tune() / abs(tune()).max() + 0.5))
    yield Case("a full-scale square wave", ANY, of(lambda: np.sign(np.sin(2 * np.pi * 220 * time))))
    yield Case("full-scale noise", ANY, of(lambda: np.random.default_rng(0).uniform(-1, 1, 3 * RATE)))
    yield Case("an impulse", ANY, of(lambda: (time == 1.0).astype(float)))
    yield Case("one sample", SILENT, of(lambda: np.ones(1)))
    yield Case("two samples", SILENT, of(lambda: np.ones(2)))
    yield Case("319 samples, one less than a frame", SILENT, of(lambda: tune()[:319]))
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM"):
        yield Case(f"{subtype} samples", TUNE, of(lambda: 0.5 * tune() / abs(tune()).max(), subtype))


def rates_and_channels() -> Iterator[Case]:
    def declared(rate: int) -> Callable[[Path], Path]:
        return lambda f: patched(wav(f / "a.wav"), 24, "<I", rate)

    for rate in (0, 1, 7, 999, 2_000_000, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Case(f"a declared rate of {rate:,} Hz", "", declared(rate))
    yield Case("a declared rate of 1,000 Hz", ANY, declared(1000))
    for rate, outcome in {768_000: TUNE, 44_056: TUNE, 8_000: ANY}.items():  # at 8 kHz, consonants are hardly audible
        yield Case(
            f"a true rate of {rate:,} Hz",
            outcome,
            lambda f, r=rate: wav(f / "a.wav", audio.load(SOURCE, r)[: round(SECONDS * r)], r),
        )
    for channels in (0, 1025, 65_535):
        yield Case(f"{channels} declared channels", "", lambda f, n=channels: patched(wav(f / "a.wav"), 22, "<H", n))

    def of(make: Callable[[], np.ndarray], rate: int = RATE) -> Callable[[Path], Path]:
        return lambda f: wav(f / "a.wav", make(), rate)

    for channels in (2, 3, 6, 17, 64):
        yield Case(f"{channels} equal channels", TUNE, of(lambda n=channels: np.tile(tune()[:, None], n)))
    wide = np.zeros((96_000, 1024), np.int16)
    yield Case("1024 channels at 192 kHz", SILENT, lambda f: wav(f / "a.wav", wide, 192_000, subtype="PCM_U8"))
    yield Case("one of two channels silent", TUNE, of(lambda: np.stack([tune(), 0 * tune()], 1)))
    yield Case("63 of 64 channels silent", TUNE, of(lambda: np.outer(tune(), np.eye(64)[9])))
    yield Case("two channels out of phase", TUNE, of(lambda: np.stack([tune(), -tune()], 1)))
    yield Case("64 channels, each other one out of phase", TUNE, of(lambda: np.outer(tune(), [1, -1] * 32)))


def long() -> Iterator[Case]:
    def sparse(hours: float) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            size = round(hours * 3600 * 8000) * 2
            path = wav(folder / "a.wav", np.zeros(1), 8000)
            patched(path, 4, "<I", 36 + size)
            patched(path, 40, "<I", size)
            return shortened(path, 44 + size)

        return make

    yield Case("ten minutes of nothing, sparse", SILENT, sparse(1 / 6))
    yield Case("30 hours of nothing, sparse", SILENT, sparse(30), long=True)
    yield Case("2 hours of the tune", ANY, lambda f: wav(f / "a.flac", np.tile(tune(), 2400)), long=True)
