"""Accuracy with noise, rooms, codecs, microphones and accompaniments, on held-out recordings.

    python -m benchmarks.conditions manifest.csv [--model MODEL] [--split valid] [--most 6] [SOURCE=HZ ...]

It uses the first ``--most`` recordings of each source that have notes, and at most 20 s of each recording. F-measures
are means over files. Tolerances are 50 ms for onsets, 50 cents for pitch, and the larger of 50 ms and 20 % of the
note's length for offsets. SOURCE=HZ adds HZ to the pitch labels of a source; this is meant for labels that are known to
be too high or too low. Signal-to-noise ratios are computed over the whole excerpt. Conditions whose codec or
accompaniment is missing are left out.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.signal

from benchmarks.arguments import manifest, source_and_hz
from benchmarks.phenomena import Melody, seed_of
from benchmarks.tables import table
from singtrans import audio
from singtrans.dataset.manifest import Entry
from singtrans.scoring.metrics import mean_scores, score_notes, shift_hz
from singtrans.training.augment import add_at_snr
from singtrans.training.codec import Codec, through_codec, usable_codecs
from singtrans.transcriber import Transcriber

METRICS = {"COn": "con", "COnP": "conp", "COnPOff": "conpoff"}
RATE = 16_000
SECONDS = 20.0  # longest part of a recording
SNRS = (30, 20, 10, 5, 0)  # dB
DIRECT = 5.0  # level of direct sound relative to reverberation in dB, as at a metre in a living room
BEAT = 0.5  # seconds between the clicks of a metronome
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class CodecCondition:
    """A codec, its sample rate in Hz and its bit rate; a bit rate of 0 is the codec's default."""

    title: str
    codec: str
    sample_rate: int
    bit_rate: int = 0


SENT = (
    CodecCondition("MP3 16 kbit/s", "libmp3lame", 16_000, 16_000),
    CodecCondition("MP3 32 kbit/s", "libmp3lame", 16_000, 32_000),
    CodecCondition("MP3 64 kbit/s", "libmp3lame", 44_100, 64_000),
    CodecCondition("AAC 24 kbit/s", "aac", 16_000, 24_000),
    CodecCondition("Opus 8 kbit/s", "libopus", 16_000, 8_000),
    CodecCondition("Opus 16 kbit/s", "libopus", 16_000, 16_000),
    CodecCondition("telephone, mu-law 8 kHz", "pcm_mulaw", 8_000),
    CodecCondition("telephone, AMR 12.2 kbit/s", "libopencore_amrnb", 8_000, 12_200),
    CodecCondition("telephone, AMR 4.75 kbit/s", "libopencore_amrnb", 8_000, 4_750),
)


def noisy(samples: np.ndarray, rng: np.random.Generator, snr: float, slope: float = 0.0) -> np.ndarray:
    """Add noise whose spectral density falls by ``slope`` times 10 dB per decade: white for 0, pink for 1."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE), 20.0)  # lowest audible frequency
    noise = np.fft.irfft(spectrum * hertz ** (-slope / 2), len(samples))
    return add_at_snr(samples, noise.astype(np.float32), snr)


def in_room(samples: np.ndarray, rng: np.random.Generator, rt60: float) -> np.ndarray:
    """Add the reverberation of a room (RT60 in seconds); the direct sound is not delayed."""
    time = np.arange(round(1.2 * rt60 * RATE)) / RATE
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / rt60) * (time > 0.003)
    tail *= 10 ** (-DIRECT / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return scipy.signal.fftconvolve(samples, tail)[: len(samples)].astype(np.float32)


def clipped(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Clip the samples at a quarter of their peak."""
    peak = 0.25 * np.abs(samples).max()
    return np.clip(samples, -peak, peak)


def hum(samples: np.ndarray, rng: np.random.Generator, snr: float) -> np.ndarray:
    """Add mains hum of 50 Hz and its harmonics."""
    time = np.arange(len(samples)) / RATE
    noise = sum(np.sin(2 * np.pi * (50 * n * time + rng.random())) / n for n in (1, 2, 3, 4, 5, 6))
    return add_at_snr(samples, noise.astype(np.float32), snr)


def faint(samples: np.ndarray, rng: np.random.Generator, level: float) -> np.ndarray:
    """Set the peak to ``level`` dB relative to full scale, and round the samples to 16 bits."""
    scaled = samples * (10 ** (level / 20) / np.abs(samples).max())
    return (np.round(scaled * 32768) / 32768).astype(np.float32)


