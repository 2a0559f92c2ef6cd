#!/usr/bin/env python3
"""Compares runs of `densenet tabular train` with scikit-learn's gradient boosting, on the same folds and features.

    python Scripts/tables/house_prices_baselines.py TRAIN.csv RUN [RUN ...]

Needs: pip install pandas numpy scikit-learn

The folds, the target and the columns are those of the first run; the other runs must have the same folds. Features are
those of the runs too: numbers standardised and categories one-hot, fitted to the training rows of each fold. Each line
is the mean over the folds of the root mean squared error of the logarithm, then those of the folds; those of the runs
are as their summaries state them.
"""

import argparse
import json
import os
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor

MODELS = {
    "HistGradientBoostingRegressor": lambda seed: HistGradientBoostingRegressor(random_state=seed),
    "GradientBoostingRegressor": lambda seed: GradientBoostingRegressor(random_state=seed),
    "GradientBoostingRegressor, 1000": lambda seed: GradientBoostingRegressor(
        n_estimators=1000, learning_rate=0.05, max_depth=3, max_features="sqrt", min_samples_leaf=10, subsample=0.7,
        random_state=seed,
    ),
}


def read_json(run, name):
    with open(os.path.join(run, name), encoding="utf-8") as file:
        return json.load(file)


def folds_of(run):
    return pd.read_csv(os.path.join(run, "folds.csv"))["fold"].to_numpy()


def encode(table, columns, rows, clip):
    """The whole table's features as the chapter makes them, fitted to `rows`."""
    fitted = table.iloc[rows]
    parts = []
    for column in columns:
        name = column["name"]
        if column["kind"] == "numeric":
            mean, deviation = fitted[name].mean(), fitted[name].std()
            values = (table[name] - mean) / deviation if deviation > 0 else 0 * table[name]
            parts.append(values.clip(-clip, clip).fillna(0).rename(name))
        else:
            texts = table[name].astype("str").where(table[name].notna())
            known = sorted(texts.iloc[rows].dropna().unique())
            values = pd.Categorical(texts.where(texts.isin(known)), known)
            parts.append(pd.get_dummies(values, prefix=name, dummy_na=True).astype(float))
    return pd.concat(parts, axis=1).to_numpy(np.float64)


def line(name, errors):
    print(f"{name:34}  {np.mean(errors):.4f}   " + " ".join(f"{error:.4f}" for error in errors), flush=True)


def main():
    arguments = argparse.ArgumentParser(description="Compare runs with scikit-learn's gradient boosting.")
    arguments.add_argument("train", help="the table that the runs learned from")
    arguments.add_argument("runs", nargs="+", help="run folders of densenet tabular train")
    arguments.add_argument("--seed", type=int, default=0, help="of scikit-learn (default 0)")
    options = arguments.parse_args()

    config = read_json(options.runs[0], "config.json")
    settings = config["table"]
    folds = folds_of(options.runs[0])
    table = pd.read_csv(options.train)
    if len(table) != len(folds):
        sys.exit(f"{options.train}: expected the {len(folds)} rows of {options.runs[0]}, found {len(table)}")
    target = table[settings["target"]].to_numpy(np.float64)
    target = np.log(target) if settings["log_target"] else target

    key = "fold_log_rmse" if settings["log_target"] else "fold_rmse"
    for run in options.runs:
        if not np.array_equal(folds_of(run), folds):
            sys.exit(f"{run}: its folds are not those of {options.runs[0]}; give both the same --seed and --folds")
        summary = read_json(run, "summary.json")
        line(f"{summary['model']} ({summary['parameters']:,} parameters)", summary[key])

    errors = {name: [] for name in MODELS}
    for fold in range(folds.max() + 1):
        training, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        features = encode(table, settings["columns"], training, config["clip"])
        for name, make in MODELS.items():
            model = make(options.seed).fit(features[training], target[training])
            difference = model.predict(features[held]) - target[held]
            errors[name].append(float(np.sqrt(np.mean(difference**2))))
    for name, values in errors.items():
        line(f"{name}", values)


if __name__ == "__main__":
    main()
