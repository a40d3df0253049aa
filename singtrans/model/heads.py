"""Names of the network's heads."""

HEADS = ("onset", "offset", "activity", "voicing", "syllable", "ornament", "release", "nasal")
"""Outputs of the network for every frame. Each output is the log odds of a statement about the frame:

- onset: a note begins here. Every new note of a melisma has an onset, but a scoop, a fall or a grace note inside a
  syllable has none.
- offset: the sung note ends here, because the voice stops or leaves the vowel.
- activity: the frame is inside a note.
- voicing: the frame is voiced.
- syllable: the vowel of a syllable begins here, with or without a change of pitch.
- ornament: the boundary between an ornament and the rest of its note is here.
- release: the note would end here in a score, that is, at the next onset, or where the voice stops before a rest.
- nasal: a nasal consonant (m, n or ng) sounds.
"""
