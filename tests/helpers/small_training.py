"""Train a small network, also as a program: python -m tests.helpers.small_training SONGS OUT STEPS [resume]."""

import sys
from pathlib import Path
from unittest import mock

from singtrans.model.config import Config, NetworkConfig
from singtrans.training import logs, run


def train(songs: Path, out: Path, steps: int, *, resume: bool = False, dropout: float = NetworkConfig.dropout) -> None:
    """Train for some steps, with five validations."""
    network = NetworkConfig(channels=(4, 4, 8), pitch_channels=4, embedding=16, hidden=12, dropout=dropout)
    options = run.TrainOptions(
        steps=steps, batch=2, seconds=1.0, validate_every=steps // 5, rate=5e-4, seed=3, resume=resume
    )
    # Drawing curves and writing logs for TensorBoard would take longer than training.
    with (
        mock.patch.object(run, "Config", lambda: Config(network=network)),
        mock.patch.multiple(logs, draw_curves=lambda _: None, _board=lambda *_: None),
    ):
        run.run_training([songs], out, options)


if __name__ == "__main__":
    print("begun", flush=True)  # printed after the imports
    train(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), resume="resume" in sys.argv)
