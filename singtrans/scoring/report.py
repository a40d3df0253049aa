"""Scores as tables for people: at most 80 columns of plain text, for a terminal, a file or a mail."""

import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from singtrans.messages import printable
from singtrans.scoring.metrics import NOTE_FIGURES, PITCH_FIGURES
from singtrans.scoring.scores import KINDS, Difference, Evaluation, FileScores
from singtrans.scoring.statistics import EXACT, FEWEST, RESAMPLES, SEED, Interval, PairedTest

FEW = 12
"""Files up to which each gets a line of its own unasked."""

_WIDTH = 80
_TITLES = {"precision": "precision", "recall": "recall", "f_measure": "F-measure"}
_LONG = {
    "RPA": "raw pitch accuracy",
    "RCA": "raw chroma accuracy: octaves do not matter",
    "VR": "voicing recall",
    "VFA": "voicing false alarm: low is good",
    "OA": "overall accuracy",
}
# mir_eval's own names, for those who know these better.
_MIR_EVAL = {"COn": "Onset", "COff": "Offset", "COnP": "no offset", "COnPOff": "with offset"}


def text_report(evaluation: Evaluation, files: bool | None = None) -> str:
    """Tables of files, means, data sets and errors.

    Args:
        evaluation: the scores.
        files: whether each file gets a line; None for where there are few.
    """
    parts = []
    if files or (files is None and len(evaluation.files) <= FEW):
        parts.append(_files(evaluation.files))
    parts += [_notes(evaluation), _pitch(evaluation), _sources(evaluation), _errors(evaluation), _foot(evaluation)]
    return "\n\n".join(part for part in parts if part)


def text_comparison(ours: Evaluation, theirs: Evaluation, differences: Mapping[str, Difference]) -> str:
    """A table of how far one system is ahead of another, figure by figure.

    Args:
        ours: scores of the one.
        theirs: scores of the other.
        differences: from `singtrans.scoring.scores.compare`.
    """
    if not differences:
        return f"No recording was scored for both {ours.system} and {theirs.system}."
    table = _table("", "A", "B", "A - B", "95 % interval", "p")
    for name, difference in differences.items():
        figure, _, kind = name.partition(".")
        gap, sure = difference.gap, difference.files >= FEWEST
        table.add_row(
            f"{figure} {_TITLES[kind]}" if kind else figure,
            *(f"{difference.ours:.3f}", f"{difference.theirs:.3f}", f"{gap.mean:+.3f}"),
            f"{gap.low:+.3f} to {gap.high:+.3f}" if sure else "too few files",
            _p(difference),
        )
    counts = [difference.files for difference in differences.values()]
    fewer = f"{min(counts)} to " if min(counts) < max(counts) else ""
    flips = _flips([difference.test for difference in differences.values()])
    return "\n".join(
        [
            *_wrapped(f"A: {ours.system}"),
            *_wrapped(f"B: {theirs.system}"),
            "",
            _drawn(table),
            "",
            *_wrapped(
                f"Of {fewer}{_files_word(max(counts))} that both were scored on. A - B is the mean over files of the"
                " difference, its interval by bootstrap over files; p is of a paired, two-sided test of"
                f" {flips} of the signs of the files' differences. p is of each figure by itself: of twenty"
                " figures, one is below 0.05 by chance."
            ),
        ]
    )


def _notes(evaluation: Evaluation) -> str:
    means = evaluation.means
    figures = [name for name in NOTE_FIGURES.values() if f"{name}.f_measure" in means]
    if not figures:
        return ""
    table = _table("", *_TITLES.values())
    for name in figures:
        count = len(evaluation.values(f"{name}.f_measure"))
        table.add_row(name, *(_interval(means[f"{name}.{kind}"], count) for kind in KINDS))
    count = len(evaluation.values("COn.f_measure"))
    title = f"Notes: mean of {_files_word(count)}"
    if (few := len(evaluation.values("COnP.f_measure"))) < count:
        title += f", COnP and COnPOff of the {few} whose labels have pitch"
    return f"{title}\n{_drawn(table)}"


def _pitch(evaluation: Evaluation) -> str:
    means = evaluation.means
    if "RPA" not in means:
        return ""
    count = len(evaluation.values("RPA"))
    table = _table("", "mean", "", numbers=1)
    for name in PITCH_FIGURES.values():
        table.add_row(name, _interval(means[name], count), _LONG[name])
    return f"Pitch track: mean of {_files_word(count)}\n{_drawn(table)}"


def _errors(evaluation: Evaluation) -> str:
    counts, rates = evaluation.error_counts, evaluation.error_rates
    if not counts:
        return ""
    files = [file for file in evaluation.files if file.errors is not None]
    table = _table("", "notes", "per true note")
    for name, count in counts.items():
        rate = _interval(rates[name], len(files)) if rates else "-"
        table.add_row(name.replace("_", " "), str(count), rate)
    total = sum(file.true_count or 0 for file in files)
    return f"What became of the {total} true notes, and estimated notes that are extra\n{_drawn(table)}"


