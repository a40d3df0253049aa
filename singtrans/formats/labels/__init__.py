"""Readers of label formats that are not written."""
