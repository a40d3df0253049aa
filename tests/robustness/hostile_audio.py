"""Damaged, mislabelled, unusual and malicious recordings with their expected outcomes.

Most recordings with sound have the same tune (`hostile_cases.tune`).
"""

from collections.abc import Iterator

from tests.robustness.hostile_cases import Case
from tests.robustness.hostile_files import cut_short, empty, foreign, headers
from tests.robustness.hostile_names import names, no_files
from tests.robustness.hostile_sound import long, odd_samples, rates_and_channels


def cases(places: int = 20) -> Iterator[Case]:
    """Yield all cases; ``places`` is the number of positions at which files of each container are cut off."""
    for group in (empty, cut_short, headers, odd_samples, rates_and_channels, names, no_files, foreign, long):
        yield from group(places) if group is cut_short else group()
