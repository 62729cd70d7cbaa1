import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from utils import shapes
from utils.torch import (
    count_parameters,
    dense_net,
    gap_convnet,
    lenet,
    mobilenet_v2,
    resnet18,
    small_convnet,
    small_resnet,
    squeezenet,
    summary,
    vgg16_small,
)
from utils.torch.layers import Add, Concatenate

PHOTOS = (gap_convnet, small_resnet, vgg16_small, resnet18, mobilenet_v2, squeezenet)


def rows(model, size=None):
    return {row.name: row for row in summary(model, size).rows}


def fields(model, size):
    return [row.receptive_field for row in summary(model, size).rows]


def test_the_table_of_s2s_convnet():
    table = summary(small_convnet())
    assert [row.kind for row in table.rows[:3]] == ["convolution", "activation", "max pooling"]
    assert [row.shape for row in table.rows[:4]] == [(26, 26, 32), (26, 26, 32), (13, 13, 32), (11, 11, 64)]
    assert table.rows[8].shape == (576,)
    assert [row.receptive_field for row in table.rows] == [3, 3, 4, 8, 8, 10, 18, 18, 18, 26, 26, 26]
    conv2 = table.rows[3]
    assert conv2.parameters == conv2.trainable == shapes.conv2d_parameters(32, 64, 3)
    assert conv2.flops == shapes.conv2d_flops(32, 64, 3, 11)
    assert table.parameters == 93_322


@pytest.mark.parametrize("build", [dense_net, lenet, small_convnet, *PHOTOS])
def test_flops_are_those_that_pytorch_counts(build):
    model = build().eval()
    height, width, channels = model.input_shape
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(torch.zeros(1, channels, height, width))
    table, counts = summary(model), counter.get_flop_counts()
    assert table.flops == counter.get_total_flops()
    for row in table.rows:
        assert row.flops == sum(counts.get(f"{type(model).__name__}.{row.name}", {}).values()), row.name


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("shufflenet_v2_x0_5", "ShuffleNet_V2_X0_5_Weights"),
        ("mobilenet_v3_small", "MobileNet_V3_Small_Weights"),
        ("densenet121", "DenseNet121_Weights"),
    ],
)
def test_networks_of_torchvision_have_the_parameters_and_flops_that_it_publishes(name, weights):
    from torchvision import models

    published = getattr(models, weights).DEFAULT.meta
    table = summary(getattr(models, name)(), (224, 224))
    assert table.parameters == published["num_params"]
    assert table.flops / 2e9 == pytest.approx(published["_ops"], abs=0.0006)  # billions of multiply-adds, three digits
    assert "?" not in str(table)


@pytest.mark.parametrize("layer", [nn.ConvTranspose2d(4, 6, 3, 2, groups=2), nn.Conv2d(4, 6, (1, 3), 2, groups=2)])
def test_flops_of_grouped_and_transposed_convolutions_are_those_that_pytorch_counts(layer):
    with FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, 4, 9, 7))
    model = nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), layer)
    assert summary(model, (9, 7)).rows[1].flops == counter.get_total_flops()


def smooth(model):
    """Make each number depend on all that its window covers, in a way that no sign or maximum hides."""
    for name, layer in list(model.named_modules()):
        parent, _, child = name.rpartition(".")
        if isinstance(layer, nn.MaxPool2d):
            setattr(model.get_submodule(parent), child, nn.AvgPool2d(layer.kernel_size, layer.stride, layer.padding))
        if isinstance(layer, nn.ReLU6):
            setattr(model.get_submodule(parent), child, nn.ReLU())
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.constant_(layer.weight, 1 / layer.weight[0].numel())
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return model.double().eval()


