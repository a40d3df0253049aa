"""Visualisation of transcriptions: plots, and an index of report pages."""
