"""Names of the network's heads."""

HEADS = ("onset", "offset", "activity", "voicing", "syllable", "ornament", "release")
"""Outputs of the network for every frame, as log odds.

onset: a note begins here. A new note of a melisma has an onset; a scoop, a fall or a grace note inside a syllable has
none. offset: the sung note ends here, because the voice stops or leaves the vowel. activity: the frame is inside a
note. voicing: the frame is voiced. syllable: the vowel of a syllable begins here, with or without a change of pitch.
ornament: here is the boundary between an ornament and its note. release: a score would end the note here, which is at
the next onset, or where the voice stops before a rest.
"""
