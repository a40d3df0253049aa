"""Helper functions for the tests."""
