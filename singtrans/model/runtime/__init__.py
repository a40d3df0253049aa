"""Inference without torch: the network as ONNX graphs of our own making, run by onnxruntime."""
