"""The network, which computes the logits of the pitch and of the `HEADS` from features.

The network has two modules. The *pitch head* computes the logit of every candidate pitch in the same way, from the
spectrum at the harmonics of this pitch. It is shift-equivariant: what it learns at one pitch applies to all pitches.
The *boundary module* is a stacked bidirectional LSTM (Hochreiter and Schmidhuber 1997; Schuster and Paliwal 1997). Its
input has three parts: an embedding of the mel bands, an embedding of the spectrum, and the motion of the pitch
posterior.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from singtrans.model.config import Config, NetworkConfig
from singtrans.model.features import FrontEnd
from singtrans.model.heads import HEADS


@dataclass(frozen=True)
class Logits:
    """Output of the network, before the sigmoid and softmax.

    Attributes:
        heads: (batch, frames, heads) log odds in the order of `HEADS`; models of the old format have only the first
            four.
        pitch: (batch, frames, pitch_bins) unnormalised log probabilities of the pitch, given that the frame is voiced.
    """

    heads: Tensor
    pitch: Tensor


class PitchHead(nn.Module):
    """Logits of every candidate pitch, computed from the spectrum at its harmonics.

    Shape:
        - spectrum: (batch, frames, spectrum_bins).
        - result: (batch, frames, pitch_bins).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        network, features = config.network, config.features
        shift = np.round(np.log2(network.harmonics) * features.bins_per_octave).astype(int)
        self.low = max(0, -int(shift.min()))
        self.high = max(0, int(shift.max()) + network.pitch_bins - features.spectrum_bins)
        self.starts = [int(s) + self.low for s in shift]
        self.bins = network.pitch_bins
        channels = network.pitch_channels
        self.convolutions = nn.Sequential(
            nn.Conv2d(len(shift), channels, (1, 5), padding=(0, 2)),
            nn.ReLU(),
            nn.Conv2d(channels, channels, (3, 5), padding=(1, 2)),
            nn.ReLU(),
            nn.Conv2d(channels, channels, (3, 7), padding=(1, 3)),
            nn.ReLU(),
            nn.Conv2d(channels, 1, (1, 1)),
        )

    def forward(self, spectrum: Tensor) -> Tensor:
        """See the class for shapes."""
        padded = nn.functional.pad(spectrum, (self.low, self.high))
        parts = [padded[..., s : s + self.bins] for s in self.starts]
        if torch.is_grad_enabled():
            return self.convolutions(torch.stack(parts, dim=1)).squeeze(1)
        # With channels last, this is a fifth faster on a CPU; the last layer is then a sum over channels.
        *first, last = self.convolutions.children()
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        x = torch.stack(parts, dim=-1).permute(0, 3, 1, 2)
        for layer in first:
            x = layer(x)
        return (x.permute(0, 2, 3, 1) @ last.weight.reshape(-1)) + last.bias


