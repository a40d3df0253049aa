"""Programs that make the shipped models and the synthetic data."""
