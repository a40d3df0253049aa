"""Transcribe recordings with other tools: pYIN with segmentation, and Basic Pitch.

`pyin` and `basic_pitch` raise ImportError if their package is not installed.
"""

import contextlib
import io
import logging
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from singtrans.notes import Note, PitchTrack, Transcription

System = Callable[[Path], Transcription]
MEDIAN = 0.11  # seconds over which pitch is smoothed before it is rounded
CHANGE = 0.06  # seconds for which another semitone must last to be another note
SHORTEST = 0.08  # seconds of a note


def pyin() -> System:
    """Return a function that transcribes with librosa's pYIN (Mauch and Dixon, ICASSP 2014) and `segment`."""
    import librosa

    def transcribe(path: Path) -> Transcription:
        samples, rate = librosa.load(path, sr=22_050)
        f0, voiced, probability = librosa.pyin(samples, fmin=65.0, fmax=1000.0, sr=rate)
        midi = np.where(voiced, librosa.hz_to_midi(np.where(voiced, f0, 440.0)), np.nan)
        track = PitchTrack(librosa.times_like(f0, sr=rate), midi, probability)
        return Transcription(segment(track), track, len(samples) / rate, Path(path).name, "pYIN")

    return transcribe


def basic_pitch() -> System:
    """Return a function that transcribes with Basic Pitch (Bittner et al., ICASSP 2022).

    The model runs on onnxruntime with one thread.
    """
    logging.disable(logging.WARNING)
    import onnxruntime
    from basic_pitch import ICASSP_2022_MODEL_PATH, inference

    model = inference.Model(ICASSP_2022_MODEL_PATH)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model.model = onnxruntime.InferenceSession(
        str(ICASSP_2022_MODEL_PATH), sess_options=options, providers=["CPUExecutionProvider"]
    )

    def transcribe(path: Path) -> Transcription:
        with contextlib.redirect_stdout(io.StringIO()):
            events = inference.predict(path, model)[2]
        # Its notes may overlap and are whole semitones.
        loud = [(float(on), float(off), float(pitch), float(loud)) for on, off, pitch, loud, _ in events if off > on]
        notes = tuple(Note(on, off, pitch) for on, off, pitch, _ in sorted(loud))
        duration = max((note.offset for note in notes), default=0.0)
        return Transcription(notes, loudest(loud, duration), duration, Path(path).name, "Basic Pitch")

    return transcribe


def basic_pitch_midi(program: Path, recordings: Sequence[Path], folder: Path) -> list[Path]:
    """Run the program ``basic-pitch`` to write MIDI files to a folder; existing files are kept.

    Returns:
        The MIDI file of each recording.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = [folder / f"{path.stem}_basic_pitch.mid" for path in recordings]
    missing = [path for path, midi in zip(recordings, found, strict=True) if not midi.exists()]
    if missing:
        command = [program, "--save-midi", "--model-serialization", "onnx", folder, *missing]
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return found


def segment(track: PitchTrack) -> tuple[Note, ...]:
    """Segment a pitch track into notes in a simple way.

    All frames of a note are voiced. Their pitch, smoothed by a median filter, rounds to the same semitone, except in
    excursions of at most `CHANGE`. Notes shorter than `SHORTEST` are dropped.

    Args:
        track: evenly spaced frames.

    Returns:
        Notes in time order. The pitch of a note is the median over its frames.
    """
    if len(track) < 2:
        return ()
    hop = float(track.time[1] - track.time[0])
    voiced = np.isfinite(track.midi)
    edges = np.flatnonzero(np.diff(voiced, prepend=False, append=False))
    notes = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        for start, end in pairwise([first, *(first + split_points(track.midi[first:last], hop)), last]):
            onset, offset = track.time[start] - hop / 2, track.time[end - 1] + hop / 2
            if offset - onset >= SHORTEST:
                notes.append(Note(max(0.0, float(onset)), float(offset), float(np.median(track.midi[start:end]))))
    return tuple(notes)


def split_points(midi: np.ndarray, hop: float) -> np.ndarray:
    """Find the frames of a voiced stretch where a new semitone begins that lasts longer than `CHANGE`.

    Args:
        midi: (frames,) pitch of the stretch, fractional MIDI.
        hop: time between frames in seconds.
    """
    reach = round(MEDIAN / hop / 2)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(midi, reach, mode="edge"), 2 * reach + 1)
    semitone = np.floor(np.median(windows, axis=1) + 0.5)
    starts = np.flatnonzero(np.diff(semitone, prepend=np.nan) != 0)
    ends = np.append(starts[1:], len(midi))
    # A short excursion belongs to the surrounding note.
    lasting = [start for start, end in zip(starts, ends, strict=True) if (end - start) * hop > CHANGE]
    changes = [new for old, new in pairwise(lasting) if semitone[new] != semitone[old]]
    return np.array(changes, int)


def loudest(notes: list[tuple[float, float, float, float]], duration: float, hop: float = 0.01) -> PitchTrack:
    """Make a pitch track from notes (onset, offset, pitch, loudness); where notes overlap, the loudest is used."""
    time = np.arange(round(duration / hop)) * hop
    midi = np.full(len(time), np.nan)
    for onset, offset, pitch, _ in sorted(notes, key=lambda note: note[3]):
        midi[(time >= onset) & (time < offset)] = pitch
    return PitchTrack(time, midi, np.isfinite(midi).astype(float))
