"""torchvision's builders are the judges: from the same weights and pictures, ours gives what theirs gives."""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from utils import runtime
from utils.torch import (
    copy_weights,
    fit,
    get_weights,
    load_pretrained,
    mobilenet_v2,
    predict,
    resnet18,
    save_weights,
    set_weights,
    squeezenet,
    vgg16,
    vgg16_small,
)

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (2, 47, 63, 3), "uint8")
SCALED = torch.from_numpy(PICTURES).permute(0, 3, 1, 2) / 255
NORMALIZE = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
MEAN = torch.tensor([103.939, 116.779, 123.68]).view(3, 1, 1)


@torch.no_grad()
def shaken(model):
    """A model whose biases and batch norms are as after some training."""
    generator = torch.Generator().manual_seed(0)
    for tensor in model.state_dict().values():
        if tensor.ndim == 1:
            tensor.copy_((tensor + 0.2 * torch.randn(tensor.shape, generator=generator)).abs() + 0.1)
    return model.eval()


def recorded(model, images, wanted):
    """Outputs of the modules of a model, in the order of their calls."""
    found = []
    for module in model.modules():
        if isinstance(module, wanted):
            module.register_forward_hook(lambda module, given, output: found.append(output.clone()))
    with torch.no_grad():
        model(images)
    return found


def close(ours, theirs):
    assert theirs.abs().max() > 0
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4 * theirs.abs().max().item())


def test_vgg16_is_torchvisions_features_layer_by_layer():
    theirs = shaken(torchvision.models.vgg16(weights=None).features)
    ours = vgg16(input_shape=(47, 63, 3)).eval()
    convolutions = [[layer for layer in model if isinstance(layer, nn.Conv2d)] for model in (ours, theirs)]
    for mine, other in zip(*convolutions, strict=True):
        mine.load_state_dict(other.state_dict())
    kinds = (nn.Conv2d, nn.ReLU, nn.MaxPool2d)
    found, expected = recorded(ours, SCALED, kinds), recorded(theirs, SCALED.flip(1) * 255 - MEAN, kinds)
    assert len(expected) == 31
    for mine, other in zip(found, expected, strict=True):
        close(mine, other)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """torchvision's ResNet-18 of random weights, and the file that torch.save makes of it."""
    runtime.seed_everything(0)
    model = shaken(torchvision.models.resnet18(weights=None))
    path = tmp_path_factory.mktemp("published") / "resnet18.pth"
    torch.save(model.state_dict(), path)
    return model, path


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_resnet18_is_torchvisions(published, training):
    theirs, path = published
    ours = resnet18(input_shape=(47, 63, 3), classes=1000)
    load_pretrained(ours, path)
    with torch.no_grad():
        close(ours.train(training)(SCALED), theirs.train(training)(NORMALIZE(SCALED)))
    theirs.load_state_dict(torch.load(path, weights_only=True))  # training has moved its statistics
    theirs.eval()


def test_layers_of_resnet18_are_called_as_in_torchvision(published):
    ours, theirs = (dict(model.named_parameters()) for model in (resnet18(input_shape=(47, 63, 3)), published[0]))
    assert [name.replace("logits", "fc") for name in ours] == list(theirs)


def test_a_classifier_of_other_classes_keeps_its_own_start(published):
    model = resnet18(input_shape=(47, 63, 3), classes=5)
    before = get_weights(model)
    load_pretrained(model, published[1])
    after = get_weights(model)
    np.testing.assert_array_equal(before["logits/kernel"], after["logits/kernel"])
    assert not np.array_equal(before["layer4.1.conv2/kernel"], after["layer4.1.conv2/kernel"])


def test_the_file_of_another_network_is_refused_and_nothing_changed(published):
    model = vgg16_small(input_shape=(47, 63, 3))
    before = get_weights(model)
    with pytest.raises(ValueError, match=r"resnet18\.pth lacks the layers block1_conv1, .* and 8 more of this model"):
        load_pretrained(model, published[1])
    assert all(np.array_equal(array, before[key]) for key, array in get_weights(model).items())


def test_squeezenet_is_torchvisions_1_1():
    theirs = shaken(torchvision.models.squeezenet1_1(weights=None).features)
    ours = squeezenet(input_shape=(47, 63, 3)).eval()  # sizes at which torchvision's rounding up adds nothing
    ours.conv1.load_state_dict(theirs[0].state_dict())
    fires = [layer for layer in theirs if hasattr(layer, "squeeze")]
    for number, other in enumerate(fires, start=2):
        mine = getattr(ours, f"fire{number}")
        for name, layer in (
            ("squeeze1x1", other.squeeze),
            ("expand1x1", other.expand1x1),
            ("expand3x3", other.expand3x3),
        ):
            getattr(mine, name).load_state_dict(layer.state_dict())
    assert len(fires) == 8
    with torch.no_grad():
        close(ours(SCALED), theirs(SCALED.flip(1) * 255 - MEAN))


@pytest.mark.parametrize("build", [vgg16_small, resnet18, mobilenet_v2, squeezenet], ids=lambda build: build.__name__)
def test_a_wrong_range_is_noticed_and_said(build):
    model = build(input_shape=(47, 63, 3)).eval()
    with pytest.raises(
        ValueError, match="go from 0 to 255, and this network wants them from 0 to 1: divide them by 255"
    ):
        model(torch.linspace(0, 255, SCALED.numel()).view(SCALED.shape))
    with pytest.raises(ValueError, match="go from -1 to 1, and this network wants them from 0 to 1: leave them"):
        model(torch.linspace(-1, 1, SCALED.numel()).view(SCALED.shape))


