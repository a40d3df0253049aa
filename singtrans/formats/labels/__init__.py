"""Readers of formats of labels; singtrans does not write these formats."""
