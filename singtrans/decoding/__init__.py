"""Decoding of posteriors to notes in numpy: search, refinement and confidence."""
