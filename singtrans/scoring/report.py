"""Reports of scores as plain text, at most 80 columns wide."""

import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from singtrans.messages import counted, printable
from singtrans.scoring.metrics import NOTE_FIGURES, PITCH_FIGURES
from singtrans.scoring.scores import KINDS, Difference, Evaluation, FileScores
from singtrans.scoring.statistics import MAX_EXACT_FILES, MIN_FILES, RESAMPLES, SEED, Interval, PairedTest

FEW = 12
"""Largest number of files for which the report has one line per file by default."""

_WIDTH = 80
_TITLES = {"precision": "precision", "recall": "recall", "f_measure": "F-measure"}
_LONG = {
    "RPA": "raw pitch accuracy",
    "RCA": "raw chroma accuracy, which ignores octaves",
    "VR": "voicing recall",
    "VFA": "voicing false alarm; lower is better",
    "OA": "overall accuracy",
}
# Names of the same figures in mir_eval.
_MIR_EVAL = {"COn": "Onset", "COff": "Offset", "COnP": "no offset", "COnPOff": "with offset"}


def text_report(evaluation: Evaluation, files: bool | None = None) -> str:
    """Format tables of files, means, data sets and errors.

    Args:
        evaluation: the scores.
        files: whether to print one line per file; None to do so if there are at most `FEW` files.
    """
    parts = []
    if files or (files is None and len(evaluation.files) <= FEW):
        parts.append(_files(evaluation.files))
    parts += [_notes(evaluation), _pitch(evaluation), _sources(evaluation), _errors(evaluation), _foot(evaluation)]
    return "\n\n".join(part for part in parts if part)


