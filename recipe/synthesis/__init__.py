"""Synthetic singing whose notes are known exactly."""