def test_predict_takes_bytes_and_floats_alike():
    model = vgg16_small(input_shape=(47, 63, 3), classes=3)
    np.testing.assert_allclose(predict(model, PICTURES), predict(model, PICTURES.astype("float32") / 255), atol=1e-6)


def test_it_learns_from_bytes():
    runtime.seed_everything(0)
    model = vgg16_small(input_shape=(47, 63, 3), classes=3)
    history = fit(model, PICTURES, np.array([0, 2]), epochs=8, optimizer="adam")
    assert history["loss"][-1] < 0.8 * history["loss"][0]


def test_preprocessing_follows_the_model_to_a_device_and_is_not_saved():
    model = vgg16_small(input_shape=(47, 63, 3)).to("meta")
    assert model.preprocess.scale.device.type == "meta"
    assert not any(key.startswith("preprocess") for key in model.state_dict())


def test_convolutions_start_by_hes_rule():
    runtime.seed_everything(0)
    weights = get_weights(mobilenet_v2(input_shape=(47, 63, 3)))
    for key in ("Conv_1/kernel", "block_16.expand/kernel", "block_16.depthwise/kernel"):
        inputs = 9 if "depthwise" in key else weights[key].shape[2]
        assert weights[key].std() == pytest.approx(np.sqrt(2 / inputs), rel=0.05), key
        assert np.abs(weights[key]).max() == pytest.approx(np.sqrt(6 / inputs), rel=0.01), key


def test_a_model_written_by_hand_travels_too(tmp_path):
    build = lambda: nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4 * 5, 2))  # noqa: E731
    one, other = build(), build()
    save_weights(one, tmp_path / "net.safetensors")
    copy_weights(tmp_path / "net.safetensors", other)
    pictures = torch.rand(2, 1, 6, 7)
    torch.testing.assert_close(one(pictures), other(pictures), rtol=0, atol=0)


def test_a_batch_norm_of_what_is_flattened_goes_cell_by_cell():
    runtime.seed_everything(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.BatchNorm1d(60), nn.Linear(60, 2)).eval()
    for tensor in model[2].state_dict().values():
        tensor.copy_(torch.rand(tensor.shape))
    pictures, weights = torch.rand(2, 1, 6, 7), get_weights(model)
    cells = model[0](pictures).permute(0, 2, 3, 1).reshape(2, 60).detach().numpy()
    gamma, beta, mean, variance = (weights[f"2/{role}"] for role in ("gamma", "beta", "moving_mean", "moving_variance"))
    normal = (cells - mean) / np.sqrt(variance + model[2].eps) * gamma + beta
    expected = model(pictures).detach().numpy()
    np.testing.assert_allclose(normal @ weights["3/kernel"] + weights["3/bias"], expected, atol=1e-5)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    set_weights(model, weights)
    np.testing.assert_array_equal(model(pictures).detach().numpy(), expected)


class ByFunctions(nn.Module):
    """Convolution and a dense layer, with a function between them."""

    def __init__(self, between, units, pool=None):
        super().__init__()
        self.conv1, self.pool, self.between = nn.Conv2d(1, 3, 3), pool, between
        self.logits = nn.Linear(units, 2)

    def forward(self, x):
        return self.logits(self.between(self.conv1(x)))


def test_maps_that_are_averaged_by_a_function_travel():
    pool = nn.AdaptiveAvgPool2d(1)
    for model in (
        ByFunctions(lambda maps: maps.mean(dim=(2, 3)), 3),
        ByFunctions(lambda maps: pool(torch.cat([maps, -maps], 1)).flatten(1), 6, pool),
    ):
        np.testing.assert_array_equal(get_weights(model)["logits/kernel"], model.logits.weight.detach().numpy().T)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (ByFunctions(lambda maps: maps.flatten(1), 60), r"logits takes 60 numbers from 3 channels.* nn\.Flatten\(\)"),
        (nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm1d(60), nn.Linear(60, 2)), "Layer 1 takes 60 numbers from 3"),
        (nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), r"flattened for layer 1 .* set model\.input_shape"),
        (nn.Sequential(nn.Conv2d(4, 4, 3, groups=2)), "Layer 0 is a convolution of 2 groups"),
        (nn.Sequential(nn.Conv2d(3, 5, 3), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, 2)), "flattened for layer 3"),
        (nn.Sequential(nn.LazyConv2d(3, 3)), "Layer 0 has no weights yet: call the model on images once"),
        (nn.Sequential(nn.PReLU()), "Layer 0 is a PReLU, whose weights the wings do not exchange"),
    ],
    ids=["function", "norm", "nothing flattened", "groups", "flattened unevenly", "lazy", "kind"],
)
def test_what_the_wings_do_not_exchange_is_named(model, says):
    for call in (get_weights, lambda model: set_weights(model, {})):
        with pytest.raises(ValueError, match=says):
            call(model)


def test_batch_norms_without_scale_or_statistics_have_no_such_weights():
    model = nn.Sequential(nn.BatchNorm2d(2, affine=False), nn.BatchNorm2d(2, track_running_stats=False))
    assert list(get_weights(model)) == ["0/moving_mean", "0/moving_variance", "1/gamma", "1/beta"]


def test_weights_are_copies_and_frozen_or_half_precision_layers_stay_so():
    model = vgg16_small(input_shape=(47, 63, 3)).half().requires_grad_(False)
    weights = get_weights(model)
    weights["block1_conv1/kernel"][:] = 1
    assert not (model.block1_conv1.weight == 1).any()
    set_weights(model, weights)
    assert (model.block1_conv1.weight == 1).all()
    assert model.block1_conv1.weight.dtype == torch.float16
    assert not model.block1_conv1.weight.requires_grad
