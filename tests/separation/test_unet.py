"""The ONNX graph gives the same results as a plain implementation of the network."""

import numpy as np
import onnxruntime
import pytest

from singtrans.separation.unet import mask_graph, shapes
from tests.separation import reference_unet
from tests.separation.random_weights import random_weights


def run(graph, x):
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return session.run(["mask"], {"mix": x.astype(np.float32)[None]})[0][0]


@pytest.mark.parametrize("size", [(64, 128), (128, 64)])
def test_graph_agrees_with_plain_numpy(size):
    weights = random_weights()
    x = np.abs(np.random.default_rng(1).standard_normal((2, *size)))
    found, wanted = run(mask_graph(weights), x), reference_unet.mask(x, weights)
    assert found.shape == (2, *size)
    assert wanted.std() > 0.02  # the mask of random weights is not constant
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_every_array_has_an_effect():
    x = np.abs(np.random.default_rng(1).standard_normal((2, 64, 64)))
    plain = run(mask_graph(random_weights()), x)
    for name in ("down3_conv.1.bias", "down5_act.0.running_mean", "up2.3.running_var", "up6.0.weight"):
        weights = random_weights()
        weights[name] = weights[name] + 1.0
        assert np.abs(run(mask_graph(weights), x) - plain).max() > 1e-5, name


def test_the_number_of_weights_equals_the_published_number():
    assert sum(np.prod(shape) for shape in shapes().values()) == pytest.approx(9.8e6, rel=0.01)


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_wrong_weights_are_refused(change):
    weights = random_weights()
    if change == "missing":
        del weights["up3.0.bias"]
    else:
        weights["up3.0.bias"] = weights["up3.0.bias"][:-1]
    with pytest.raises(ValueError, match=r"up3\.0\.bias"):
        mask_graph(weights)
