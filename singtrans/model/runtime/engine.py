"""Engine that runs the network with onnxruntime on the CPU, without torch."""

import numpy as np
import onnxruntime

from singtrans.model.config import NetworkConfig
from singtrans.model.engine import Embedded
from singtrans.model.model_file import StoredModel
from singtrans.model.runtime import graphs
from singtrans.model.runtime.spectrum import margin

_LEAST_PROBABILITY = np.float32(1e-8)
_TOGETHER = 64  # number of short windows that are transformed together, so few that they fit in the processor's cache


class OnnxEngine:
    """A `singtrans.model.engine.Engine` that runs the graphs of `singtrans.model.runtime.graphs`.

    Each call runs only in the thread of the caller. Several threads may call `embed` at the same time.

    Args:
        model: model that was read from a file.
    """

    def __init__(self, model: StoredModel) -> None:
        self._features, self._network = model.config.features, model.config.network
        self._band_window = model.filters.band_window
        self._pitch = _session(graphs.pitch_graph(model.config, model.network, model.filters.kernels))
        self._embedding = _session(graphs.embedding_graph(model.config, model.network, model.filters.band_filters))
        self._heads = _session(graphs.heads_graph(model.network))
        self.layers, self.heads = self._network.layers, model.heads
        self._directions = {
            (layer, backward): _session(graphs.direction_graph(model.network, layer, backward))
            for layer in range(self.layers)
            for backward in (False, True)
        }
        self.margin = margin(self._features)
        # The pitch head uses two frames, and the motion uses the pitch some frames away; other parts use fewer.
        self.reach = 2 + max(self._network.motion_spans)

    def embed(self, samples: np.ndarray) -> Embedded:
        """See `singtrans.model.engine.Engine`."""
        spectrum, pitch, half_pitch = self._pitch.run(None, {"samples": samples})
        inputs = {"spectrum": spectrum, "power": self._power(samples), "motion": pitch_motion(pitch, self._network)}
        return Embedded(self._embedding.run(None, inputs)[0], half_pitch)

    def _power(self, samples: np.ndarray) -> np.ndarray:
        """Compute the power spectra of the short windows, (frames * band_steps, band_window // 2 + 1)."""
        c = self._features
        step = c.hop // c.band_steps
        frames = (len(samples) - 2 * self.margin) // c.hop + 1
        # The short windows of a frame are symmetric around its centre.
        start = self.margin - c.band_window // 2 - (c.band_steps - 1) * step // 2
        windows = np.lib.stride_tricks.sliding_window_view(samples[start:], c.band_window)[::step]
        power = np.empty((frames * c.band_steps, c.band_window // 2 + 1), np.float32)
        for first in range(0, len(power), _TOGETHER):
            rows = power[first : first + _TOGETHER]
            transform = np.fft.rfft(windows[first : first + len(rows)] * self._band_window)
            np.square(transform.real, out=rows)
            rows += np.square(transform.imag)
        return power

    def direction(self, layer: int, *, backward: bool) -> "_OnnxDirection":
        """See `singtrans.model.engine.Engine`."""
        return _OnnxDirection(self._directions[layer, backward], self._network.hidden, backward)

    def probabilities(self, context: np.ndarray) -> np.ndarray:
        """See `singtrans.model.engine.Engine`."""
        return self._heads.run(None, {"x": context})[0]

    def start_thread(self) -> None:
        """Do nothing, because the sessions have no threads."""


class _OnnxDirection:
    """A `singtrans.model.engine.Direction`."""

    def __init__(self, session: onnxruntime.InferenceSession, hidden: int, backward: bool) -> None:
        self.backward = backward
        self._session = session
        self._h = self._c = np.zeros((1, 1, hidden), np.float32)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """See `singtrans.model.engine.Direction`."""
        y, self._h, self._c = self._session.run(None, {"x": features, "h": self._h, "c": self._c})
        return y


def pitch_motion(pitch: np.ndarray, config: NetworkConfig) -> np.ndarray:
    """Correlate the pitch posteriors before and after each frame; see `singtrans.model.network.PitchMotion`.

    Args:
        pitch: (frames, pitch_bins) probabilities.
        config: configuration of the network.

    Returns:
        (frames, spans * (2 * motion_lags + 1)) correlations.
    """
    lags, spans = config.motion_lags, config.motion_spans
    frames, bins = pitch.shape
    reach = max(spans)
    root = np.zeros((frames + 2 * reach, bins + 2 * lags), np.float32)
    np.sqrt(np.maximum(pitch, _LEAST_PROBABILITY), out=root[reach : reach + frames, lags : lags + bins])
    motion = np.empty((frames, len(spans), 2 * lags + 1), np.float32)
    for number, span in enumerate(spans):
        before = root[reach - span : reach - span + frames, lags : lags + bins]
        after = np.lib.stride_tricks.sliding_window_view(root[reach + span : reach + span + frames], bins, axis=1)
        np.einsum("fp,flp->fl", before, after, out=motion[:, number])
    return motion.reshape(frames, -1)


def _session(graph: bytes) -> onnxruntime.InferenceSession:
    """Make an onnxruntime session that runs a graph only in the thread of the caller."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3  # errors only
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
