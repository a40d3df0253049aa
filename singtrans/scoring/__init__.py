"""Scoring of whole sets: what is compared, error classes, statistics over files, and reports of them."""
