"""How the shipped models and the synthetic data are made."""
