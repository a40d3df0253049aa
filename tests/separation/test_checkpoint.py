"""Checkpoints are read without running code that they contain."""

import hashlib
import io
import pickle
import re
import zipfile

import numpy as np
import pytest

from singtrans.errors import UsageError
from singtrans.extras import install_command
from singtrans.separation import checkpoint
from singtrans.separation.checkpoint import find_checkpoint, read_checkpoint


def archived(content, name="model/data.pkl"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
        archive.writestr("model/version", "3\n")
    return stream.getvalue()


def save(path, content):
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def test_arrays_are_equal_to_the_saved_ones(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "a.weight": rng.standard_normal((3, 2, 5, 5)).astype(np.float32),
        "a.bias": np.asfortranarray(rng.standard_normal((4, 3)).astype(np.float32)),
        "steps": np.array(7, np.int64),
    }
    path = tmp_path / "a.ckpt"
    found = read_checkpoint(path, save(path, archived(pickle.dumps(arrays, protocol=2))))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_files_with_another_checksum_are_not_unpickled(tmp_path, monkeypatch):
    def refuse(*_):
        raise AssertionError("the file was unpickled")

    monkeypatch.setattr(checkpoint, "_Unpickler", refuse)
    path = tmp_path / "a.ckpt"
    save(path, archived(pickle.dumps({}, protocol=2)))
    with pytest.raises(UsageError, match=r"damaged, or not the file .*: pip install"):
        read_checkpoint(path)


class Runs:
    def __reduce__(self):
        return eval, ("1/0",)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Runs(), protocol=2),
        pickle.dumps({"a": Runs()}, protocol=2),
        pickle.dumps({"a": np.array([Runs()], dtype=object)}, protocol=2),
        pickle.dumps({"a": np.array([1.0], ">f4")}, protocol=2),
        pickle.dumps({"a": 1}, protocol=2),
        pickle.dumps([1], protocol=2),
        b"\x80\x02cnumpy\nndarray\n)R.",
        b"\x80\x02ccollections\nOrderedDict\n.",
        pickle.dumps({"a": np.zeros(9, np.float32)}, protocol=2)[:-20],
        b"",
    ],
    ids=["call", "value", "objects", "byte order", "number", "list", "no array", "class", "cut short", "empty"],
)
def test_content_other_than_arrays_is_refused(tmp_path, content):
    path = tmp_path / "a.ckpt"
    with pytest.raises(UsageError, match=r"does not contain named arrays.*pip install --force-reinstall"):
        read_checkpoint(path, save(path, archived(content)))


@pytest.mark.parametrize("content", [b"", b"text", archived(b"", "other")], ids=["empty", "text", "no pickle"])
def test_other_archives_are_refused(tmp_path, content):
    path = tmp_path / "a.ckpt"
    with pytest.raises(UsageError, match="does not contain named arrays"):
        read_checkpoint(path, save(path, content))


def test_a_missing_file_is_reported_in_one_line(tmp_path):
    with pytest.raises(UsageError, match="cannot be read") as error:
        read_checkpoint(tmp_path / "a.ckpt")
    assert "\n" not in str(error.value)


def test_the_error_for_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(checkpoint, "PACKAGE", "no_such_package_for_songs")
    with pytest.raises(UsageError, match=re.escape(install_command("songs"))):
        find_checkpoint()
