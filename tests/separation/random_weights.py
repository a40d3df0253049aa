"""Random weights with the right shapes for Spleeter's network."""

import numpy as np

from singtrans.separation.unet import shapes


def random_weights(seed=0):
    rng = np.random.default_rng(seed)
    found = {}
    for name, shape in shapes().items():
        if name.endswith("running_var"):
            array = rng.uniform(0.5, 2.0, shape)
        elif name.endswith("weight") and len(shape) == 1:
            # With smaller factors, the deepest layers would have no effect on the result.
            array = rng.uniform(0.7, 1.5, shape)
        elif len(shape) == 4:
            array = rng.standard_normal(shape) / np.sqrt(shape[1] * 12)
        else:
            array = 0.3 * rng.standard_normal(shape)
        found[name] = array.astype(np.float32)
    return found
