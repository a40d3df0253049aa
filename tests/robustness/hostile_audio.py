"""Broken, mislabelled, odd and malicious recordings, each with its expected outcome.

Most that hold sound hold the same tune (`hostile_cases.tune`).
"""

from collections.abc import Iterator

from tests.robustness.hostile_cases import Case
from tests.robustness.hostile_files import cut_short, empty, foreign, headers
from tests.robustness.hostile_names import names, no_files
from tests.robustness.hostile_sound import long, odd_samples, rates_and_channels


def cases(places: int = 20) -> Iterator[Case]:
    """All of them; each container is cut short at that many places."""
    for group in (empty, cut_short, headers, odd_samples, rates_and_channels, names, no_files, foreign, long):
        yield from group(places) if group is cut_short else group()