def measured(model, size, most):
    """{layer: (height, width) of the pixels that the middle of its map has a gradient of}, of fields up to `most`."""
    table, made = rows(model, size), {}
    picture = torch.full((1, model.input_shape[-1], *size), 0.9, dtype=torch.float64, requires_grad=True)
    for name, layer in model.named_modules():
        layer.register_forward_hook(lambda layer, given, output, name=name: made.update({name: output}))
    model(picture)
    found = {}
    for name, row in table.items():
        field = row.receptive_field
        if len(row.shape) == 3 and max(field if isinstance(field, tuple) else (field, field)) <= most:
            middle = made[name][0, :, row.shape[0] // 2, row.shape[1] // 2].sum()
            (gradient,) = torch.autograd.grad(middle, picture, retain_graph=True)
            cells = np.nonzero(gradient[0].sum(dim=0).numpy())
            found[name] = tuple(int(np.ptp(axis)) + 1 for axis in cells)
    return found


@pytest.mark.parametrize("build", PHOTOS)
def test_receptive_fields_are_those_that_gradients_reach(build):
    size = (170, 150)
    model = smooth(build(input_shape=(*size, 3), classes=2))
    found, table = measured(model, size, most=100), rows(model)
    assert len(found) > 10
    assert {name: (table[name].receptive_field,) * 2 for name in found} == found


def test_a_field_that_differs_by_axis_is_that_which_gradients_reach():
    layers = [nn.Conv2d(1, 2, (1, 5), dilation=(1, 2)), nn.MaxPool2d((3, 2)), nn.Conv2d(2, 2, (2, 3), stride=(2, 1))]
    model = smooth(nn.Sequential(*layers, nn.AvgPool2d((2, 3), stride=1)))
    model.input_shape = (60, 60, 1)
    assert measured(model, (60, 60), most=60) == {name: row.receptive_field for name, row in rows(model).items()}
    assert [row.receptive_field for row in rows(model).values()][:2] == [(1, 9), (3, 10)]


def test_a_dense_layer_sees_what_all_cells_of_the_map_see():
    # 2 of the 20 rows are lost to the stride, and no padding adds any
    model = smooth(nn.Sequential(nn.Conv2d(1, 2, 3, stride=5), nn.Flatten(), nn.Linear(4 * 4 * 2, 3), nn.Linear(3, 2)))
    picture = torch.ones(1, 1, 20, 19, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(picture).sum(), picture)
    reached = tuple(int(np.ptp(axis)) + 1 for axis in np.nonzero(gradient[0, 0].numpy()))
    assert reached == (18, 18)
    assert fields(model, (20, 19)) == [3, 3, 18, 18]


class Functional(nn.Module):
    """As PyTorch's tutorials write networks: poolings, paddings and activations are functions."""

    def __init__(self, global_pooling):
        super().__init__()
        self.conv1, self.conv2, self.logits = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3, bias=False), nn.Linear(8, 2)
        self.global_pooling = global_pooling

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.pad(x, (1, 1, 1, 1))
        x = F.avg_pool2d(torch.sigmoid(self.conv2(x)) + 1, (2, 2), stride=1)
        return self.logits(self.global_pooling(x))


@pytest.mark.parametrize(
    "pooling",
    [
        lambda x: x.mean((2, 3)),
        lambda x: x.amax(dim=(-1, -2)),
        lambda x: x.sum(dim=[2, 3]),
        lambda x: torch.flatten(F.adaptive_avg_pool2d(x, 1), 1),
        lambda x: torch.flatten(F.adaptive_max_pool2d(x, (1, 1)), 1),
        lambda x: F.avg_pool2d(x, x.shape[2:]).flatten(1),
        lambda x: F.avg_pool2d(x, x.shape[2:]).squeeze(),  # the batch of one goes with it
    ],
)
def test_functions_between_layers_have_no_row_but_their_windows_count(pooling):
    # 20 → conv 18 → pool 9 → pad 11 → conv 9 → pool 8; fields 3, 4, 8, 10, and 7 steps of 2 more
    model = Functional(pooling)
    assert [row.name for row in summary(model, (20, 20)).rows] == ["conv1", "conv2", "logits"]
    assert fields(model, (20, 20)) == [3, 8, 10 + 7 * 2]


def test_rows_of_branches_follow_one_another_whatever_runs_first():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.short = (
                nn.Conv2d(1, 2, 3, padding=1),
                nn.Conv2d(2, 2, 3, padding=1),
                nn.Conv2d(1, 2, 1),
            )
            self.add, self.concat = Add(), Concatenate()

        def forward(self, x):
            short = self.short(x)
            x = self.add(self.two(self.one(x)), short)
            return self.concat(short, x)

    table = rows(Residual(), (9, 9))
    assert list(table) == ["short", "one", "two", "add", "concat"]
    assert [row.receptive_field for row in table.values()] == [1, 3, 5, 5, 5]
    assert table["concat"].shape == (9, 9, 4)


