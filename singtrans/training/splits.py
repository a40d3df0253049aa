"""Which recordings are learnt from, which choose the model, and which are only reported."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from singtrans.training.manifest import Entry


def set_aside(entries: "Sequence[Entry]", fraction: float) -> "list[Entry]":
    """The entries with a part of them marked ``valid``: whole singers where these are known, else recordings.

    A checksum of names chooses, so that a second training makes the same choice.
    """
    singers = {e.singer for e in entries}
    return split(entries, {"valid": fraction}, by_singer=len(singers) > 2 and "" not in singers)


def split(entries: "Sequence[Entry]", fractions: dict[str, float], *, by_singer: bool, seed: int = 0) -> "list[Entry]":
    """Split into parts by whole singers or whole recordings.

    Args:
        entries: what there is; what their ``split`` says is overwritten.
        fractions: part (``valid``, ``test``) -> its share of the recordings; the rest is ``train``. ``train`` has at
            least one singer or recording, and so has each part whose share is above 0, as far as there are enough.
        by_singer: keep the recordings of a singer together; those without a singer stand for themselves.
        seed: another one makes another choice.

    Returns:
        The same entries in the same order.
    """

    sizes: dict[str, int] = {}
    for entry in entries:
        name = _group(entry, by_singer)
        sizes[name] = sizes.get(name, 0) + 1
    order = sorted(sizes, key=lambda name: zlib.crc32((f"{seed} {name}" if seed else name.partition(" ")[2]).encode()))
    part_of: dict[str, str] = {}
    for part, fraction in fractions.items():
        wanted, taken = fraction * len(entries), 0
        free = [name for name in order if name not in part_of]
        if fraction <= 0.0 or len(free) < 2:
            continue
        for name in free:
            # Whichever is nearer to the share: with this one, or without.
            if taken + sizes[name] / 2 <= wanted and len(part_of) < len(order) - 1:
                part_of[name] = part
                taken += sizes[name]
        if not taken:
            part_of[min(free, key=sizes.__getitem__)] = part
    return [replace(entry, split=part_of.get(_group(entry, by_singer), "train")) for entry in entries]


def _group(entry: "Entry", by_singer: bool) -> str:
    """What stays together: letters before the name keep a singer apart from a recording of that name."""
    return f"singer {entry.singer}" if by_singer and entry.singer else f"recording {entry.id}"
