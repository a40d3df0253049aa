"""The network: configuration, features, layers, weights and streaming."""
