"""A data set before anyone trains on it: what it holds, and every label that is suspicious.

Each recording is listened to with a model. What is usual in the whole set (labels that are 20 cents sharp in all of
it) is one line; what is unusual for the set is a line for the recording, or for the note.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from singtrans.dataset.check.alignment import HOP, LAG, track_frames
from singtrans.dataset.check.label_checks import judge
from singtrans.dataset.check.measurements import Evidence, gather
from singtrans.dataset.check.model_comparison import FEWEST, Custom, describe, is_octave, lateness, remedy
from singtrans.dataset.manifest import SPLITS, Entry, Listing, list_entries
from singtrans.dataset.requirements import Suspicion
from singtrans.notes import Transcription
from singtrans.pitch import hz_to_midi, midi_to_hz, note_name

_FEWEST_RECORDINGS = 5  # below, a set has no customs of its own
_SHARP = 0.1  # semitones from which a whole set is said to be sharp or flat
_SHARE = 0.75  # of the recordings that must be so
_ALIKE, _MAJORITY = 0.015, 0.5  # seconds between the lags of onsets in recordings that are labelled alike; their share
_RECORDING_LIMITS = (0.25, 0.6)  # semitones
_NOTE_LIMITS = (1.5, 3.0)  # semitones; labels that are a score's pitches lie further from what is sung
_SPREAD = 8 * 1.4826  # from a median deviation to eight standard deviations
_SAME_PITCH = 0.1  # semitones
_SAME_SHARE = 0.9  # of the voiced frames of two recordings that are one


@dataclass(frozen=True)
class Summary:
    """What a data set holds.

    Attributes:
        recordings: with labels.
        seconds: of all recordings that can be read.
        notes: labelled.
        lowest, highest: labelled pitch, fractional MIDI; 0 if there is none.
        singers: how many are named; 0 if none.
        labels: kind (notes, f0, times) -> recordings that have such labels.
        splits: part -> recordings in it; nothing where the data set does not say.
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
        """All of it for a reader."""
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
    """What a data set holds, and what is suspicious about it."""

    summary: Summary
    suspicions: list[Suspicion]

    @property
    def lines(self) -> list[str]:
        """What is suspicious, a line each; or a line that says that nothing is."""
        count = len(self.suspicions)
        if not count:
            return ["nothing suspicious"]
        return [f"{count} suspicious {'thing' if count == 1 else 'things'}:", *(s.line for s in self.suspicions)]

    @property
    def plain(self) -> dict[str, object]:
        """All of it for programs, fit for JSON."""
        summary = asdict(self.summary) | {"unlabelled": list(map(str, self.summary.unlabelled))}
        found = [
            {"file": str(s.file), "kind": s.kind, "what": s.what, "line": s.line, "times": list(s.times)}
            for s in self.suspicions
        ]
        return {"summary": summary, "suspicions": found}


Watch = Callable[[int], AbstractContextManager[Callable[[float], None]]]


def _unwatched(_count: int) -> AbstractContextManager[Callable[[float], None]]:
    return nullcontext(lambda _seconds: None)


def check(data: Path, listen: Callable[[Path], Transcription], watch: Watch = _unwatched, pattern: str = "") -> Report:
    """Look through a data set.

    Args:
        data: a manifest, or a folder of labelled recordings.
        listen: transcribes a recording, such as a `singtrans.Transcriber`.
        watch: given the number of recordings, opens what is told of the seconds of each as it is done.
        pattern: as for `singtrans.dataset.manifest.read_entries`.

    Raises:
        InputError: if there is no such manifest or folder, or nothing in it.
    """
    listing = list_entries(data, 0.0, pattern)
    gathered = []
    with watch(len(listing.entries)) as advance:
        for entry in listing.entries:
            gathered.append(gather(entry, listen))
            advance(gathered[-1].duration)
    return _weigh(data, listing, gathered)


