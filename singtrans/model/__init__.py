"""The network: configuration, features, layers, weight files and streaming."""