class PitchMotion(nn.Module):
    """Motion of the pitch posterior around each frame. The result does not depend on the pitch itself.

    For every span, the posteriors ``span`` frames before and ``span`` frames after the frame are correlated, for lags
    of up to ``motion_lags`` bins. With three bins per semitone, the correlation has its peak at lag 0 for a constant
    pitch, and at lag 3 for a step of one semitone upwards.

    Shape:
        - posterior: (batch, frames, pitch_bins).
        - result: (batch, frames, spans * (2 * motion_lags + 1)).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.lags = config.motion_lags
        self.spans = config.motion_spans
        self.width = len(self.spans) * (2 * self.lags + 1)

    def forward(self, posterior: Tensor) -> Tensor:
        """See the class for shapes."""
        frames = posterior.shape[1]
        reach = max(self.spans)
        # With the square root, this is the Bhattacharyya coefficient, which is 1 for equal distributions of any width.
        root = nn.functional.pad(posterior.clamp_min(1e-8).sqrt(), (0, 0, reach, reach))
        found = []
        for span in self.spans:
            before = root[:, reach - span : reach - span + frames]
            after = nn.functional.pad(root[:, reach + span : reach + span + frames], (self.lags, self.lags))
            windows = after.unfold(-1, posterior.shape[-1], 1)
            found.append(torch.einsum("nfp,nflp->nfl", before, windows))
        return torch.cat(found, dim=-1)


class Corrections(nn.Module):
    """Corrections of the heads' log odds for each label convention.

    Data sets differ in where notes end, and in whether a nasal is a separate note. Therefore, there is a linear layer
    for each convention. It has the same input as the linear layer of the heads, and its output is added to their log
    odds. At the start of training, its weights are zero. In this way, the heads do not learn an average of the
    conventions, although all other weights are trained with all data sets. For inference, the weights for one
    convention are added to those of the heads (`fold`).

    Shape:
        - context: (batch, frames, width), convention: (batch,) integers, -1 for none.
        - result: (batch, frames, heads).
    """

    def __init__(self, conventions: int, width: int, heads: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(conventions, heads, width))
        self.bias = nn.Parameter(torch.zeros(conventions, heads))

    def forward(self, context: Tensor, convention: Tensor) -> Tensor:
        """See the class for shapes."""
        known = (convention >= 0).to(context.dtype)[:, None, None]
        index = convention.clamp_min(0)
        added = torch.einsum("bfw,bhw->bfh", context, self.weight[index].to(context.dtype))
        return known * (added + self.bias[index][:, None].to(context.dtype))


class Network(nn.Module):
    """Network that computes `Logits` from features; see the docstring of the module.

    Args:
        config: sizes of the network.
        heads: number of heads. They are the first ones in `HEADS`.
        conventions: number of label conventions of the training data; see `Corrections`. It is 0 at inference, because
            the corrections have been folded.

    Shape:
        - spectrum: (batch, frames, spectrum_bins), bands: (batch, frames * band_steps, bands).
        - convention: (batch,) integers, -1 for none; or None.
    """

    def __init__(self, config: Config, heads: int = len(HEADS), conventions: int = 0) -> None:
        super().__init__()
        network, features = config.network, config.features
        self.pitch_head = PitchHead(config)
        self.motion = PitchMotion(network)
        a, b, c = network.channels
        steps = features.band_steps
        self.band_convolutions = nn.Sequential(
            nn.Conv2d(1, a, (3, 3), padding=(1, 1)),
            nn.ReLU(),
            nn.Conv2d(a, b, (steps + 2, 3), stride=(steps, 2), padding=(1, 1)),
            nn.ReLU(),
            nn.Conv2d(b, c, (3, 3), stride=(1, 2), padding=(1, 1)),
            nn.ReLU(),
        )
        self.band_embedding = nn.Linear(c * -(-features.bands // 4), network.embedding)
        s = network.spectrum_channels
        self.spectrum_convolution = nn.Sequential(nn.Conv2d(1, s, (3, 9), stride=(1, 3), padding=(1, 4)), nn.ReLU())
        self.spectrum_embedding = nn.Linear(s * -(-features.spectrum_bins // 3), network.embedding // 2)
        width = network.embedding + network.embedding // 2 + self.motion.width
        self.normalise = nn.LayerNorm(width)
        self.drop = nn.Dropout(network.dropout)
        self.lstm = nn.LSTM(
            width,
            network.hidden,
            network.layers,
            batch_first=True,
            bidirectional=True,
            dropout=network.dropout if network.layers > 1 else 0.0,
        )
        self.heads = nn.Linear(2 * network.hidden, heads)
        self.corrections = Corrections(conventions, 2 * network.hidden, heads) if conventions else None

    @property
    def reach(self) -> int:
        """Number of frames on each side of a frame that affect the result of `embed` for this frame."""
        # The pitch head uses two frames, and the motion uses the pitch some frames away; other parts use fewer.
        return 2 + max(self.motion.spans)

    def embed(self, spectrum: Tensor, bands: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the LSTM's input, (batch, frames, width), and the pitch logits, (batch, frames, pitch_bins)."""
        pitch = self.pitch_head(spectrum)
        # The loss of the boundaries does not train the pitch head, which has better labels.
        motion = self.motion(pitch.detach().softmax(-1))
        x = self.band_convolutions(bands.unsqueeze(1)).transpose(1, 2).flatten(2)
        y = self.spectrum_convolution(spectrum.unsqueeze(1)).transpose(1, 2).flatten(2)
        return torch.cat([self.band_embedding(x).relu(), self.spectrum_embedding(y).relu(), motion], dim=-1), pitch

    def boundaries(self, joined: Tensor, convention: Tensor | None = None) -> Tensor:
        """Compute (batch, frames, heads) log odds of the heads from the result of `embed`."""
        context, _ = self.lstm(self.drop(self.normalise(joined)))
        heads = self.heads(context)
        if self.corrections is not None and convention is not None:
            heads = heads + self.corrections(context, convention)
        return heads

    def forward(self, spectrum: Tensor, bands: Tensor, convention: Tensor | None = None) -> Logits:
        """See the class for shapes."""
        joined, pitch = self.embed(spectrum, bands)
        return Logits(heads=self.boundaries(joined, convention), pitch=pitch)