def test_windows_of_upsampling_and_transposed_convolutions():
    conv, up = nn.Conv2d(1, 1, 3, stride=4), nn.Upsample(scale_factor=2)
    assert fields(nn.Sequential(conv, up, nn.Conv2d(1, 1, 3)), (40, 40)) == [3, 3, 7]
    assert fields(nn.Sequential(conv, nn.ConvTranspose2d(1, 1, 4, 2), nn.Conv2d(1, 1, 3)), (40, 40)) == [3, 7, 11]
    assert fields(nn.Sequential(conv, nn.Upsample((30, 40), mode="bilinear")), (40, 40)) == [3, 7]
    assert fields(nn.Sequential(conv, nn.Upsample((23, 27))), (40, 40)) == [3, None]  # 10 cells do not go into 23


def test_pooling_to_a_size_has_windows_where_it_divides():
    conv = nn.Conv2d(1, 1, 1)
    assert fields(nn.Sequential(conv, nn.AdaptiveAvgPool2d((3, 2))), (12, 12)) == [1, (4, 6)]
    assert fields(nn.Sequential(conv, nn.AdaptiveAvgPool2d(5)), (12, 12)) == [1, None]
    assert rows(nn.Sequential(conv, nn.AdaptiveAvgPool2d(1)), (12, 12))["1"].kind == "global average pooling"


def test_what_is_not_known_is_not_guessed():
    class Shuffled(nn.Module):  # deals cells out among the channels, as patches are made
        def forward(self, x):
            return x.reshape(1, 1, 4, 2, 4, 2).permute(0, 1, 3, 5, 2, 4).reshape(1, 4, 4, 4)

    class Strided(nn.Module):
        def forward(self, x):
            return x[:, :, ::2, ::2]

    class Detached(nn.Module):
        def forward(self, x):
            return x.detach()

    class Rows(nn.Module):  # windows of one axis
        def forward(self, x):
            return F.conv1d(x.flatten(2), torch.ones(1, 1, 3))

    class Mean(nn.Module):
        def forward(self, x):
            return x + x.mean()

    for layer in (Shuffled(), Strided(), Detached(), Rows(), Mean()):
        last = summary(nn.Sequential(nn.Conv2d(1, 1, 1), layer, nn.ReLU()), (8, 8)).rows[-1]
        assert last.receptive_field is None
    table = summary(nn.Sequential(nn.Conv2d(1, 2, 1), nn.InstanceNorm2d(2, affine=True)), (8, 8))
    assert table.rows[1].kind == "InstanceNorm2d"
    assert (table.rows[1].flops, table.rows[1].parameters) == (None, 4)


def test_modules_with_parameters_of_their_own_have_a_row_for_them():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.scale = nn.Conv2d(1, 2, 1), nn.Parameter(torch.ones(2, 1, 1))

        def forward(self, x):
            return self.scale * self.conv(x)

    model = nn.Sequential(Scaled(), nn.ReLU(inplace=True))
    table = summary(model, (8, 8))
    assert [(row.name, row.parameters, row.receptive_field) for row in table.rows] == [
        ("0.conv", 4, 1),
        ("0", 2, 1),
        ("1", 0, 1),
    ]
    assert table.parameters == count_parameters(model)


def test_a_layer_used_twice_has_two_rows_and_its_parameters_once():
    conv = nn.Conv2d(2, 2, 3, padding=1)
    table = summary(nn.Sequential(conv, nn.ReLU(), conv), (8, 8))
    assert [(row.name, row.parameters, row.receptive_field) for row in table.rows] == [
        ("0", 38, 3),
        ("1", 0, 3),
        ("0", 0, 5),
    ]
    assert table.flops == 2 * shapes.conv2d_flops(2, 2, 3, 8)


def test_frozen_layers_are_not_trainable_and_running_statistics_no_parameters():
    model = small_resnet(input_shape=(32, 32, 3))
    model.block3.requires_grad_(False)
    table = summary(model)
    assert table.parameters == sum(weights.numel() for weights in model.parameters())
    assert table.trainable == count_parameters(model) < table.parameters
    assert rows(model)["block3.bn1"].trainable == 0
    assert rows(model)["bn1"].parameters == 2 * 24
    assert [row.receptive_field for row in table.rows] == fields(model.requires_grad_(False), None)


