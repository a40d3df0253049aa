"""Scores of whole data sets: references, systems, metrics, error classes, statistics and reports."""
