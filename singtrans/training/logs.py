"""Logs of a training run: CSV files, files for TensorBoard, and a picture of the curves."""

import csv
import io
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from singtrans.files import whole_file

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

TRAINING_LOG = "log.csv"
VALIDATION_LOG = "valid.csv"
CURVES = "curves.png"
_LOG_EVERY = 20  # largest number of steps between rows of the log
_LOG_ROWS = 20  # least number of rows in the log of a training of at least as many steps
_CURVES_SECONDS = 60.0  # between two drawings, each of which takes a second


def is_logged(step: int, steps: int) -> bool:
    """Return whether the losses of a step are logged. The first and the last step of a training always are."""
    return step % min(_LOG_EVERY, max(1, steps // _LOG_ROWS)) == 0 or step in (1, steps)


class Logs:
    """Logs of a training run. Each row is written to disk before the method that logs it returns.

    Logs for TensorBoard are written if the package tensorboard is installed.

    Args:
        folder: folder for all logs; it must exist.
        step: step from which to resume. Rows of later steps, left behind by a killed process, are deleted.
        validated: last step whose validation was finished. Rows of later validations are deleted, because these
            validations are repeated.
    """

    def __init__(self, folder: Path, step: int, validated: int) -> None:
        self.folder = folder
        self._drawn = time.monotonic()
        for name, last in ((TRAINING_LOG, step), (VALIDATION_LOG, validated)):
            _keep_until(folder / name, last)
        self._board = _board(folder, step)

    def training(self, step: int, values: dict[str, float]) -> None:
        """Log the loss terms, the learning rate and the time at a step."""
        self._write(TRAINING_LOG, "train", step, values)

    def validation(self, step: int, values: dict[str, float]) -> None:
        """Log the scores at a step."""
        self._write(VALIDATION_LOG, "valid", step, values)

    def _write(self, name: str, kind: str, step: int, values: dict[str, float]) -> None:
        path = self.folder / name
        row = {"step": step} | values
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
        if self._board:
            for key, value in values.items():
                self._board.add_scalar(f"{kind}/{key}", value, step)
            self._board.flush()

    def draw(self) -> None:
        """Draw the curves, unless they were drawn in the last minute."""
        if time.monotonic() - self._drawn >= _CURVES_SECONDS:
            draw_curves(self.folder)
            self._drawn = time.monotonic()

    def close(self) -> None:
        """Draw the curves, and close the file for TensorBoard."""
        draw_curves(self.folder)
        if self._board:
            self._board.close()


def _board(folder: Path, step: int) -> "SummaryWriter | None":
    """Return a writer for TensorBoard, or None if the package is not installed."""
    import os

    # If TensorFlow is installed, TensorBoard imports it without need, and TensorFlow logs a lot.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with suppress(ImportError):
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(folder / "tensorboard"), purge_step=step or None)
    return None


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a log; an empty list if there is no such file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _keep_until(path: Path, step: int) -> None:
    rows = read_rows(path)
    # If a process was killed, the last row may be incomplete.
    kept = [row for row in rows if None not in row.values() and (row.get("step") or "").isdigit()]
    kept = [row for row in kept if int(row["step"]) <= step]
    if len(kept) == len(rows):
        return
    if not kept:
        path.unlink()
        return
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(kept[0]))
    writer.writeheader()
    writer.writerows(kept)
    with whole_file(path) as file:
        file.write(text.getvalue().encode())


def draw_curves(folder: Path) -> Path | None:
    """Draw the losses and the scores of the training run in ``folder``.

    Returns:
        The picture's path, or None if matplotlib is not installed or nothing has been logged.
    """
    losses, scores = read_rows(folder / TRAINING_LOG), read_rows(folder / VALIDATION_LOG)
    try:
        from matplotlib.figure import Figure

        from singtrans.messages import printable_title
    except ImportError:
        return None
    if not losses and not scores:
        return None
    figure = Figure(figsize=(11, 4.5))
    figure.subplots_adjust(left=0.06, right=0.98, bottom=0.12, top=0.92)
    left, right = figure.subplots(1, 2)
    for name in [key for key in (losses[0] if losses else {}) if key not in ("step", "rate", "seconds")]:
        steps = [int(row["step"]) for row in losses]
        values = [float(row[name]) for row in losses]
        left.plot(steps, values, label=printable_title(name), linewidth=2.0 if name == "total" else 1.0)
    for name in [key for key in (scores[0] if scores else {}) if key != "step"]:
        right.plot(
            [int(r["step"]) for r in scores], [float(r[name]) for r in scores], label=printable_title(name), marker="."
        )
    for axes, title in ((left, "training: loss"), (right, "validation: scores")):
        axes.set(title=title, xlabel="step")
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize="small")
    left.set_yscale("log")
    right.set_ylim(0.0, 1.0)
    with whole_file(folder / CURVES) as file:
        figure.savefig(file, format="png", dpi=120)
    return folder / CURVES