def _weigh(data: Path, listing: Listing, gathered: Sequence[Evidence]) -> Report:
    """What the evidence of all recordings of a data set amounts to."""
    found = [Suspicion(data, "listing", fault) for fault in listing.faults]
    found += _without_audio(listing)
    found += _across_splits(data, listing, gathered)
    by_source: dict[str, list[Evidence]] = defaultdict(list)
    for evidence in gathered:
        by_source[evidence.entry.source].append(evidence)
    for source, some in by_source.items():
        custom = find_custom(some)
        found += _customary(data, source, custom)
        found += [suspicion for evidence in some for suspicion in judge(evidence, custom)]
    return Report(_summary(listing, gathered), found)


def find_custom(gathered: Sequence[Evidence]) -> Custom:
    """How the labels of a set usually lie to what is sung."""
    lag = _usual_lag([e.fit.late for e in gathered if e.fit])
    onset_lag = _usual_onset_lag([e.onset_lag.seconds for e in gathered if e.onset_lag])
    plain = Custom(lag=lag, onset_lag=onset_lag)
    known = [e for e in gathered if e.pitches is not None and np.isfinite(plain.deviations(e)).sum() >= FEWEST]
    if len(known) < _FEWEST_RECORDINGS:
        return plain
    medians = np.array([np.nanmedian(plain.deviations(e)) for e in known])
    usual = float(np.median(medians))
    same_way = (np.sign(medians) == np.sign(usual)) & (np.abs(medians) > _SHARP / 2)
    semitones = hz = 0.0
    if abs(usual) >= _SHARP and same_way.mean() >= _SHARE:
        # A constant number of Hz comes from reading a spectrogram, of semitones from an instrument's tuning.
        labels = midi_to_hz(np.array([note.pitch for e in known for note in e.labels.notes or ()]))
        semitones, hz = usual, float(np.nanmedian(labels - midi_to_hz(np.concatenate([e.pitches for e in known]))))
        in_semitones, in_hz = (_spread(known, c) for c in (Custom(semitones), Custom(hz=hz)))
        semitones, hz = (0.0, hz) if in_hz < in_semitones and not is_octave(usual) else (semitones, 0.0)
    custom = Custom(semitones, hz, lag, onset_lag)
    deviations = [custom.deviations(e) for e in known]
    medians = np.array([np.nanmedian(d) for d in deviations])
    apart = np.abs(np.concatenate([d - m for d, m in zip(deviations, medians, strict=True)]))
    return Custom(
        semitones,
        hz,
        lag,
        onset_lag,
        recording_limit=float(np.clip(_SPREAD * np.median(np.abs(medians)), *_RECORDING_LIMITS)),
        note_limit=float(np.clip(_SPREAD * np.nanmedian(apart), *_NOTE_LIMITS)),
    )


def _spread(known: Sequence[Evidence], custom: Custom) -> float:
    return float(np.nanmedian(np.abs(np.concatenate([custom.deviations(e) for e in known]))))


def _usual_lag(lags: Sequence[float]) -> float:
    """The lag that most recordings share, or 0."""
    if len(lags) < _FEWEST_RECORDINGS:
        return 0.0
    usual = float(np.median(lags))
    shared = np.mean(np.abs(np.array(lags) - usual) <= LAG)
    return usual if abs(usual) > LAG and shared >= _SHARE else 0.0


def _usual_onset_lag(lags: Sequence[float]) -> float | None:
    """The lag of onsets that most recordings share; None where there are few, or they are of two kinds."""
    if len(lags) < _FEWEST_RECORDINGS:
        return None
    usual = float(np.median(lags))
    return usual if np.mean(np.abs(np.array(lags) - usual) <= _ALIKE) > _MAJORITY else None


