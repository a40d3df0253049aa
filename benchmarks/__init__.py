"""Measurements: speed, memory, accuracy and scale."""
