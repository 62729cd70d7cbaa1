"""What S0's recipe for the 2,000 photos really reaches (5.1 and 5.2; S0 says 82 %).

S0 never compiles the network; RMSprop and binary cross-entropy are what it compiles its second one with. Its generator
is gone from Keras: the photos are read beforehand, and come in the same batches of 20, scaled to [0, 1].
"""

from utils import data

TITLE = "S0's network and recipe on 2,000 photos of cats and dogs: 100 epochs, 150×150 pixels"
METRIC = "accuracy on test"
UNIT = "%"
SEEDS = (0, 1, 2)
THREADS = 2
RUNS = (("S0's recipe", "keras"),)
EPOCHS = 100


def load():
    """The photos of all three splits."""
    splits = ("train", "validation", "test")
    return tuple(data.load("cats_vs_dogs", split=name, source="original", size=(150, 150)) for name in splits)


def train(wing, sets, label, seed):
    """Accuracy on test. Benchmarks ask for labels such as "…, 3 epochs", only to time them."""
    training, validation, test = ((each.images.astype("float32") / 255, each.labels) for each in sets)
    model = _network()
    epochs = int(label.split()[-2]) if label.endswith(("epoch", "epochs")) else EPOCHS
    model.fit(*training, batch_size=20, epochs=epochs, validation_data=validation, verbose=0)
    if epochs < EPOCHS:
        return {}
    return {label: float(model.evaluate(*test, batch_size=20, verbose=0)[1])}


def _network():
    from keras import layers, models

    model = models.Sequential()
    model.add(layers.Input((150, 150, 3)))
    for filters in (32, 64, 128, 128):
        model.add(layers.Conv2D(filters, (3, 3), activation="relu"))
        model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(512, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model
