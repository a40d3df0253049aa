"""Hostile training states, which are damaged or contain code."""

import os
import pickle

import pytest

torch = pytest.importorskip("torch")

from singtrans.errors import SingtransError  # noqa: E402
from singtrans.training.config import TrainConfig  # noqa: E402
from singtrans.training.state import FILE, begin, restore, save_state  # noqa: E402
from tests.helpers.models import small_config  # noqa: E402


class _Code:
    """Object that runs a shell command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self):
        return (os.system, (self._command,))


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_a_training_state_cannot_run_code(tmp_path, save):
    state = begin(small_config(), TrainConfig())
    save({"description": "settings", "model": _Code(f"touch {tmp_path}/owned")}, tmp_path / FILE)
    with pytest.raises(SingtransError, match="damaged"):
        restore(state, tmp_path, "settings")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"model": {"heads.bias": torch.zeros(5)}},
        {"average": {}},
        {"optimiser": {"state": {}, "param_groups": []}},
        {"step": None},
        {"figures": "high"},
    ],
)
def test_a_training_state_with_wrong_content_is_refused(tmp_path, content):
    """The description is right, but values are missing or have the wrong type."""
    state = begin(small_config(), TrainConfig())
    save_state(state, tmp_path, "settings")
    saved = torch.load(tmp_path / FILE, weights_only=True)
    torch.save(saved | content if content else {"description": "settings"}, tmp_path / FILE)
    with pytest.raises(SingtransError, match="damaged") as error:
        restore(state, tmp_path, "settings")
    assert "\n" not in str(error.value)
