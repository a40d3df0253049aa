"""Training: data, augmentation, loss and the loop."""
