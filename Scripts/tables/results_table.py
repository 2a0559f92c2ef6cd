#!/usr/bin/env python3
"""The committed runs as the table of docs/performance.md, from their summaries. A folder's name begins with the recipe's.

    python3 Scripts/tables/results_table.py results
"""

import json
import pathlib
import sys

COLUMNS = {
    "train loss": lambda s: f"{s['train_loss']:.3f}",
    "train acc": lambda s: f"{s['train_accuracy']:.3f}",
    "test acc": lambda s: f"{s['test_accuracy']:.3f}",
    "examples/s": lambda s: f"{s['examples_per_second']:.0f}",
    "peak MiB": lambda s: f"{s['peak_memory_bytes'] / 2**20:.0f}",
    "minutes": lambda s: f"{s['seconds'] / 60:.0f}",
}


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "results")
    print("| run | " + " | ".join(COLUMNS) + " |\n|---|" + "---:|" * len(COLUMNS))
    for path in sorted(folder.glob("*/summary.json")):
        summary = json.loads(path.read_text())
        recipe = path.parent.name.split("-")[0]
        link = f"[{recipe}, {summary['precision']}, seed {summary['seed']}](../{path.parent.as_posix()})"
        print(f"| {link} | " + " | ".join(cell(summary) for cell in COLUMNS.values()) + " |")


if __name__ == "__main__":
    main()
