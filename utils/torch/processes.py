"""Training in one process, or in several that share each batch: the same loop, and the same gradients.

Several are started from outside, by `python -m torch.distributed.run --nproc-per-node 2 train.py`. Each of them runs
the whole program; `fit` notices, and Lightning Fabric averages their gradients. A batch norm sees its process' share.
"""

import os

from utils.torch.devices import best_device


def this_process():
    """`OneProcess`, or `OneOfSeveral` where `torch.distributed.run` has started more than one."""
    return OneOfSeveral() if int(os.environ.get("WORLD_SIZE", "1")) > 1 else OneProcess()


class OneProcess:
    """All of each batch is computed here."""

    rank, count = 0, 1

    def __init__(self):
        self.device = best_device()

    def setup(self, model, optimizer):
        """Model and optimizer, ready to train: the model is moved to the device."""
        return model.to(self.device), optimizer

    def backward(self, loss):
        """Gradients of the loss."""
        loss.backward()

    def sum(self, values):
        """A tensor of numbers, summed over all processes."""
        return values

    def wait(self):
        """Until every process is here."""


class OneOfSeveral:
    """The process of number `rank`, which computes every `count`-th image of each batch."""

    def __init__(self):
        from lightning_fabric import Fabric  # seconds that one process need not spend

        self.count = int(os.environ["WORLD_SIZE"])
        here = int(os.environ.get("LOCAL_WORLD_SIZE", self.count))
        self._fabric = Fabric(accelerator="auto", devices=here, num_nodes=self.count // here, strategy="ddp")
        self._fabric.launch()
        self.rank, self.device = self._fabric.global_rank, self._fabric.device

    def setup(self, model, optimizer):
        """Model and optimizer, ready to train: gradients will be averaged over the processes."""
        model = self._fabric.setup_module(model)
        return model, self._fabric.setup_optimizers(optimizer)

    def backward(self, loss):
        """Gradients of the loss, averaged over the processes."""
        self._fabric.backward(loss)

    def sum(self, values):
        """A tensor of numbers, summed over all processes."""
        return self._fabric.all_reduce(values, reduce_op="sum")

    def wait(self):
        """Until every process is here."""
        self._fabric.barrier()