def metronome(samples: np.ndarray, rng: np.random.Generator, snr: float) -> np.ndarray:
    """Add a click every half second. Clicks are short, so they are louder than their mean power suggests."""
    time = np.arange(round(BEAT * RATE)) / RATE
    beats = [np.exp(-time / 0.008) * np.sin(2 * np.pi * hertz * time) for hertz in (1760, 1320, 1320, 1320)]
    start = rng.integers(len(time))
    return add_at_snr(samples, np.resize(np.concatenate(beats), start + len(samples))[start:].astype(np.float32), snr)


def accompanied(
    samples: np.ndarray, rng: np.random.Generator, snr: float, backgrounds: Sequence[np.ndarray]
) -> np.ndarray:
    """Add one of ``backgrounds`` as an accompaniment, repeated to the length of the recording."""
    return add_at_snr(samples, np.resize(backgrounds[rng.integers(len(backgrounds))], len(samples)), snr)


def through(samples: np.ndarray, rng: np.random.Generator, codec: Codec, bit_rate: int) -> np.ndarray:
    """Encode a recording with a codec, and decode it again."""
    return through_codec(samples, RATE, codec, bit_rate)


def conditions(backgrounds: Sequence[np.ndarray] = ()) -> dict[str, Change]:
    """Map each condition in the table to a function that changes a recording, but not its length or timing."""
    found: dict[str, Change] = {"clean": lambda samples, rng: samples}
    found |= {f"white noise, {snr} dB": partial(noisy, snr=snr) for snr in SNRS}
    found |= {f"pink noise, {snr} dB": partial(noisy, snr=snr, slope=1.0) for snr in SNRS}
    found |= {f"room, RT60 {rt60} s": partial(in_room, rt60=rt60) for rt60 in (0.3, 0.6, 1.0)}
    usable = {(codec.name, codec.sample_rate): codec for codec in usable_codecs()}
    for sent in SENT:
        if codec := usable.get((sent.codec, sent.sample_rate)):
            found[sent.title] = partial(through, codec=codec, bit_rate=sent.bit_rate)
    found |= {"clipped at a quarter": clipped, "hum, 10 dB": partial(hum, snr=10)}
    found["level -40 dB"] = partial(faint, level=-40.0)
    found |= {f"metronome, {snr} dB": partial(metronome, snr=snr) for snr in (20, 10)}
    if backgrounds:
        found |= {f"band, {snr} dB": partial(accompanied, snr=snr, backgrounds=backgrounds) for snr in (20, 10)}
    return found


def excerpt(entry: Entry, shift: float) -> Melody:
    """Cut off a recording before its first note that ends after `SECONDS`."""
    samples, notes = audio.load(entry.audio, RATE), entry.load_notes()
    kept = [note for note in notes if note.offset <= SECONDS]
    if len(kept) < len(notes):
        samples = samples[: round(min(notes[len(kept)].onset, kept[-1].offset + 1.0) * RATE)]
    return Melody(samples, shift_hz(kept, shift))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Accuracy with noise, rooms, codecs and accompaniments.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument(
        "shifts", nargs="*", type=source_and_hz, metavar="SOURCE=HZ", help="HZ is added to the pitch labels of SOURCE"
    )
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--most", type=int, default=6, help="number of recordings of a source")
    options = parser.parse_intermixed_args()
    shifts = dict(options.shifts)
    entries = [entry for entry in options.entries if entry.split == options.split]
    sources = {entry.source: [] for entry in entries if entry.notes}
    for source, songs in sources.items():
        chosen = [entry for entry in entries if entry.source == source and entry.notes][: options.most]
        songs.extend(excerpt(entry, shifts.get(source, 0.0)) for entry in chosen)
    bands = [entry.accompaniment for entry in entries if entry.accompaniment][: options.most]
    chosen = conditions([audio.load(path, RATE) for path in bands])
    left_out = [sent.title for sent in SENT if sent.title not in chosen] + ([] if bands else ["band"])
    if left_out:
        print(f"left out: {', '.join(left_out)}", file=sys.stderr)
    transcriber = Transcriber(options.model, "cpu")

    def rows() -> Iterator[list[object]]:
        for name, change in chosen.items():
            cells = []
            for source, songs in sources.items():
                scores = []
                for number, song in enumerate(songs):
                    changed = change(song.samples, np.random.default_rng(seed_of(name, source, number)))
                    scores.append(score_notes(song.notes, transcriber.transcribe(changed).notes))
                mean = mean_scores(scores)
                cells += [f"{getattr(mean, metric).f_measure:.3f}" for metric in METRICS.values()]
            yield [name, *cells]

    print(f"{', '.join(f'{len(songs)} recordings of {source}' for source, songs in sources.items())}\n")
    for line in table(["condition", *(f"{source} {metric}" for source in sources for metric in METRICS)], rows()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
