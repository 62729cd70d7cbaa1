"""What there is to know about each data set and each network's weights: facts only, no reading, no fetching."""

from utils.data.publications import DataSet, File, Weights

SPLITS = ("train", "validation", "test")


def find(name: str) -> DataSet | Weights:
    """The data set or the weights of this name.

    Raises:
        ValueError: there are none.
    """
    if name not in DATASETS and name not in WEIGHTS:
        raise ValueError(
            f"There is no data set {name!r}: choose from {', '.join(DATASETS)}, or weights from {', '.join(WEIGHTS)}."
        )
    return DATASETS[name] if name in DATASETS else WEIGHTS[name]


# The SHA-256 of MNIST's files were taken from files with the MD5 that torchvision publishes: f68b3c2d…, d53e105e…,
# 9fb629c4…, ec29112d…. Those of Fashion-MNIST stand in several public projects beside the MD5 of its README, that of
# CIFAR-10 in the loader of Keras, that of the photos in TensorFlow Datasets.
_ALL = (
    DataSet(
        name="mnist",
        title="MNIST",
        classes=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
        shape=(28, 28, 1),
        splits={"train": 55_000, "validation": 5_000, "test": 10_000},
        files=(
            File(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            File(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            File(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            File(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        license="CC BY-SA 3.0",
        citation="lecun1998gradient",
        layout="idx",
        twin=("digits",),
    ),
    DataSet(
        name="fashion_mnist",
        title="Fashion-MNIST",
        classes=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        shape=(28, 28, 1),
        splits={"train": 55_000, "validation": 5_000, "test": 10_000},
        files=(
            File(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            File(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            File(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            File(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        ),
        license="MIT",
        citation="xiao2017fashion",
        layout="idx",
        twin=("clothes", "canvas"),
    ),
    DataSet(
        name="cats_vs_dogs",
        title="Cats and dogs",
        classes=("cat", "dog"),
        shape=(None, None, 3),
        splits={"train": 2_000, "validation": 1_000, "test": 1_000},
        files=(
            File(
                "kagglecatsanddogs_5340.zip",
                824_887_076,
                "b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
            ),
        ),
        mirrors=("https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/",),
        license="not to be passed on",
        citation="elson2007asirra",
        layout="photos",
        twin=("cats_and_dogs", "animals", "heads", "scenery", "canvas"),
    ),
    DataSet(
        name="cifar10",
        title="CIFAR-10",
        classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        shape=(32, 32, 3),
        splits={"train": 45_000, "validation": 5_000, "test": 10_000},
        files=(
            File(
                "cifar-10-python.tar.gz",
                170_498_071,
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        license="none stated",
        citation="krizhevsky2009tiny",
        layout="cifar",
        twin=(
            "things",
            "things_animals",
            "things_vehicles",
            "things_views",
            "things_places",
            "things_colors",
            "canvas",
        ),
    ),
    DataSet(
        name="scenes",
        title="Scenes",
        classes=("car", "bus", "tree", "pole", "person"),
        shape=(96, 96, 3),
        splits={"train": 2_000, "validation": 500, "test": 500},
        files=(),
        mirrors=(),
        license="CC BY 4.0",
        citation="",
        layout="scenes",
        twin=("scenes", "canvas"),
    ),
)

# VGG16's size and MD5 stand in Keras; a published SHA-256 we have not found. Those of ResNet-18 stand in several public
# projects, and its name has the first digits; those of MobileNetV2 in one, and its size in what Keras prints. Those of
# SqueezeNet were taken from a file with the MD5 that its port publishes, 80b66c92…. torchvision states no terms.
_ALL_WEIGHTS = (
    Weights(
        name="vgg16",
        title="ImageNet weights of VGG16",
        files=(
            File(
                "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
                58_889_256,
                "md5:6d6bbae143d832006294945121d1f1fc",
            ),
        ),
        mirrors=("https://storage.googleapis.com/tensorflow/keras-applications/vgg16/",),
        license="CC BY 4.0",
        citation="simonyan2015vgg",
        tensor=("block5_conv3/kernel", (3, 3, 512, 512)),
    ),
    Weights(
        name="resnet18",
        title="ImageNet weights of ResNet-18",
        files=(
            File(
                "resnet18-f37072fd.pth",
                46_830_571,
                "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
            ),
        ),
        mirrors=("https://download.pytorch.org/models/",),
        license="none stated",
        citation="he2016resnet",
        tensor=("layer4.1.conv2/kernel", (3, 3, 512, 512)),
    ),
    Weights(
        name="mobilenet_v2",
        title="ImageNet weights of MobileNetV2 (0.35)",
        files=(
            File(
                "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5",
                2_019_640,
                "df1c3db1d0d9193719c4c70f707c56f7021f999f825bdc57454c275cf6def19f",
            ),
        ),
        mirrors=("https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/",),
        license="Apache 2.0",
        citation="sandler2018mobilenetv2",
        tensor=("Conv_1/kernel", (1, 1, 112, 1280)),
        conversions=("mobilenet_v2_0.35_224_notop.weights.h5", "mobilenet_v2_0.35_224_notop.npz"),
    ),
    Weights(
        name="squeezenet",
        title="ImageNet weights of SqueezeNet 1.1",
        files=(
            File(
                "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
                3_002_560,
                "17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da",
            ),
        ),
        mirrors=("https://github.com/rcmalli/keras-squeezenet/releases/download/v1.0/",),
        license="MIT",
        citation="iandola2016squeezenet",
        tensor=("fire9.expand3x3/kernel", (3, 3, 64, 256)),
    ),
)

DATASETS = {dataset.name: dataset for dataset in _ALL}
WEIGHTS = {weights.name: weights for weights in _ALL_WEIGHTS}
