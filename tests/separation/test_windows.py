"""Windows of a stream with context."""

import numpy as np
import pytest

from singtrans.separation.windows import windows


@pytest.mark.parametrize("length", [1, 9, 10, 11, 29, 30, 31, 95])
@pytest.mark.parametrize("cut", [1, 3, 10, 1000])
def test_windows_are_slices_of_the_padded_stream(length, cut):
    stream = np.arange(1, 2 * length + 1, dtype=np.float32).reshape(-1, 2)
    size, stride, lead = 25, 10, 6
    found = list(windows((stream[i : i + cut] for i in range(0, length, cut)), size, stride, lead))
    padded = np.pad(stream, ((lead, size + length), (0, 0)))
    assert len(found) == -(-length // stride)
    for number, window in enumerate(found):
        np.testing.assert_array_equal(window.samples, padded[number * stride : number * stride + size])
    assert [w.kept for w in found[:-1]] == [stride] * (len(found) - 1)
    assert sum(w.kept for w in found) == length


def test_empty_input_gives_no_windows():
    assert not list(windows([], 25, 10, 6))
    assert not list(windows([np.zeros((0, 2), np.float32)], 25, 10, 6))


def test_a_context_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="room"):
        list(windows([np.zeros((3, 2), np.float32)], 25, 20, 6))
