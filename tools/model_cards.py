"""The words of model cards, into which what was measured is put."""

# What the networks are, and where more of them is measured.
NETWORKS = {
    "vgg16_small": "VGG16's thirteen convolutions at a quarter of their width",
    "small_resnet": "A convolution, then three times one that halves and a residual block, all with batch norm",
}
MEASURED = {
    "vgg16_small": "`results/cats-and-dogs-pretrained.json` has the test photos, and fine-tuning.",
    "small_resnet": "`results/cifar10-pretrained.json` has CIFAR-10's test images, fine-tuned.",
}
CARD = """# Model card: {name}

*Written by `python -m tools pretrain`, like the weights beside it. Do not edit: run that again.*

**What it is.** {network}
({parameters:,} parameters, float32), without a classifier. It turns RGB pictures, from 32×32 pixels on, into feature
maps of {channels} channels. `load_pretrained` of `utils.keras` or `utils.torch` puts the weights into `{name}()`, which
takes pixels from 0 to 1.

**What it learned from.** {photos:,} changed copies of the 2,000 training photos of the cats and dogs, and {images:,}
of CIFAR-10's training images. No label of either was used, and no picture for validation or test. The teacher is
MobileNetV2 at 0.35 of its width with ImageNet's published weights: for each picture the student learned to give, in
{channels} numbers, what a linear layer can turn into the teacher's 1,280 pooled features. So it knows of ImageNet, of
its many kinds of dogs too, by hearsay.

**How.** {epochs} epochs, batches of {batch}, AdamW (weight decay {decay}) with the learning rate on one cycle up to
{rate}, averaged weights ({average} kept at each step), bfloat16 where the machine multiplies it; seed {seed}. Photos
were shown at 96×96 pixels, CIFAR-10's images at 64×64, mirrored at random.

**How good it is.** A linear classifier on its pooled features, trained on the 2,000 photos at 96×96 pixels, is right
on {probe:.1%} of the 1,000 validation photos; on the features of the same network with random weights, on
{random:.1%}. {measured}

**What it is not good for.** It has seen few things but cats, dogs, and ten kinds of small pictures, and nothing in
more than 96 pixels a side. Where the teacher is wrong or unfair, so is the student: ImageNet's pictures are of its
makers' part of the world. It is for learning how transfer works, not for decisions about anybody.

**Terms.** The weights are under this project's license for code (MIT). The pictures they were made from are not part
of them and not passed on.

Made {date} with {versions}, on {machine}. SHA-256 of the weights: `{checksum}`
"""
