"""Posteriors to notes: search, refinement and confidence, in numpy alone."""
