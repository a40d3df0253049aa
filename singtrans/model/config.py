"""Everything that is learnt or tuned, in one dataclass that travels inside the weight file."""

import dataclasses
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from singtrans.decoding.config import ConfidenceConfig, DecoderConfig, check_ranges
from singtrans.errors import UsageError
from singtrans.messages import shown

_Section = TypeVar("_Section")


@dataclass(frozen=True)
class FeatureConfig:
    """The front end: what the network hears.

    Attributes:
        sample_rate: Hz; every recording is brought to it.
        hop: samples from one model frame to the next.
        lowest_midi: pitch of the spectrum's lowest bin (33 = A1 = 55 Hz).
        bins_per_octave: resolution of the spectrum and of the pitch posterior.
        spectrum_bins: number of log-frequency bins.
        longest_window, shortest_window: samples; the spectrum's windows shrink from one to the other with rising
            frequency.
        knee_hz: up to this frequency the longest window is used.
        window_exponent: above the knee the window shrinks with frequency to this power: 0 is one length for
            all, 1 is a constant-Q transform.
        bands: mel bands of the short window.
        band_window: samples of the short window, which tells when something happened.
        band_steps: short windows per model frame.
        compression: magnitudes x, relative to the recording's level, become log(1 + compression x), scaled to
            1 at x = 1.
    """

    sample_rate: int = 16_000
    hop: int = 320
    lowest_midi: float = 33.0
    bins_per_octave: int = 36
    spectrum_bins: int = 252
    longest_window: int = 2048
    shortest_window: int = 640
    knee_hz: float = 250.0
    window_exponent: float = 0.5
    bands: int = 64
    band_window: int = 512
    band_steps: int = 2
    compression: float = 2000.0

    def __post_init__(self) -> None:
        if self.hop % self.band_steps:
            raise ValueError(f"band_steps ({self.band_steps}) must divide hop ({self.hop})")
        check_ranges(
            self,
            sample_rate=(1000, 200_000),
            hop=(16, 20_000),
            lowest_midi=(0, 127),
            bins_per_octave=(12, 480),
            spectrum_bins=(1, 4096),
            longest_window=(16, 65_536),
            shortest_window=(16, 65_536),
            knee_hz=(1, 100_000),
            window_exponent=(0, 2),
            bands=(1, 1024),
            band_window=(16, 65_536),
            band_steps=(1, 64),
            compression=(1e-3, 1e9),
        )

    @property
    def hop_seconds(self) -> float:
        """Seconds from one model frame to the next."""
        return self.hop / self.sample_rate

    @property
    def bins_per_semitone(self) -> float:
        """Spectrum bins in one semitone."""
        return self.bins_per_octave / 12


@dataclass(frozen=True)
class NetworkConfig:
    """The network's sizes.

    Attributes:
        pitch_bins: bins of the pitch posterior, from ``lowest_midi`` upwards (180 = five octaves).
        harmonics: multiples of a candidate pitch whose bins are stacked before it is judged.
        pitch_channels: channels of the pitch head's convolutions.
        channels: channels of the three convolutions over the mel bands.
        spectrum_channels: channels of the convolution that shows the spectrum to the LSTM.
        embedding: size of the bands' embedding before the LSTM.
        motion_lags: the pitch motion features reach this many bins up and down.
        motion_spans: frames before and after, between which the motion is measured.
        hidden: LSTM units for each direction.
        layers: stacked bidirectional LSTM layers.
        dropout: probability, on the LSTM's input and between its layers.
    """

    pitch_bins: int = 180
    harmonics: tuple[float, ...] = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    pitch_channels: int = 16
    channels: tuple[int, int, int] = (16, 24, 32)
    spectrum_channels: int = 8
    embedding: int = 128
    motion_lags: int = 18
    motion_spans: tuple[int, ...] = (1, 3)
    hidden: int = 128
    layers: int = 2
    dropout: float = 0.25

    def __post_init__(self) -> None:
        check_ranges(
            self,
            pitch_bins=(1, 4096),
            harmonics=(0.01, 100),
            pitch_channels=(1, 512),
            channels=(1, 512),
            spectrum_channels=(1, 512),
            embedding=(1, 8192),
            motion_lags=(1, 1000),
            motion_spans=(1, 1000),
            hidden=(1, 8192),
            layers=(1, 32),
            dropout=(0, 0.99),
        )
        if len(self.channels) != 3:
            raise ValueError(f"channels has {len(self.channels)} entries instead of 3")


@dataclass(frozen=True)
class Config:
    """A model's whole configuration, as saved in the weight file's metadata."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    confidence: ConfidenceConfig = field(default_factory=ConfidenceConfig)

    def to_json(self) -> str:
        """The configuration as one JSON object, sorted, so that equal configurations are equal strings."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, source: str = "the configuration") -> "Config":
        """Read what ``to_json`` wrote.

        Raises:
            UsageError: naming ``source``, if a key is unknown or missing or a value has a wrong type.
        """
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):  # not JSON, a number of thousands of digits, brackets without end
            raise UsageError(f"{source}: its configuration is not JSON; use an undamaged model") from None
        _checked_fields(cls, parsed, source, optional={"confidence"})
        parsed.setdefault("confidence", {})
        return cls(
            features=_read_section(FeatureConfig, parsed, "features", source),
            network=_read_section(NetworkConfig, parsed, "network", source),
            # What an older model does not say about its decoder has a default that changes nothing.
            decoder=_read_section(DecoderConfig, parsed, "decoder", source, DecoderConfig.LATER),
            confidence=_read_section(ConfidenceConfig, parsed, "confidence", source, ConfidenceConfig.LATER),
        )


def _checked_fields(
    kind: type[Any], values: object, source: str, optional: Collection[str] = ()
) -> tuple[dataclasses.Field[Any], ...]:
    if not isinstance(values, dict):
        raise UsageError(f"{source}: its configuration is not an object; use a model made by singtrans")
    fields = dataclasses.fields(kind)
    known = {f.name for f in fields}
    if unknown := sorted(set(values) - known):
        names = ", ".join(shown(name) for name in unknown[:3]) + (" and more" if len(unknown) > 3 else "")
        raise UsageError(f"{source}: unknown configuration {names}; it was made by another version of singtrans")
    if missing := sorted(known - set(values) - set(optional)):
        raise UsageError(
            f"{source}: configuration lacks {', '.join(missing)}; it was made by another version of singtrans"
        )
    return fields


def _read_section(
    kind: type[_Section], parsed: Mapping[str, Any], name: str, source: str, optional: Collection[str] = ()
) -> _Section:
    values = parsed[name]
    typed = {}
    for f in _checked_fields(kind, values, source, optional):
        if f.name not in values:
            continue
        typed[f.name] = _typed(values[f.name], f.default, f"{source}: configuration {name}.{f.name}")
    try:
        return kind(**typed)
    except ValueError as error:
        raise UsageError(f"{source}: {error}; use an undamaged model") from None


def _typed(value: object, default: object, what: str) -> object:
    """``value`` in the type of ``default``; JSON has no tuples and writes 1.0 as 1."""
    if isinstance(default, tuple):
        if isinstance(value, list) and len(value) > 0:
            return tuple(_typed(item, default[0], what) for item in value)
    elif isinstance(default, int):
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000:
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:  # nor inf, nor NaN
        return float(value)
    raise UsageError(f"{what} is {repr(value)[:40]}; use an undamaged model")
