"""Measurements on songs and solos, and the choice of thresholds that distinguish them."""

import csv
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from singtrans.separation.balance import Balance
from singtrans.separation.config import SongConfig
from singtrans.separation.song import separated_is_better

SOLO = "solo"
"""Prefix of the kinds of recordings that have no instruments."""
SYSTEMS = ("raw", "always", "auto")
FIGURES = ("rpa", "vr", "vfa", "con", "conp")
MOST_HARM = 0.005
AS_GOOD = 0.001  # difference of the mean improvement of mixes that does not matter
GRID = {
    "gain": (-0.01, 0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04),
    "audible": (-18.0, -16.0, -14.0, -12.0, -10.0),
    "loud": (-8.0, -7.0, -6.0, -5.0, -4.0, -3.0, 0.0),
    "noise": (0.5, 0.56, 0.62, 0.68, 0.75, 1.0),
}
"""Values of the thresholds that are tried."""


@dataclass(frozen=True, slots=True)
class Row:
    """Measurements on one recording; ``raw`` is the mix, and ``voice`` the separated voice.

    Attributes:
        name: name of the clip.
        kind: for a solo, ``solo`` and the condition; for the accompaniment alone, ``band``; for a mix, the level of the
            voice above the accompaniment in dB.
        share, purity, instruments, noise: fields of the `Balance` of the separated voice and the rest of the mix.
        raw_sure, voice_sure: mean clarity of the notes (`sureness`); -1 if there are no notes.
        raw_notes, voice_notes: number of notes.
        raw_rpa, voice_rpa, ...: the `FIGURES` of the mix and of the separated voice; -1 if there are no labels.
    """

    name: str
    kind: str
    share: float
    purity: float
    instruments: float
    noise: float
    raw_sure: float
    voice_sure: float
    raw_notes: int
    voice_notes: int
    raw_rpa: float = -1.0
    raw_vr: float = -1.0
    raw_vfa: float = -1.0
    raw_con: float = -1.0
    raw_conp: float = -1.0
    voice_rpa: float = -1.0
    voice_vr: float = -1.0
    voice_vfa: float = -1.0
    voice_con: float = -1.0
    voice_conp: float = -1.0

    def separated(self, config: SongConfig) -> bool:
        """Return whether ``auto`` keeps the separated voice."""
        before, after = (None if sure < 0 else sure for sure in (self.raw_sure, self.voice_sure))
        doubtful = before is not None and before < config.doubtful  # a model may have a lower threshold
        balance = Balance(self.share, self.purity, self.instruments, self.noise)
        return doubtful and (self.is_instrumental(config) or separated_is_better(before, after, balance, config))

    def is_instrumental(self, config: SongConfig) -> bool:
        """Return whether ``auto`` writes no notes."""
        return 0 <= self.raw_sure < config.melody and self.share < config.quietest

    def of(self, system: str, figure: str, config: SongConfig) -> float:
        """Return a figure of ``raw``, ``always`` or ``auto``."""
        voice = system == "always" or (system == "auto" and self.separated(config))
        return float(getattr(self, f"{'voice' if voice else 'raw'}_{figure}"))


def mean(rows: Sequence[Row], system: str, figure: str, config: SongConfig) -> float | None:
    """Compute the mean of a figure over the rows that have a value of it; None if no row has one."""
    values = [value for row in rows if (value := row.of(system, figure, config)) >= 0]
    return float(np.mean(values)) if values else None


def improvement(rows: Sequence[Row], config: SongConfig) -> dict[str, float]:
    """Compute by how much ``auto`` is better than ``raw`` in each figure, as a mean over rows."""
    kept = [row.separated(config) for row in rows]
    found = {}
    for figure in FIGURES:
        changes = [
            row.of("always", figure, config) - raw if is_kept else 0.0
            for row, is_kept in zip(rows, kept, strict=True)
            if (raw := row.of("raw", figure, config)) >= 0
        ]
        if changes:
            found[figure] = float(np.mean(changes)) * (-1 if figure == "vfa" else 1)
    return found


def tune(rows: Sequence[Row], start: SongConfig) -> tuple[SongConfig, list[list[object]]]:
    """Choose thresholds.

    Args:
        rows: measurements on mixes and solos.
        start: configuration with the thresholds that are not tuned.

    Returns:
        The configuration, and a table of the best trials. Its columns are the thresholds, the harm to the kind of solos
        that is harmed most, and the mean improvement of the mixes.
    """
    mixes = [row for row in rows if row.kind.endswith(" dB") and not row.kind.startswith(SOLO)]
    alone: dict[str, list[Row]] = {}
    for row in rows:
        if row.kind.startswith(SOLO):
            alone.setdefault(row.kind, []).append(row)
    trials = []
    for values in itertools.product(*GRID.values()):
        config = replace(start, **dict(zip(GRID, values, strict=True)))
        harm = max((-change for these in alone.values() for change in improvement(these, config).values()), default=0.0)
        trials.append((max(harm, MOST_HARM), -float(np.mean(list(improvement(mixes, config).values()))), values))
    least = min(trials)[0]
    allowed = sorted(trial for trial in trials if trial[0] == least)
    as_good = np.array([values for _, score, values in allowed if score <= allowed[0][1] + AS_GOOD])
    spread_ = as_good.std(axis=0) + 1e-9
    chosen = as_good[np.argmin(np.abs((as_good - np.median(as_good, axis=0)) / spread_).sum(axis=1))]
    shown: list[list[object]] = [[*values, f"{harm:.4f}", f"{-score:.4f}"] for harm, score, values in allowed[:10]]
    return replace(start, **dict(zip(GRID, chosen.tolist(), strict=True))), shown


def save(rows: Iterable[Row], path: Path) -> None:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def read(path: Path) -> list[Row]:
    """Read rows that `save` wrote."""
    kinds = {field.name: field.type for field in fields(Row)}
    with path.open(newline="", encoding="utf-8") as file:
        return [Row(**{name: kinds[name](value) for name, value in line.items()}) for line in csv.DictReader(file)]
