"""Make a song from a backing and a melody that fits the chords of the backing.

    python -m benchmarks.bands song.mp3 [--groove BossaNova] [--tempo 96] [--seconds 30] [--seed 0] [--level 0]

The program mma generates the backing, and fluidsynth renders it. Both programs and a General MIDI sound font are Debian
packages: ``mma``, ``fluidsynth`` and ``fluid-soundfont-gm``. The melody is sung by the recipe's formant voice, or
played by an instrument of the sound font. The times of beats and notes are exactly known; the command writes the notes
to a file beside the song, such as ``song.notes.csv``.
"""

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile

from recipe.synthesis.melody import HOP_SECONDS, SingingStyle, f0_curve
from recipe.synthesis.voices import formant_voice
from singtrans.notes import Note

RATE = 44_100
SOUND_FONTS = (Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), Path("/usr/share/sounds/sf2/default-GM.sf2"))
PROGRESSIONS = (
    ("C", "Am", "F", "G7"),
    ("Am", "F", "C", "G"),
    ("C", "F", "G7", "C"),
    ("Dm", "G7", "C", "Am"),
    ("Em", "C", "G", "D"),
    ("F", "Bb", "Gm", "C7"),
)
TONES = {"": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10)}
"""Map from types of chords to the distances of their notes from the root in semitones."""
ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LENGTHS = ((1.0,), (0.5, 0.5), (2.0,), (1.5, 0.5))
"""Groups of note lengths in beats. The rhythm of a melody is a random sequence of these groups."""
REST, BREATH = 0.1, 0.12  # probability of a rest in place of a note; share of a beat by which notes are shortened
PEAK = 0.9
TAIL = 1.0  # seconds after the last bar


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Style and chords of a made-up song.

    Attributes:
        groove: name of a groove of mma's library, such as ``BossaNova``.
        tempo: beats per minute; a whole number, because mma cuts off decimals.
        chords: one chord for each bar.
        beats: number of beats in a bar of the groove.
    """

    groove: str
    tempo: int
    chords: tuple[str, ...]
    beats: int = 4

    @property
    def bar(self) -> float:
        """Length of a bar in seconds."""
        return self.beats * 60.0 / self.tempo

    @property
    def seconds(self) -> float:
        """Length of the song in seconds."""
        return self.bar * len(self.chords)

    @property
    def beat_times(self) -> np.ndarray:
        """(beats,) times of the beats in seconds."""
        return np.arange(self.beats * len(self.chords)) * 60.0 / self.tempo


def missing_programs() -> list[str]:
    """Return the names of programs and files that are needed for a backing but not installed."""
    found = [name for name in ("mma", "fluidsynth") if shutil.which(name) is None]
    return found if any(font.is_file() for font in SOUND_FONTS) else [*found, "fluid-soundfont-gm"]


def arrange(groove: str, tempo: int, seconds: float, rng: np.random.Generator, beats: int = 4) -> Arrangement:
    """Choose chords for a song that is at least ``seconds`` long."""
    bars = int(np.ceil(seconds * tempo / 60.0 / beats))
    progression = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    return Arrangement(groove, tempo, tuple(progression[bar % len(progression)] for bar in range(bars)), beats)


def backing(arrangement: Arrangement, lead: Sequence[Note] = (), program: int = 73) -> np.ndarray:
    """Render a backing in stereo; return (samples, 2) at `RATE`.

    Args:
        arrangement: style and chords.
        lead: notes of an instrument that plays a melody; empty for none.
        program: General MIDI program number of that instrument, counted from 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        text, midi = Path(folder, "song.mma"), Path(folder, "song.mid")
        bars = "".join(f"{number} {chord}\n" for number, chord in enumerate(arrangement.chords, 1))
        text.write_text(f"Tempo {arrangement.tempo}\nGroove {arrangement.groove}\n{bars}")
        subprocess.run(["mma", "-f", midi, text], check=True, capture_output=True, cwd=folder)
        if lead:
            _add_lead(midi, lead, program, arrangement.tempo)
        return render(midi, arrangement.seconds + TAIL)


def play(lead: Sequence[Note], program: int, seconds: float) -> np.ndarray:
    """Render a melody of one instrument in stereo; return (samples, 2) at `RATE`."""
    with tempfile.TemporaryDirectory() as folder:
        midi = Path(folder, "lead.mid")
        mido.MidiFile(ticks_per_beat=480).save(midi)
        _add_lead(midi, lead, program, 120.0)
        return render(midi, seconds)


def render(midi: Path, seconds: float) -> np.ndarray:
    """Render a MIDI file with fluidsynth; return (samples, 2) at `RATE`, ``seconds`` long."""
    font = next(font for font in SOUND_FONTS if font.is_file())
    wave = midi.with_suffix(".wav")
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE), "-F", wave, font, midi]
    subprocess.run(command, check=True, capture_output=True)
    samples, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    wanted = round(seconds * RATE)
    return np.pad(samples, ((0, max(0, wanted - len(samples))), (0, 0)))[:wanted]


