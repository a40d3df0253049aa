"""Voices out of songs: engines that separate a voice from instruments, and the rule that says when to."""