def _sources(evaluation: Evaluation) -> str:
    """A line a data set, where there are several."""
    if not evaluation.sources:
        return ""
    kinds = _Kinds.of(evaluation.files)
    table = _table("data set", "files", *kinds.columns)
    for source, scores in evaluation.sources.items():
        means = {name: interval.mean for name, interval in scores.means.items()}
        table.add_row(Text(printable(source) or "-"), str(len(scores.files)), *kinds.cells(means))
    return f"Data sets, means over files: {kinds.told}\n{_drawn(table)}"


def _files(files: Sequence[FileScores]) -> str:
    kinds = _Kinds.of(files)
    table = _table("file", *(("true", "found") if kinds.notes else ()), *kinds.columns)
    for file in files:
        true = "-" if file.true_count is None else str(file.true_count)
        counts = (true, str(len(file.found))) if kinds.notes else ()
        table.add_row(Text(printable(file.name)), *counts, *kinds.cells(file.figures))
    return f"Files: {'notes and ' if kinds.notes else ''}{kinds.told}\n{_drawn(table)}"


@dataclass(frozen=True)
class _Kinds:
    """What a table with one number a figure shows: figures of notes, of the pitch track, or both."""

    notes: bool
    pitch: bool

    @classmethod
    def of(cls, files: Sequence[FileScores]) -> "_Kinds":
        """Those that at least one file has."""
        return cls(*(any(name in file.figures for file in files) for name in ("COn.f_measure", "RPA")))

    @property
    def columns(self) -> list[str]:
        """The figures."""
        return [*(NOTE_FIGURES.values() if self.notes else ()), *(("RPA", "OA") if self.pitch else ())]

    @property
    def told(self) -> str:
        """What they are."""
        return "F-measures" if self.notes else "pitch track"

    def cells(self, figures: Mapping[str, float]) -> list[str]:
        """A number for each column, from figures by their names."""
        shown = [figures.get(name, figures.get(f"{name}.f_measure")) for name in self.columns]
        return ["-" if value is None else f"{value:.3f}" for value in shown]


def _foot(evaluation: Evaluation) -> str:
    t = evaluation.tolerances
    lines: list[str] = []
    if evaluation.values("COn.f_measure"):
        lines += _wrapped(
            f"Correct is: onset within {t.onset * 1000:.0f} ms; pitch within {t.pitch_cents:.0f} cents; offset within"
            f" {t.offset * 1000:.0f} ms or {t.offset_ratio:.0%} of the note, whichever is more. In mir_eval's names: "
            + ", ".join(f"{ours} is {name}" for ours, name in _MIR_EVAL.items())
            + "."
        )
    count = len(evaluation.files)
    if count >= FEWEST:
        lines += _wrapped(
            f"In brackets: 95 % intervals by bootstrap over files ({RESAMPLES} resamples, seed {SEED}), where {FEWEST}"
            " files or more have the figure."
        )
    else:
        lines += _wrapped(f"{_files_word(count).capitalize()}: too few for intervals, which need {FEWEST}.")
    if evaluation.shift_hz:
        lines += _wrapped(f"The true notes were moved by {evaluation.shift_hz:+.2f} Hz.")
    if evaluation.values("COnP.f_measure"):
        lines += _wrapped(
            f"Constant pitch error: the true notes are {evaluation.constant_hz:+.2f} Hz off the scored ones (median)."
        )
    return "\n".join(lines)


def _interval(interval: Interval, count: int) -> str:
    edges = f" ({interval.low:.3f} to {interval.high:.3f})" if count >= FEWEST else ""
    return f"{interval.mean:.3f}{edges}"


def _p(difference: Difference) -> str:
    if difference.test.exact or difference.test.p >= 0.001:
        return f"{difference.test.p:.3g}" if difference.test.p < 0.001 else f"{difference.test.p:.3f}"
    return "< 0.001"


def _flips(tests: Sequence[PairedTest]) -> str:
    """How the tests of figures were made, of which some may be of fewer files than others."""
    exact = sorted({test.flips for test in tests if test.exact})
    told = [f"all {' or '.join(map(str, exact))} flips"] if exact else []
    if drawn := {test.flips for test in tests if not test.exact}:
        where = f", where over {EXACT} files have the figure" if exact else ""
        told.append(f"{max(drawn)} random flips (seed {SEED}){where}{',' if where else ''}")
    return " or ".join(told)


def _files_word(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"


def _table(first: str, *others: str, numbers: int | None = None) -> Table:
    """Columns of which the first is text and ``numbers`` others (all by default) are flush right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column(first, overflow="fold")
    for place, name in enumerate(others):
        right = numbers is None or place < numbers
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    return table


def _drawn(table: Table) -> str:
    text = io.StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip("\n").split("\n"))


def _wrapped(line: str) -> Iterable[str]:
    return textwrap.wrap(printable(line), _WIDTH, break_long_words=False, break_on_hyphens=False)