def _customary(data: Path, source: str, custom: Custom) -> Iterator[Suspicion]:
    """What is wrong with a set as a whole."""
    name = f"all of {source}: " if source else ""
    if custom.hz:
        at_c4 = 100 * abs(float(hz_to_midi(midi_to_hz(60.0) + custom.hz)) - 60)
        what = f"labels are about {abs(custom.hz):.1f} Hz {'sharp' if custom.hz > 0 else 'flat'} of what is sung"
        what += f" throughout ({at_c4:.0f} cents at C4): move them by {-custom.hz:+.1f} Hz"
        yield Suspicion(data, "tuning", f"{name}{what}, or learn pitch from other data")
    elif custom.semitones:
        what = f"labels are {describe(custom.semitones)} throughout"
        yield Suspicion(data, "tuning", f"{name}{what}: {remedy(custom.semitones)}")
    if custom.lag:
        what = f"labels are {lateness(custom.lag)} throughout: move them by {-custom.lag:+.2f} s"
        yield Suspicion(data, "offset", f"{name}{what}")


def _without_audio(listing: Listing) -> Iterator[Suspicion]:
    for path in listing.orphans:
        yield Suspicion(path, "orphan", "no recording has this name: add the recording, or remove the labels")
    for path, names in listing.missing.items():
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        what = f"{len(names)} of its recordings are not there ({shown}): add them, or remove their labels"
        yield Suspicion(path, "orphan", what)


def _across_splits(data: Path, listing: Listing, gathered: Sequence[Evidence]) -> Iterator[Suspicion]:
    """What is in two parts that shall know nothing of each other, and what is there twice."""
    if listing.decided:
        parts: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in listing.entries:
            parts[entry.singer][entry.split] += 1
        for singer, counts in parts.items():
            if singer and len(counts) > 1:
                where = " and ".join(f"{part} ({counts[part]})" for part in SPLITS if part in counts)
                what = f"the singer {singer!r} is in {where}: scores will be too good; split by singer"
                yield Suspicion(data, "leak", what)
    for one, other in _copies(gathered):
        apart = listing.decided and one.entry.split != other.entry.split
        where = f" in {one.entry.split} and {other.entry.split}" if apart else ""
        remedy = "keep both in one part" if apart else "keep one"
        what = f"is the same recording as {other.entry.audio}{where}: {remedy}"
        yield Suspicion(one.entry.audio, "leak" if apart else "copy", what)


def _copies(gathered: Sequence[Evidence]) -> Iterator[tuple[Evidence, Evidence]]:
    """Pairs of recordings that sound alike, under whatever name and in whatever format."""
    by_length = sorted((e for e in gathered if e.fit), key=lambda e: e.duration)
    for place, one in enumerate(by_length):
        for other in by_length[place + 1 :]:
            if other.duration - one.duration > 0.1:
                break
            if one.entry.id != other.entry.id and _alike(one, other):
                yield (one, other) if one.entry.id < other.entry.id else (other, one)


def _alike(one: Evidence, other: Evidence) -> bool:
    if one.heard is None or other.heard is None:
        return False
    count = round(one.duration / HOP) + 1
    first, second = (track_frames(heard.pitch, count) for heard in (one.heard, other.heard))
    near = np.abs(first - second) < _SAME_PITCH
    voiced = np.isfinite(first) | np.isfinite(second)
    return bool(voiced.any()) and near.sum() >= _SAME_SHARE * voiced.sum()


def _summary(listing: Listing, gathered: Sequence[Evidence]) -> Summary:
    entries = listing.entries
    pitches = [note.pitch for e in gathered for note in e.labels.notes or ()]
    for e in gathered:
        pitches += e.labels.f0.midi[np.isfinite(e.labels.f0.midi)].tolist() if e.labels.f0 is not None else []
    kinds = {kind: sum(bool(getattr(entry, kind)) for entry in entries) for kind in ("notes", "f0", "times")}
    splits = Counter(entry.split for entry in entries) if listing.decided else {}
    return Summary(
        recordings=len(entries),
        seconds=round(sum(e.duration for e in gathered), 3),
        notes=sum(len(e.labels.spans) for e in gathered),
        lowest=min(pitches, default=0.0),
        highest=max(pitches, default=0.0),
        singers=len(_singers(entries)),
        labels={kind: count for kind, count in kinds.items() if count},
        splits={part: splits[part] for part in SPLITS if part in splits},
        unlabelled=listing.unlabelled,
    )


def _singers(entries: Sequence[Entry]) -> set[str]:
    return {entry.singer for entry in entries} - {""}
