"""Figures about singing, for teachers: range, tuning, steadiness, vibrato, and a comparison with a written melody.

docs/analysis.md defines each figure.
"""
