"""Where PyTorch computes, and how precisely."""

import torch


def best_device():
    """The graphics card where there is one that PyTorch can use, else the processor: a torch.device."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def sums_precisely_in(device):
    """The dtype in which this device adds up many numbers: Apple's graphics processors have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


def gains_from_bfloat16(device):
    """Whether this device multiplies bfloat16 numbers in hardware; where it does not, it loses time over them."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool({"avx512_bf16", "amx_bf16"} & _features())


def _features():
    return {name for name, there in torch.cpu.get_capabilities().items() if there is True}