def melody(arrangement: Arrangement, rng: np.random.Generator, lowest: int = 55, highest: int = 69) -> tuple[Note, ...]:
    """Compose a melody from notes of the chords, with rests between phrases of about two bars."""
    beat = 60.0 / arrangement.tempo
    notes: list[Note] = []
    pitch = (lowest + highest) // 2
    for number, chord in enumerate(arrangement.chords):
        allowed = _tones(chord, lowest, highest)
        place = 0.0
        while place < arrangement.beats - (1.0 if number % 2 else 0.0):
            for length in LENGTHS[rng.integers(len(LENGTHS))]:
                if place + length > arrangement.beats:
                    break
                near = allowed[np.argsort(np.abs(allowed - pitch), kind="stable")[:4]]
                pitch = int(near[rng.integers(len(near))])
                onset = (number * arrangement.beats + place) * beat
                if rng.random() >= REST:
                    notes.append(Note(onset, onset + (length - BREATH) * beat, float(pitch)))
                place += length
    return tuple(notes)


def sing(notes: Sequence[Note], rng: np.random.Generator) -> np.ndarray:
    """Sing a melody with the recipe's formant voice; return (samples,) at `RATE`."""
    return formant_voice(notes, f0_curve(notes, HOP_SECONDS, rng, SingingStyle()), RATE, rng)


def song(voice: np.ndarray, band: np.ndarray, level: float) -> np.ndarray:
    """Mix a mono voice, ``level`` dB louder, into the centre of a stereo backing; return (samples, 2)."""
    voice = np.pad(voice, (0, max(0, len(band) - len(voice))))[: len(band)]
    return mixed(np.stack([voice, voice], axis=1), band, level)


def mixed(first: np.ndarray, second: np.ndarray, level: float) -> np.ndarray:
    """Mix two stereo recordings of equal length, the first ``level`` dB louder; return (samples, 2)."""
    gain = np.sqrt(np.square(second).mean() / np.square(first).mean()) * 10 ** (level / 20)
    mix = second + gain * first
    return (mix * (PEAK / np.abs(mix).max())).astype(np.float32)


def _tones(chord: str, lowest: int, highest: int) -> np.ndarray:
    """Return the MIDI numbers of a chord's notes in a range."""
    root = ROOTS[chord[0]] - (chord[1:2] == "b")
    classes = {(root + tone) % 12 for tone in TONES[chord[1:].removeprefix("b")]}
    return np.array([pitch for pitch in range(lowest, highest + 1) if pitch % 12 in classes])


def _add_lead(midi: Path, notes: Sequence[Note], program: int, tempo: float) -> None:
    """Add a track with a melody to a MIDI file that has a constant tempo."""
    file = mido.MidiFile(midi)
    ticks = file.ticks_per_beat * tempo / 60.0
    events = [(round(n.onset * ticks), 1, n) for n in notes] + [(round(n.offset * ticks), 0, n) for n in notes]
    track, now = mido.MidiTrack([mido.Message("program_change", channel=15, program=program)]), 0
    for tick, on, note in sorted(events, key=lambda event: event[:2]):
        kind, velocity = ("note_on", 110) if on else ("note_off", 0)
        track.append(mido.Message(kind, channel=15, note=note.note, velocity=velocity, time=tick - now))
        now = tick
    file.tracks.append(track)
    file.save(midi)


def main() -> None:
    """Write a song and its notes."""
    parser = argparse.ArgumentParser(description="Make a song with a synthetic voice and a band.")
    parser.add_argument("out", type=Path, help="audio file to write, such as song.mp3 or song.wav")
    parser.add_argument("--groove", default="BossaNova", help="style of mma, for example RockBallad or Swing")
    parser.add_argument("--tempo", type=int, default=96, help="beats per minute")
    parser.add_argument("--beats", type=int, default=4, help="beats in a bar of the groove")
    parser.add_argument("--seconds", type=float, default=30.0, help="shortest length of the song")
    parser.add_argument("--level", type=float, default=0.0, help="level of the voice relative to the band in dB")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if missing := missing_programs():
        parser.error(f"these programs are missing: {', '.join(missing)}")
    rng = np.random.default_rng(options.seed)
    arrangement = arrange(options.groove, options.tempo, options.seconds, rng, options.beats)
    notes = melody(arrangement, rng)
    samples = song(sing(notes, rng), backing(arrangement), options.level)
    soundfile.write(options.out, samples, RATE)
    rows = "".join(f"{note.onset:.3f},{note.offset:.3f},{note.note}\n" for note in notes)
    options.out.with_suffix(".notes.csv").write_text(f"onset,offset,note\n{rows}")


if __name__ == "__main__":
    main()
