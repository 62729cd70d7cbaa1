"""What the notebooks of *Learning to See* import. Importing this package loads neither TensorFlow nor PyTorch."""
