"""Synthetic singing with exactly known notes."""