class Model(nn.Module):
    """A front end and a network with their configuration.

    Args:
        config: configuration of the model.
        name: name of the model's file.
        heads, conventions: see `Network`.
    """

    def __init__(
        self, config: Config, name: str = "untrained", *, heads: int = len(HEADS), conventions: int = 0
    ) -> None:
        super().__init__()
        self.config = config
        self.name = name
        self.front_end = FrontEnd(config.features)
        self.network = Network(config, heads, conventions)

    def forward(self, samples: Tensor) -> Logits:
        """Compute the logits from ``samples``, which have the shape and scale that `FrontEnd` needs."""
        return self.network(*self.front_end(samples))

    @property
    def parameters_count(self) -> int:
        """Number of learnt values."""
        return sum(p.numel() for p in self.network.parameters())


@torch.no_grad()
def fold(model: Model, convention: int | None = None) -> Model:
    """Fold the corrections of one convention into the heads of a model.

    Args:
        model: model with corrections; a model without corrections is returned unchanged.
        convention: number of the convention; None to drop all corrections.
    """
    corrections = model.network.corrections
    if corrections is None:
        return model
    heads = model.network.heads
    folded = Model(model.config, model.name, heads=heads.out_features).to(heads.weight.device)
    kept = {k: v for k, v in model.network.state_dict().items() if not k.startswith("corrections.")}
    folded.network.load_state_dict(kept)
    folded.front_end.load_state_dict(model.front_end.state_dict())
    if convention is not None:
        folded.network.heads.weight.add_(corrections.weight[convention])
        folded.network.heads.bias.add_(corrections.bias[convention])
    return folded.train(model.training)


@torch.no_grad()
def blended(model: Model, init: Model | None, share: float) -> Model:
    """Return a model whose weights are weighted means of the weights of two models.

    Args:
        model: the trained model, without corrections; it is not changed.
        init: the initial model; None to return ``model`` itself. If weights are missing or have a different shape in
            the initial model, those of the trained model are used.
        share: share of the trained model in the mean, from 0 to 1.
    """
    if init is None or share == 1.0:
        return model
    heads = model.network.heads
    made = Model(model.config, model.name, heads=heads.out_features).to(heads.weight.device)
    made.front_end.load_state_dict(model.front_end.state_dict())
    trained, initial = model.network.state_dict(), init.network.state_dict()
    for name, weight in trained.items():
        first = initial.get(name)
        if first is not None and first.shape == weight.shape and weight.is_floating_point():
            trained[name] = torch.lerp(first.to(weight.device), weight, share)
    made.network.load_state_dict(trained)
    return made.train(model.training)
