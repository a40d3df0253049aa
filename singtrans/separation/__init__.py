"""Separation of voices from songs: the engines, and the rule for when to use them."""
