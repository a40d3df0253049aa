"""The configuration of a model, which is saved in the weight file."""

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
    """Configuration of the front end.

    Attributes:
        sample_rate: sample rate in Hz, to which every recording is resampled.
        hop: distance between adjacent frames in samples.
        lowest_midi: MIDI number of the spectrum's lowest bin (33 = A1 = 55 Hz).
        bins_per_octave: number of bins per octave in the spectrum and in the pitch posterior.
        spectrum_bins: number of log-frequency bins.
        longest_window, shortest_window: lengths in samples of the spectrum's windows for the lowest and the highest
            frequencies.
        knee_hz: frequency in Hz up to which the longest window is used.
        window_exponent: exponent e of the window length for frequencies f above ``knee_hz``: the length is proportional
            to 1 / f ** e. The length is constant for e = 0; the result is a constant-Q transform for e = 1.
        bands: number of mel bands.
        band_window: length in samples of the short window for the mel bands.
        band_steps: number of short windows per frame.
        compression: parameter c of the compression. A magnitude x, relative to the level of the recording, is converted
            to log(1 + c x) / log(1 + c).
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
        """Distance between adjacent frames in seconds."""
        return self.hop / self.sample_rate

    @property
    def bins_per_semitone(self) -> float:
        """Number of spectrum bins per semitone."""
        return self.bins_per_octave / 12


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network.

    Attributes:
        pitch_bins: number of bins of the pitch posterior, from ``lowest_midi`` upwards (180 bins are five octaves).
        harmonics: multiples of the frequency of a candidate pitch; the spectrum bins at these frequencies are the input
            of the pitch head for this candidate.
        pitch_channels: number of channels of each convolution in the pitch head.
        channels: numbers of channels of the three convolutions over the mel bands.
        spectrum_channels: number of channels of the convolution over the spectrum.
        embedding: size of the embedding of the mel bands, which is part of the input of the LSTM.
        motion_lags: largest lag, in bins upwards and downwards, for which the pitch motion is computed.
        motion_spans: distances in frames. For each of them, the pitch motion at a frame is computed from the two frames
            at this distance before and after it.
        hidden: number of LSTM units for each direction.
        layers: number of bidirectional LSTM layers.
        dropout: dropout probability for the LSTM's input and between its layers.
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
    """Complete configuration of a model, as saved in the metadata of the weight file."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    confidence: ConfidenceConfig = field(default_factory=ConfidenceConfig)

    def to_json(self) -> str:
        """Convert to a JSON object with sorted keys, so that equal configurations give equal strings."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str, source: str = "the configuration") -> "Config":
        """Convert the result of `to_json` to a configuration.

        Args:
            text: JSON object.
            source: name of the source of the text, with which error messages begin.

        Raises:
            UsageError: if the text is not a JSON object, a key is unknown or missing, or a value is not allowed.
        """
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):  # not JSON, a number with thousands of digits, or too many nested brackets
            raise UsageError(f"{source}: its configuration is not JSON; use an undamaged model") from None
        _checked_fields(cls, parsed, source, optional={"confidence"})
        parsed.setdefault("confidence", {})
        return cls(
            features=_read_section(FeatureConfig, parsed, "features", source),
            network=_read_section(NetworkConfig, parsed, "network", source),
            # Options of the decoder that older models lack have defaults without effect.
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
    """Convert ``value`` to the type of ``default``; JSON has no tuples, and 1.0 may be written as 1."""
    if isinstance(default, tuple):
        if isinstance(value, list) and len(value) > 0:
            return tuple(_typed(item, default[0], what) for item in value)
    elif isinstance(default, int):
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1_000_000:
            return value
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300:  # not infinite or NaN
        return float(value)
    raise UsageError(f"{what} is {repr(value)[:40]}; use an undamaged model")
