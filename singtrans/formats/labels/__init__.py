"""Readers of label formats that singtrans does not write."""
