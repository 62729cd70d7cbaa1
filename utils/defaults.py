"""Constants on which Keras and PyTorch disagree by default, set here once for both wings."""

# RMSprop (Hinton's lecture 6e): Keras' values, on which S2 relies. PyTorch keeps 0.99 of the running mean of squares
# and adds 1e-8 to its root; Keras keeps 0.9 and adds 1e-7 under the root, which makes small steps much smaller.
RMSPROP_DECAY = 0.9
RMSPROP_EPSILON = 1e-7

# Adam and AdamW: PyTorch's values. Keras' are 1e-7 (added before the bias is corrected, not after: at 1e-8 it is all
# the same) and a weight decay of 0.004.
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8
WEIGHT_DECAY = 0.01

# Batch normalization: epsilon 1e-3 in Keras, 1e-5 in PyTorch; the share of the old running statistics that is
# kept: 0.99 in Keras, 0.9 in PyTorch (which calls it momentum 0.1).
BATCH_NORM_EPSILON = 1e-5
BATCH_NORM_MOMENTUM = 0.9

# One cycle: the share of all steps that the learning rate rises in.
WARM_UP = 0.25

# MobileNetV2 was published with an epsilon of 1e-3, which its weights need.
MOBILENET_EPSILON = 1e-3

# Initialization: Keras' default is Glorot's uniform rule with biases of zero, PyTorch's a narrower uniform for both.
# The nets of the sources start as Keras has it, in both wings. Nets that are deep, or published, start their
# convolutions by He's uniform rule, made for the ReLU behind each: variance 2 / fan-in, where the fan-in is how many
# numbers meet in one output number (Keras counts all channels of a depthwise convolution, where only one meets).
HE_VARIANCE = 2.0
