"""Beats under sung notes: where they fall, and notes moved onto them."""
