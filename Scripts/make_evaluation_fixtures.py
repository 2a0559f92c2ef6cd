#!/usr/bin/env python3
"""Writes Tests/Fixtures/evaluation: a classifier's probabilities, and what scikit-learn and torchmetrics make of them.

    python -m pip install numpy scikit-learn torch torchmetrics
    python Scripts/make_evaluation_fixtures.py
"""
import json
import pathlib

import numpy as np
import torch
from sklearn import metrics
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_calibration_error

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "evaluation"


def values(numbers):
    """JSON has no NaN: a figure that is not defined is null."""
    return [None if np.isnan(x) else float(x) for x in np.atleast_1d(numbers)]


def expected(probabilities, labels):
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(classes), zero_division=np.nan
    )
    logits, target = torch.tensor(probabilities, dtype=torch.float64), torch.tensor(labels)
    top = {
        str(k): multiclass_accuracy(logits, target, classes, average="micro", top_k=k).item()
        for k in (1, 2, 3, classes)
    }
    error = {
        norm: multiclass_calibration_error(logits, target, classes, n_bins=15, norm=norm).item() for norm in ("l1", "max")
    }
    return {
        "confusion": metrics.confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
        "precision": values(precision),
        "recall": values(recall),
        "f1": values(f1),
        "support": support.tolist(),
        "macro": values(
            metrics.precision_recall_fscore_support(
                labels, predicted, labels=range(classes), average="macro", zero_division=np.nan
            )[:3]
        ),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "loss": -np.log(probabilities[np.arange(len(labels)), labels]).mean(),
        "top": top,
        "expected_error": error["l1"],
        "greatest_error": error["max"],
    }


def write(name, probabilities, labels):
    # What fp32 makes of six decimals is what the test reads.
    decimals = np.round(probabilities, 6)
    probabilities = decimals.astype(np.float32).astype(np.float64)
    case = {
        "probabilities": decimals.tolist(),
        "labels": labels.tolist(),
        **expected(probabilities, labels),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(case, separators=(",", ":")) + "\n")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)

    def softmax(x):
        x = np.exp(x - x.max(1, keepdims=True))
        return x / x.sum(1, keepdims=True)

    for name, count, classes, sharpness in (("five", 200, 5, 2.0), ("twelve", 150, 12, 3.0)):
        labels = random.integers(0, classes, count)
        logits = random.normal(size=(count, classes))
        logits[np.arange(count), labels] += 0.8
        write(name, softmax(sharpness * logits), labels)

    # A class without examples (1), one that is never predicted (2), and one without either (4).
    labels = random.choice([0, 2, 3], 40)
    logits = random.normal(size=(40, 5)) + np.array([1, 0, -9, 1, -9])
    write("absent", softmax(logits), labels)


if __name__ == "__main__":
    main()
