"""Training: data, augmentation, loss and the training loop."""
