"""Measurements of speed, memory, accuracy and scale."""