def test_any_size_will_do_where_nothing_is_flattened():
    table = summary(gap_convnet(), (41, 90))
    assert table.input_shape == (41, 90, 3)
    assert table.rows[-3].shape == (5, 11, 128)
    assert table.parameters == 97_698


def test_nothing_is_changed():
    model = small_resnet(input_shape=(32, 32, 3))
    model.bn1.eval()
    modes = [module.training for module in model.modules()]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    too_large = nn.Sequential(nn.Conv2d(1, 3, 9), model)
    state = torch.get_rng_state()
    with torch.no_grad():
        summary(model)
        assert not torch.is_grad_enabled()
    with pytest.raises(ValueError, match="size"):
        summary(too_large, (4, 4))
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(weights.grad is None for weights in model.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_models_of_other_precision_have_the_same_table(dtype):
    assert summary(lenet().to(dtype)) == summary(lenet())


def test_the_first_layer_may_work_in_place_and_gradients_be_off():
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    with torch.inference_mode():
        assert fields(model, (9, 9)) == [1, 3, 3]


def test_cells_of_padding_are_cells_of_the_map():
    model = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ZeroPad2d(1), nn.Flatten(), nn.Linear(64, 2))
    assert fields(model, (8, 8)) == [3, 3, 3, 3 + 7]


def test_the_layout_in_memory_makes_no_difference():
    layers = [nn.Conv2d(2, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)]
    model = nn.Sequential(*layers)
    table = summary(model, (9, 8))
    assert [row.receptive_field for row in table.rows] == [3, (9, 8), (9, 8), (9, 8)]
    assert summary(model.to(memory_format=torch.channels_last), (9, 8)) == table


def test_a_layer_alone_is_a_model():
    assert list(rows(nn.Conv2d(3, 8, 3), (9, 9))) == ["Conv2d"]


def test_branches_that_no_longer_match_are_refused():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.small, self.large = nn.Conv2d(1, 1, 1), nn.MaxPool2d(2), nn.Upsample(scale_factor=2)
            self.add = Add()

        def forward(self, x):
            return self.add(self.conv(x), self.large(self.small(x)))

    assert fields(Branches(), (8, 8))[-1] == 2
    with pytest.raises(ValueError, match="branches no longer match"):
        summary(Branches(), (8, 7))


def test_outputs_in_a_dict_are_followed():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.base, self.left, self.right = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 3), nn.Conv2d(2, 1, 5)

        def forward(self, x):
            x = self.base(x)
            return {"right": self.right(x), "left": [self.left(x)]}

    table = rows(Two(), (12, 12))
    assert {name: row.receptive_field for name, row in table.items()} == {"base": 3, "right": 7, "left": 5}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: summary(None), "model is a NoneType: give a Keras model to utils.keras, a PyTorch model to"),
        (lambda: summary(lenet(), (28, 0)), "size is (28, 0): give (height, width) of the pictures"),
        (
            lambda: summary(nn.Conv2d(1, 1, 1)),
            "does not say for what size of pictures it is: give size=(height, width)",
        ),
        (lambda: summary(nn.Conv2d(1, 1, 5), (4, 9)), "can not take pictures of size (4, 9): its layers leave nothing"),
        (lambda: summary(lenet(), (32, 32)), "Layer dense1 takes 256 numbers, and 400 reach it from pictures of size"),
        (lambda: summary(nn.Sequential(nn.ReLU()), (8, 8)), "How many channels the pictures have can not be seen"),
        (
            lambda: summary(nn.Sequential(nn.Linear(10, 2)), (8, 8)),
            "How many channels the pictures have can not be seen",
        ),
        (lambda: summary(nn.Sequential(nn.Flatten(), nn.LazyLinear(2)), (8, 8)), "Layer 1 has no weights yet: call"),
    ],
)
def test_what_can_not_be_summed_up_is_refused_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        call()


def test_a_model_of_dense_layers_shows_its_channels_itself():
    model = nn.Sequential(nn.Flatten(), nn.Linear(2 * 48, 5))
    assert summary(model, (6, 8)).input_shape == (6, 8, 2)
    assert fields(model, (6, 8)) == [1, (6, 8)]
