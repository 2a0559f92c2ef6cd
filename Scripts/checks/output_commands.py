"""The commands whose outputs `same_outputs.py` compares. They run one after the other in one folder."""

import dataclasses

# What a training run leaves that does not depend on time.
RUN = (
    "model.safetensors best.safetensors metrics.jsonl predictions.csv evaluation.json summary.json curves.svg "
    "checkpoints/*"
).split()

TABULAR_RUN = "model.safetensors submission.csv folds.csv preprocessing.json summary.json".split()


@dataclasses.dataclass
class Command:
    name: str
    words: list
    # Files to compare, with `*` for any name.
    files: list
    # The file that takes what is printed on standard output; "" where nothing is.
    printed: str = ""
    # Stop the run with this signal once it has this many checkpoints, then take it up again with `--resume`.
    signal: str = ""
    # Another command's run that must have come to the same weights, at every instruction set.
    equals: str = ""
    # Whether the outputs depend on the seed, which the self-check changes.
    seeded: bool = True


def train(name, options, files=RUN, **more):
    words = f"train --quiet --output {name} --seed SEED {options}".split()
    return Command(name, words, [f"{name}.txt", *(f"{name}/{file}" for file in files)], f"{name}.txt", **more)


def printing(name, options, suffix="json", files=(), **more):
    printed = f"{name}.{suffix}"
    return Command(name, options.split(), [printed, *files], printed=printed, **more)


SAMPLE = "--dataset fashion-mnist-sample"
FOLDER = "--dataset folder:inputs/pictures"
TABLE = "--dataset csv:inputs/pictures.csv"
CHAPTER = f"{SAMPLE} --train-limit 320 --test-limit 100 --batch-size 64 --epochs 2"
# Everything that has a state, in 16 updates.
ADAMW = (
    f"{SAMPLE} --train-limit 160 --test-limit 50 --resize 32 --batch-size 20 --epochs 4 --optimizer adamw "
    "--accumulate 2 --mixup 0.2 --class-weights balanced --clip-norm 1 --label-smoothing 0.1 --drop-rate 0.1 "
    "--schedule one-cycle --rotation 10 --cutout 6 --normalize dataset"
)
COMMANDS = [
    # The chapter.
    train("d2l-fp32", CHAPTER),
    train("d2l-bf16", f"{CHAPTER} --precision bf16"),
    train("d2l-direct", f"{CHAPTER} --convolution direct --max-steps 1"),
    # ImageNet's networks.
    train("densenet121", f"{FOLDER} --model densenet121 --resize 96 --batch-size 8 --max-steps 1"),
    train(
        "densenet121-bf16",
        f"{FOLDER} --model densenet121 --resize 64 --batch-size 8 --max-steps 1 --precision bf16 --memory-efficient",
    ),
    # CIFAR's, on pictures of many sizes.
    train(
        "cifar-bc",
        f"{FOLDER} --model densenet-bc-40-12 --resize 32 --batch-size 5 --epochs 3 --random-resized-crop 0.4 --flip "
        "--color-jitter 0.3,0.3,0.3,0.1 --normalize dataset",
    ),
    train("cifar-table", f"{TABLE} --model densenet-22-12 --resize 32 --epochs 2 --batch-size 6"),
    # Recipes.
    train("best", f"--recipe best {SAMPLE} --train-limit 256 --test-limit 64 --resize 48 --batch-size 32 --epochs 2"),
    train("adamw", ADAMW),
    train("adam", f"--optimizer adam {SAMPLE} --train-limit 99 --test-limit 50 --resize 32 --batch-size 25 --epochs 1"),
    # Weights from another run.
    train(
        "fine-tuned",
        f"{FOLDER} --init best/model.safetensors --num-classes 3 --freeze blocks:2 --features-lr-scale 0.1 "
        "--batch-size 6 --epochs 2 --lr 0.05 --momentum 0.9 --schedule step --milestones 1",
    ),
    train(
        "classifier",
        f"{FOLDER} --init cifar-bc/model.safetensors --freeze features --freeze-norm --batch-size 6 --epochs 1",
    ),
    # Stopped, and taken up again.
    train("resumed", f"{ADAMW} --checkpoint-steps 1", signal="SIGKILL", equals="adamw"),
    train("interrupted", f"{ADAMW} --checkpoint-steps 1", signal="SIGINT", equals="adamw"),
    # What is done with weights.
    printing("evaluate", f"evaluate --weights d2l-fp32/model.safetensors {SAMPLE} --test-limit 200 --json --quiet"),
    printing(
        "evaluate-flip",
        f"evaluate --weights best/best.safetensors {SAMPLE} --test-limit 100 --tta flip --json --quiet",
    ),
    printing("evaluate-folder", f"evaluate --weights cifar-bc/model.safetensors {FOLDER} --json --quiet"),
    printing("evaluate-table", f"evaluate --weights cifar-table/best.safetensors {TABLE} --json --quiet"),
    printing(
        "predict",
        "predict inputs/pictures/val --weights cifar-bc/model.safetensors --format json --cam predict-cam "
        "--features predict.safetensors --tta flip --quiet",
        files=["predict.safetensors", "predict-cam/**/*.png"],
    ),
    printing(
        "predict-bf16",
        "predict inputs/pictures/val/disc inputs/pictures/val/square/3.png --weights fine-tuned/model.safetensors "
        "--format csv --precision bf16 --cam predict-bf16-cam --quiet",
        suffix="csv",
        files=["predict-bf16-cam/*.png"],
    ),
    Command(
        "predict-tensors",
        "predict --weights d2l-fp32/model.safetensors --input-tensors inputs/batch.safetensors "
        "--output-tensors logits.safetensors".split(),
        ["logits.safetensors"],
    ),
    Command(
        "export",
        "export --weights cifar-bc/model.safetensors --format onnx --output cifar-bc.onnx".split(),
        ["cifar-bc.onnx"],
    ),
    printing(
        "predict-onnx",
        "predict inputs/pictures/val/stripes --weights cifar-bc.onnx --json --features onnx.safetensors --quiet",
        files=["onnx.safetensors"],
    ),
    Command("convert-pth", "convert best/best.safetensors best.pth".split(), ["best.pth"]),
    Command("convert-back", "convert best.pth best-again.safetensors --model d2l".split(), ["best-again.safetensors"]),
    Command("convert-onnx", "convert cifar-bc.onnx from-onnx.safetensors".split(), ["from-onnx.safetensors"]),
    printing(
        "lr-find",
        f"lr-find {SAMPLE} --train-limit 128 --resize 32 --batch-size 16 --steps 20 --seed SEED --svg lr-find.svg "
        "--json --quiet",
        files=["lr-find.svg"],
    ),
    printing("summary", "summary --model densenet-bc-100-12 --json", seeded=False),
    printing("compare", "compare d2l-fp32 d2l-bf16 best --json --svg compare.svg", files=["compare.svg"]),
    # A table.
    printing(
        "tabular",
        "tabular train inputs/train.csv --test inputs/test.csv --target price --id id --folds 3 --epochs 40 "
        "--seed SEED --output tabular --quiet",
        suffix="txt",
        files=[f"tabular/{file}" for file in TABULAR_RUN],
    ),
]
