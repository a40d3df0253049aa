"""Inference without torch: ONNX graphs of the network, which this package builds and onnxruntime runs."""
