#!/usr/bin/env python3
"""Writes what PyTorch's optimizers, schedulers, losses and gradient clipping do, step by step, in float64.

    python Scripts/make_training_fixtures.py --output Tests/Fixtures/training.json

Needs: pip install torch==2.13.0 numpy
"""

import argparse
import json

import numpy as np
import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

SIZES = [5, 3]


def optimizer_case(name, kind, steps=12, groups=None, **options):
    """Two parameters, whose gradients change sign and size; and the learning rate moves, as under a schedule."""
    random = np.random.default_rng(len(name))
    starts = [random.normal(size=n).astype(np.float32) for n in SIZES]
    parameters = [torch.nn.Parameter(torch.tensor(s, dtype=torch.float64)) for s in starts]
    groups = groups or [{}, {}]
    optimizer = kind([dict(params=[p], **g) for p, g in zip(parameters, groups)], **options)
    rates = [g["lr"] for g in optimizer.param_groups]
    case = {"name": name, "start": [s.tolist() for s in starts], "gradients": [], "factors": [], "values": []}
    for step in range(steps):
        factor = 1 - 0.05 * step
        gradients = [(random.normal(size=n) * 10.0 ** random.integers(-3, 2)).astype(np.float32) for n in SIZES]
        for p, g in zip(parameters, gradients):
            p.grad = torch.tensor(g, dtype=torch.float64)
        for group, rate in zip(optimizer.param_groups, rates):
            group["lr"] = rate * factor
        optimizer.step()
        case["factors"].append(factor)
        case["gradients"].append([g.tolist() for g in gradients])
        case["values"].append([p.detach().tolist() for p in parameters])
    return case


def optimizers():
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    return [
        optimizer_case("sgd", sgd, lr=0.1),
        optimizer_case("sgd-decay", sgd, lr=0.1, weight_decay=0.05),
        optimizer_case("sgd-momentum", sgd, lr=0.1, momentum=0.9, weight_decay=1e-3),
        optimizer_case("sgd-dampening", sgd, lr=0.1, momentum=0.8, dampening=0.3),
        optimizer_case("sgd-nesterov", sgd, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True),
        optimizer_case("sgd-groups", sgd, lr=0.1, momentum=0.9, groups=[{"lr": 0.01, "weight_decay": 0.1}, {}]),
        optimizer_case("adam", adam, lr=0.01),
        optimizer_case("adam-decay", adam, lr=0.01, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1),
        optimizer_case("adamw", adamw, lr=0.01, weight_decay=0.1),
        optimizer_case("adamw-groups", adamw, lr=0.01, weight_decay=0.1, groups=[{"lr": 0.05}, {"weight_decay": 0.0}]),
    ]


