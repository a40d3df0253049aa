"""Check of a data set before training: a summary of its content, and a list of problems with its labels.

Each recording is transcribed with a model and compared with its labels. A deviation that most recordings share, such as
labels that are 20 cents sharp, is reported once for the whole set. Other deviations are reported for single recordings
or notes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from singtrans.audio import Recording
from singtrans.dataset.check.alignment import HOP, LAG, track_frames
from singtrans.dataset.check.label_checks import check_labels
from singtrans.dataset.check.measurements import CheckedRecording, examine
from singtrans.dataset.check.model_comparison import FEWEST, Convention, describe, is_octave, lateness, remedy
from singtrans.dataset.manifest import SPLITS, Entry, Listing, list_entries
from singtrans.dataset.requirements import Problem
from singtrans.messages import counted
from singtrans.notes import Transcription
from singtrans.pitch import hz_to_midi, midi_to_hz, note_name

_FEWEST_RECORDINGS = 5  # least number of recordings for estimating the conventions of a set
_SHARP = 0.1  # semitones from which a whole set is reported as sharp or flat
_SHARE = 0.75  # least share of the recordings that must agree
_ALIKE, _MAJORITY = 0.015, 0.5  # seconds between onset lags of one convention; share of recordings
_RECORDING_LIMITS = (0.25, 0.6)  # semitones
_NOTE_LIMITS = (1.5, 3.0)  # semitones; the pitches of a score differ more from the sung pitch
_SPREAD = 8 * 1.4826  # factor from a median deviation to eight standard deviations
_SAME_PITCH = 0.1  # semitones
_SAME_SHARE = 0.9  # share of the voiced frames in which two copies of a recording agree


@dataclass(frozen=True)
class DatasetSummary:
    """Content of a data set.

    Attributes:
        recordings: number of recordings with labels.
        seconds: total duration of the readable recordings in seconds.
        notes: number of labelled notes.
        lowest, highest: lowest and highest labelled pitch, fractional MIDI; 0 if no pitch is labelled.
        singers: number of named singers.
        labels: number of recordings with each kind of label (notes, f0, times).
        splits: number of recordings in each split; empty if the data set does not state splits.
        unlabelled: recordings without labels.
    """

    recordings: int
    seconds: float
    notes: int
    lowest: float
    highest: float
    singers: int
    labels: dict[str, int]
    splits: dict[str, int]
    unlabelled: list[Path]

    @property
    def lines(self) -> list[str]:
        """The summary as lines of text."""
        kinds = ", ".join(f"{kind} ({count})" for kind, count in self.labels.items()) or "none"
        hours, minutes = divmod(self.seconds / 60, 60)
        lines = [f"recordings  {self.recordings}, {hours:.0f} h {minutes:.1f} min", f"labels      {kinds}"]
        lines.append(f"notes       {self.notes}")
        if self.highest:
            edges = (f"{note_name(round(pitch))} ({pitch:.1f})" for pitch in (self.lowest, self.highest))
            lines.append(f"pitch       {' to '.join(edges)}")
        lines.append(f"singers     {self.singers or 'not stated'}")
        parts = ", ".join(f"{part} {count}" for part, count in self.splits.items())
        lines.append(f"splits      {parts or 'not stated'}")
        if self.unlabelled:
            names = ", ".join(path.name for path in self.unlabelled[:3]) + (", …" if len(self.unlabelled) > 3 else "")
            lines.append(f"unlabelled  {len(self.unlabelled)} recordings without labels ({names})")
        return lines


@dataclass(frozen=True)
class Report:
    """Content of a data set, and problems with its labels."""

    summary: DatasetSummary
    problems: list[Problem]

    @property
    def lines(self) -> list[str]:
        """A line with the number of problems, and then one line for each problem."""
        count = len(self.problems)
        if not count:
            return ["no problems found"]
        return [f"{counted(count, 'problem')}:", *(problem.line for problem in self.problems)]

    @property
    def plain(self) -> dict[str, object]:
        """The report as values for JSON."""
        summary = asdict(self.summary) | {"unlabelled": list(map(str, self.summary.unlabelled))}
        found = [
            {"file": str(s.file), "kind": s.kind, "what": s.what, "line": s.line, "times": list(s.times)}
            for s in self.problems
        ]
        return {"summary": summary, "suspicions": found}


Watch = Callable[[int], AbstractContextManager[Callable[[float], None]]]


def _unwatched(_count: int) -> AbstractContextManager[Callable[[float], None]]:
    return nullcontext(lambda _seconds: None)


def check(
    data: Path, transcribe: Callable[[Path | Recording], Transcription], watch: Watch = _unwatched, pattern: str = ""
) -> Report:
    """Check a data set.

    Args:
        data: manifest, or folder of labelled recordings.
        transcribe: function that transcribes a recording, such as a `singtrans.Transcriber`.
        watch: function that opens a progress display for a number of recordings. It returns a context manager, which
            yields a function that is called with the length in seconds of each recording.
        pattern: pattern for names of label files, as for `singtrans.dataset.manifest.read_entries`.

    Raises:
        InputError: if there is no such manifest or folder, or it has no recordings.
    """
    listing = list_entries(data, 0.0, pattern)
    examined = []
    with watch(len(listing.entries)) as advance:
        for entry in listing.entries:
            examined.append(examine(entry, transcribe))
            advance(examined[-1].duration)
    return _weigh(data, listing, examined)


def _weigh(data: Path, listing: Listing, examined: Sequence[CheckedRecording]) -> Report:
    """Combine the results of all recordings of a data set."""
    found = [Problem(data, "listing", fault) for fault in listing.faults]
    found += _without_audio(listing)
    found += _across_splits(data, listing, examined)
    by_source: dict[str, list[CheckedRecording]] = defaultdict(list)
    for recording in examined:
        by_source[recording.entry.source].append(recording)
    for source, some in by_source.items():
        convention = estimate_convention(some)
        found += _customary(data, source, convention)
        found += [problem for recording in some for problem in check_labels(recording, convention)]
    return Report(_summary(listing, examined), found)


def estimate_convention(examined: Sequence[CheckedRecording]) -> Convention:
    """Estimate the constant deviations between the labels of a data set and the sung notes."""
    lag = _usual_lag([e.fit.late for e in examined if e.fit])
    onset_lag = _usual_onset_lag([e.onset_lag.seconds for e in examined if e.onset_lag])
    plain = Convention(lag=lag, onset_lag=onset_lag)
    known = [e for e in examined if e.pitches is not None and np.isfinite(plain.deviations(e)).sum() >= FEWEST]
    if len(known) < _FEWEST_RECORDINGS:
        return plain
    medians = np.array([np.nanmedian(plain.deviations(e)) for e in known])
    usual = float(np.median(medians))
    same_way = (np.sign(medians) == np.sign(usual)) & (np.abs(medians) > _SHARP / 2)
    semitones = hz = 0.0
    if abs(usual) >= _SHARP and same_way.mean() >= _SHARE:
        # Labels from a spectrogram can have a constant error in Hz, and labels from an instrument one in semitones.
        labels = midi_to_hz(np.array([note.pitch for e in known for note in e.labels.notes or ()]))
        semitones, hz = usual, float(np.nanmedian(labels - midi_to_hz(np.concatenate([e.pitches for e in known]))))
        in_semitones, in_hz = (_spread(known, c) for c in (Convention(semitones), Convention(hz=hz)))
        semitones, hz = (0.0, hz) if in_hz < in_semitones and not is_octave(usual) else (semitones, 0.0)
    convention = Convention(semitones, hz, lag, onset_lag)
    deviations = [convention.deviations(e) for e in known]
    medians = np.array([np.nanmedian(d) for d in deviations])
    apart = np.abs(np.concatenate([d - m for d, m in zip(deviations, medians, strict=True)]))
    return Convention(
        semitones,
        hz,
        lag,
        onset_lag,
        recording_limit=float(np.clip(_SPREAD * np.median(np.abs(medians)), *_RECORDING_LIMITS)),
        note_limit=float(np.clip(_SPREAD * np.nanmedian(apart), *_NOTE_LIMITS)),
    )


def _spread(known: Sequence[CheckedRecording], convention: Convention) -> float:
    return float(np.nanmedian(np.abs(np.concatenate([convention.deviations(e) for e in known]))))


def _usual_lag(lags: Sequence[float]) -> float:
    """Return the lag in seconds that most recordings share; 0 if there is no such lag."""
    if len(lags) < _FEWEST_RECORDINGS:
        return 0.0
    usual = float(np.median(lags))
    shared = np.mean(np.abs(np.array(lags) - usual) <= LAG)
    return usual if abs(usual) > LAG and shared >= _SHARE else 0.0


def _usual_onset_lag(lags: Sequence[float]) -> float | None:
    """Return the onset lag that most recordings share; None if there are few recordings, or their lags differ."""
    if len(lags) < _FEWEST_RECORDINGS:
        return None
    usual = float(np.median(lags))
    return usual if np.mean(np.abs(np.array(lags) - usual) <= _ALIKE) > _MAJORITY else None


def _customary(data: Path, source: str, convention: Convention) -> Iterator[Problem]:
    """List the problems that all recordings of a data set share."""
    name = f"data set {source}: " if source not in ("", data.name, data.stem) else ""
    if convention.hz:
        at_c4 = 100 * abs(float(hz_to_midi(midi_to_hz(60.0) + convention.hz)) - 60)
        what = (
            f"labels are about {abs(convention.hz):.1f} Hz {'sharp' if convention.hz > 0 else 'flat'} of the sung pitch"
        )
        what += f" throughout ({at_c4:.0f} cents at C4): move them by {-convention.hz:+.1f} Hz"
        yield Problem(data, "tuning", f"{name}{what}, or learn pitch from other data")
    elif convention.semitones:
        what = f"labels are {describe(convention.semitones)} throughout"
        yield Problem(data, "tuning", f"{name}{what}: {remedy(convention.semitones)}")
    if convention.lag:
        what = f"labels are {lateness(convention.lag)} throughout: move them by {-convention.lag:+.2f} s"
        yield Problem(data, "offset", f"{name}{what}")


def _without_audio(listing: Listing) -> Iterator[Problem]:
    for path in listing.orphans:
        yield Problem(path, "orphan", "no recording has this name: add the recording, or remove the labels")
    for path, names in listing.missing.items():
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        what = f"{len(names)} of its recordings are missing ({shown}): add them, or remove their labels"
        yield Problem(path, "orphan", what)


def _across_splits(data: Path, listing: Listing, examined: Sequence[CheckedRecording]) -> Iterator[Problem]:
    """List singers and recordings that are in several splits, and duplicate recordings."""
    if listing.decided:
        parts: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in listing.entries:
            parts[entry.singer][entry.split] += 1
        for singer, counts in parts.items():
            if singer and len(counts) > 1:
                where = " and ".join(f"{part} ({counts[part]})" for part in SPLITS if part in counts)
                what = f"the singer {singer!r} is in {where}: scores will be too good; split by singer"
                yield Problem(data, "leak", what)
    for one, other in _copies(examined):
        apart = listing.decided and one.entry.split != other.entry.split
        where = f" in {one.entry.split} and {other.entry.split}" if apart else ""
        remedy = "keep both in one split" if apart else "keep one"
        what = f"is the same recording as {other.entry.audio}{where}: {remedy}"
        yield Problem(one.entry.audio, "leak" if apart else "copy", what)


def _copies(examined: Sequence[CheckedRecording]) -> Iterator[tuple[CheckedRecording, CheckedRecording]]:
    """Find pairs of recordings with the same content; their names and formats may differ."""
    by_length = sorted((e for e in examined if e.fit), key=lambda e: e.duration)
    for index, one in enumerate(by_length):
        for other in by_length[index + 1 :]:
            if other.duration - one.duration > 0.1:
                break
            if one.entry.id != other.entry.id and _alike(one, other):
                yield (one, other) if one.entry.id < other.entry.id else (other, one)


def _alike(one: CheckedRecording, other: CheckedRecording) -> bool:
    if one.transcription is None or other.transcription is None:
        return False
    count = round(one.duration / HOP) + 1
    first, second = (
        track_frames(transcription.pitch, count) for transcription in (one.transcription, other.transcription)
    )
    near = np.abs(first - second) < _SAME_PITCH
    voiced = np.isfinite(first) | np.isfinite(second)
    return bool(voiced.any()) and near.sum() >= _SAME_SHARE * voiced.sum()


def _summary(listing: Listing, examined: Sequence[CheckedRecording]) -> DatasetSummary:
    entries = listing.entries
    pitches = [note.pitch for e in examined for note in e.labels.notes or ()]
    for e in examined:
        pitches += e.labels.f0.midi[np.isfinite(e.labels.f0.midi)].tolist() if e.labels.f0 is not None else []
    kinds = {kind: sum(bool(getattr(entry, kind)) for entry in entries) for kind in ("notes", "f0", "times")}
    splits = Counter(entry.split for entry in entries) if listing.decided else {}
    return DatasetSummary(
        recordings=len(entries),
        seconds=round(sum(e.duration for e in examined), 3),
        notes=sum(len(e.labels.spans) for e in examined),
        lowest=min(pitches, default=0.0),
        highest=max(pitches, default=0.0),
        singers=len(_singers(entries)),
        labels={kind: count for kind, count in kinds.items() if count},
        splits={part: splits[part] for part in SPLITS if part in splits},
        unlabelled=listing.unlabelled,
    )


def _singers(entries: Sequence[Entry]) -> set[str]:
    return {entry.singer for entry in entries} - {""}
