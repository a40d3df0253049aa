"""Model files that were made before the head for nasals was added."""

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from singtrans.model.heads import HEADS
from singtrans.model.model_file import HEADS_WITHOUT_NASAL, checksum, read_model, write_model
from singtrans.transcriber import Transcriber


@pytest.fixture
def older(small_stored, tmp_path):
    """Write a model file without the head for nasals."""
    path = tmp_path / "older.safetensors"
    write_model(small_stored, path)
    with safe_open(path, framework="numpy") as file:
        metadata, arrays = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    for name in ("heads.weight", "heads.bias"):
        arrays[name] = arrays[name][:HEADS_WITHOUT_NASAL].copy()
    save_file(arrays, path, {**metadata, "sha256": checksum(arrays, metadata["config"])})
    return path


def test_an_older_model_gives_the_same_posteriors_except_for_nasals(older, small_stored):
    stored = read_model(older)
    assert (stored.heads, small_stored.heads) == (HEADS_WITHOUT_NASAL, len(HEADS))
    samples = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    found, wanted = (Transcriber(model).posteriors(samples) for model in (stored, small_stored))
    assert found.nasal is None
    assert wanted.nasal is not None
    for name in (*HEADS[:HEADS_WITHOUT_NASAL], "pitch"):
        assert np.allclose(getattr(found, name), getattr(wanted, name), atol=1e-5)


def test_an_older_model_cannot_be_written_again(older, tmp_path):
    with pytest.raises(ValueError, match="lacks heads"):
        write_model(read_model(older), tmp_path / "again.safetensors")