def schedule_case(name, schedule, make, peak, epochs, steps_per_epoch, by_epoch=False):
    """`schedule` is the JSON of LearningRateSchedule; `make` the scheduler or schedulers."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=peak, momentum=0.9)
    schedulers = make(optimizer, epochs * steps_per_epoch, steps_per_epoch)
    rates, momenta = [], []
    for step in range(epochs * steps_per_epoch):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        for scheduler, is_by_epoch in schedulers:
            if not is_by_epoch or (step + 1) % steps_per_epoch == 0:
                scheduler.step()
    return {"name": name, "schedule": json.dumps(schedule), "peak": peak, "epochs": epochs,
            "stepsPerEpoch": steps_per_epoch, "rates": rates, "momenta": momenta}


def schedules():
    def shape(kind, **values):
        return {kind: values}

    def schedule(kind, warmup=0.0, start=0.1, **values):
        return {"shape": shape(kind, **values), "warmupEpochs": warmup, "warmupStart": start}

    def warmup(optimizer, steps, start=0.1):
        return lr_scheduler.LinearLR(optimizer, start_factor=start, total_iters=steps)

    def warm_cosine(optimizer, steps, per_epoch):
        length = 2 * per_epoch
        cosine = lr_scheduler.CosineAnnealingLR(optimizer, steps - length, eta_min=0.001)
        first = warmup(optimizer, length)
        return [(lr_scheduler.SequentialLR(optimizer, [first, cosine], milestones=[length]), False)]

    one_cycle = dict(rise=0.3, divisor=25, finalDivisor=1e4, momenta=[0.85, 0.95])
    return [
        schedule_case("constant", schedule("constant"), lambda o, n, e: [], 0.1, 3, 4),
        schedule_case("warm-constant", schedule("constant", 1.5, 0.25), lambda o, n, e: [(warmup(o, 6, 0.25), False)],
                      0.1, 4, 4),
        schedule_case("step", schedule("step", milestones=[2, 3], factor=0.1),
                      lambda o, n, e: [(lr_scheduler.MultiStepLR(o, [2, 3], 0.1), True)], 0.1, 5, 3),
        schedule_case("paper", schedule("step", milestones=[150, 225], factor=0.1),
                      lambda o, n, e: [(lr_scheduler.MultiStepLR(o, [150, 225], 0.1), True)], 0.1, 300, 2),
        schedule_case("warm-step", schedule("step", 1, milestones=[2, 4], factor=0.5),
                      lambda o, n, e: [(warmup(o, e), False), (lr_scheduler.MultiStepLR(o, [2, 4], 0.5), True)],
                      0.2, 5, 4),
        schedule_case("cosine", schedule("cosine", minimum=0),
                      lambda o, n, e: [(lr_scheduler.CosineAnnealingLR(o, n), False)], 0.1, 4, 7),
        schedule_case("warm-cosine", schedule("cosine", 2, minimum=0.01), warm_cosine, 0.1, 6, 5),
        schedule_case("one-cycle", schedule("oneCycle", **one_cycle),
                      lambda o, n, e: [(lr_scheduler.OneCycleLR(o, 0.1, total_steps=n), False)], 0.1, 5, 9),
        schedule_case("one-cycle-late", schedule("oneCycle", **{**one_cycle, "rise": 0.41, "divisor": 10}),
                      lambda o, n, e: [(lr_scheduler.OneCycleLR(o, 1.0, total_steps=n, pct_start=0.41, div_factor=10),
                                        False)], 1.0, 4, 8),
    ]


def loss_case(name, rows, classes, smoothing=0.0, weights=None, soft=False):
    random = np.random.default_rng(rows * classes)
    logits = (3 * random.normal(size=(rows, classes))).astype(np.float32)
    labels = random.integers(0, classes, size=rows)
    targets = random.dirichlet([0.3] * classes, size=rows).astype(np.float32) if soft else None
    x = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    criterion = torch.nn.CrossEntropyLoss(
        weight=None if weights is None else torch.tensor(weights, dtype=torch.float64), label_smoothing=smoothing)
    loss = criterion(x, torch.tensor(targets, dtype=torch.float64) if soft else torch.tensor(labels))
    loss.backward()
    return {"name": name, "logits": logits.tolist(), "labels": labels.tolist(),
            "targets": None if targets is None else targets.tolist(), "smoothing": smoothing, "weights": weights,
            "loss": loss.item(), "gradient": x.grad.tolist()}


def losses():
    weights = [0.5, 1.0, 2.5, 0.0]
    return [
        loss_case("plain", 5, 4), loss_case("smooth", 5, 4, 0.1), loss_case("weighted", 7, 4, weights=weights),
        loss_case("smooth-weighted", 7, 4, 0.2, weights), loss_case("soft", 6, 4, soft=True),
        loss_case("soft-smooth-weighted", 6, 4, 0.1, weights, soft=True), loss_case("many", 3, 1000, 0.1),
    ]


def clipping(limit):
    random = np.random.default_rng(3)
    parameters = [torch.nn.Parameter(torch.zeros(n, dtype=torch.float64)) for n in SIZES]
    gradients = [random.normal(size=n).astype(np.float32) for n in SIZES]
    for p, g in zip(parameters, gradients):
        p.grad = torch.tensor(g, dtype=torch.float64)
    norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
    return {"limit": limit, "gradients": [g.tolist() for g in gradients], "norm": norm.item(),
            "clipped": [p.grad.tolist() for p in parameters]}


def averaging(decay, steps=30):
    random = np.random.default_rng(4)
    model = torch.nn.Linear(3, 1).double()
    values = random.normal(size=(steps + 1, 4)).astype(np.float32)

    def set_model(row):
        with torch.no_grad():
            model.weight.copy_(torch.tensor(row[:3]).reshape(1, 3))
            model.bias.copy_(torch.tensor(row[3:]))

    set_model(values[0])
    average = AveragedModel(
        model, avg_fn=lambda a, p, n: a + (1 - min(decay, (1 + int(n)) / (10 + int(n)))) * (p - a))
    average.update_parameters(model)  # the first call copies
    for row in values[1:]:
        set_model(row)
        average.update_parameters(model)
    return {"decay": decay, "values": values.tolist(),
            "average": average.module.weight.flatten().tolist() + average.module.bias.tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="Tests/Fixtures/training.json")
    options = parser.parse_args()
    content = {"optimizers": optimizers(), "schedules": schedules(), "losses": losses(),
               "clipping": [clipping(0.5), clipping(100.0)], "averaging": [averaging(0.9), averaging(0.5)]}
    with open(options.output, "w") as file:
        json.dump(content, file, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
