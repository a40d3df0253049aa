"""Names of the network's heads."""

HEADS = ("onset", "offset", "activity", "voicing", "syllable", "ornament", "release")
"""What the network says of every frame, as log odds.

onset: a note begins here. A scoop, a fall or a grace note inside a syllable is not an onset; a melisma's new note is.
offset: the note ends here, as it is sung: the voice ends, or leaves the vowel.
activity: the frame is inside a note.
voicing: the frame is voiced.
syllable: a syllable's vowel begins here, whatever the pitch does.
ornament: an ornament is divided here from the note that it belongs to.
release: a score would end the note here: at the next onset, or at the end of the voice before a rest.
"""