def text_comparison(ours: Evaluation, theirs: Evaluation, differences: Mapping[str, Difference]) -> str:
    """Format a table of the differences between two systems.

    Args:
        ours: scores of the first system.
        theirs: scores of the second system.
        differences: result of `singtrans.scoring.scores.compare`.
    """
    if not differences:
        return "\n".join(_wrapped(f"No recording was scored for both {ours.system} and {theirs.system}."))
    table = _table("", "A", "B", "A - B", "95 % interval", "p")
    for name, difference in differences.items():
        figure, _, kind = name.partition(".")
        gap, enough = difference.gap, difference.files >= MIN_FILES
        table.add_row(
            f"{figure} {_TITLES[kind]}" if kind else figure,
            *(f"{difference.ours:.3f}", f"{difference.theirs:.3f}", f"{gap.mean:+.3f}"),
            f"{gap.low:+.3f} to {gap.high:+.3f}" if enough else "too few files",
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
                f"Based on {fewer}{counted(max(counts), 'file')} that both systems were scored on. For each"
                " file, the score of B is subtracted from the score of A; A - B is the mean of these differences. Its"
                " interval comes from a bootstrap over files. The column p comes from a paired, two-sided test with"
                f" {flips} of the signs of the differences. Each figure is tested separately. Even if A and B are"
                " equally good, p is below 0.05 for about one of twenty figures."
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
    title = f"Notes: mean of {counted(count, 'file')}"
    if (few := len(evaluation.values("COnP.f_measure"))) < count:
        title += f"; COnP and COnPOff: of the {few} whose labels have pitch" if few else "; their labels have no pitch"
    return "\n".join([*_wrapped(title), _drawn(table)])


def _pitch(evaluation: Evaluation) -> str:
    means = evaluation.means
    if "RPA" not in means:
        return ""
    count = len(evaluation.values("RPA"))
    table = _table("", "mean", "", numbers=1)
    for name in PITCH_FIGURES.values():
        table.add_row(name, _interval(means[name], count), _LONG[name])
    return f"Pitch track: mean of {counted(count, 'file')}\n{_drawn(table)}"


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
    return f"Errors: classes of the {total} true notes, and extra estimated notes\n{_drawn(table)}"


def _sources(evaluation: Evaluation) -> str:
    """Format one line per data set, if there are several."""
    if not evaluation.sources:
        return ""
    kinds = _Kinds.of(evaluation.files)
    table = _table("data set", "files", *kinds.columns)
    for source, scores in evaluation.sources.items():
        means = {name: interval.mean for name, interval in scores.means.items()}
        table.add_row(Text(printable(source) or "-"), str(len(scores.files)), *kinds.cells(means))
    return f"Data sets, means over files: {kinds.title}\n{_drawn(table)}"


def _files(files: Sequence[FileScores]) -> str:
    kinds = _Kinds.of(files)
    table = _table("file", *(("true", "found") if kinds.notes else ()), *kinds.columns)
    for file in files:
        true = "-" if file.true_count is None else str(file.true_count)
        counts = (true, str(len(file.found_notes))) if kinds.notes else ()
        table.add_row(Text(printable(file.name)), *counts, *kinds.cells(file.figures))
    return f"Files: {'notes and ' if kinds.notes else ''}{kinds.title}\n{_drawn(table)}"


@dataclass(frozen=True)
class _Kinds:
    """Columns of a table: the figures of notes, of the pitch track, or both."""

    notes: bool
    pitch: bool

    @classmethod
    def of(cls, files: Sequence[FileScores]) -> "_Kinds":
        """Choose the kinds of figures that at least one file has."""
        return cls(*(any(name in file.figures for file in files) for name in ("COn.f_measure", "RPA")))

    @property
    def columns(self) -> list[str]:
        """Names of the figures."""
        return [*(NOTE_FIGURES.values() if self.notes else ()), *(("RPA", "OA") if self.pitch else ())]

    @property
    def title(self) -> str:
        """Description of the columns."""
        return "F-measures" if self.notes else "pitch track"

    def cells(self, figures: Mapping[str, float]) -> list[str]:
        """Format one number for each column."""
        shown = [figures.get(name, figures.get(f"{name}.f_measure")) for name in self.columns]
        return ["-" if value is None else f"{value:.3f}" for value in shown]


def _foot(evaluation: Evaluation) -> str:
    t = evaluation.tolerances
    lines: list[str] = []
    if evaluation.values("COn.f_measure"):
        lines += _wrapped(
            f"A note is correct if its onset is within {t.onset * 1000:.0f} ms, its pitch within"
            f" {t.pitch_cents:.0f} cents, and its offset within {t.offset * 1000:.0f} ms or {t.offset_ratio:.0%} of the"
            " note, whichever is more. Names of these figures in mir_eval: "
            + ", ".join(f'"{name}" for {ours}' for ours, name in _MIR_EVAL.items())
            + "."
        )
    count = len(evaluation.files)
    if count >= MIN_FILES:
        lines += _wrapped(
            f"In brackets: 95 % intervals from a bootstrap over files ({RESAMPLES} resamples, seed {SEED}), for figures"
            f" of {MIN_FILES} files or more."
        )
    else:
        lines += _wrapped(
            f"{counted(count, 'file').capitalize()}: too few for intervals, which need {MIN_FILES} files."
        )
    if evaluation.shift_hz:
        lines += _wrapped(f"The true notes were moved by {evaluation.shift_hz:+.2f} Hz.")
    if evaluation.values("COnP.f_measure"):
        lines += _wrapped(
            f"Constant pitch error: the true notes are {abs(evaluation.constant_hz):.2f} Hz"
            f" {'lower' if evaluation.constant_hz < 0 else 'higher'} than the estimated notes (median)."
        )
    return "\n".join(lines)


def _interval(interval: Interval, count: int) -> str:
    edges = f" ({interval.low:.3f} to {interval.high:.3f})" if count >= MIN_FILES else ""
    return f"{interval.mean:.3f}{edges}"


def _p(difference: Difference) -> str:
    if difference.test.exact or difference.test.p >= 0.001:
        return f"{difference.test.p:.3g}" if difference.test.p < 0.001 else f"{difference.test.p:.3f}"
    return "< 0.001"


def _flips(tests: Sequence[PairedTest]) -> str:
    """Describe how many flips the tests used. This number depends on the number of files that have each figure."""
    exact = sorted({test.flips for test in tests if test.exact})
    parts = [f"all {' or '.join(map(str, exact))} flips"] if exact else []
    if drawn := {test.flips for test in tests if not test.exact}:
        where = f", for figures of more than {MAX_EXACT_FILES} files" if exact else ""
        parts.append(f"{max(drawn)} random flips (seed {SEED}){where}{',' if where else ''}")
    return " or ".join(parts)


def _table(first: str, *others: str, numbers: int | None = None) -> Table:
    """Make a table: one column of text, then ``numbers`` columns (all by default) aligned to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    table.add_column(first, overflow="fold")
    for index, name in enumerate(others):
        right = numbers is None or index < numbers
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    return table


def _drawn(table: Table) -> str:
    text = io.StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().rstrip("\n").split("\n"))


def _wrapped(line: str) -> Iterable[str]:
    return textwrap.wrap(printable(line), _WIDTH, break_long_words=False, break_on_hyphens=False)
