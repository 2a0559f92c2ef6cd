#!/usr/bin/env python3
"""Checks that Sources/DenseNets is a stack: no folder uses what a folder above it declares.

    Base <- Tensors <- Engine <- Layers <- Networks <- {Training, Inference}

One Swift module knows no such order, so this looks at words. It takes a word for a use of a declaration if it is the
name of a type, a free function or a global that one folder alone declares, or, after a dot, that of a member which an
extension adds to a type of another folder and which no other folder declares. Each use in a lower folder, or in the
other of the two at the top, is a line of output and an exit status of 1. Only Engine/CPU may import the C kernels.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "Sources" / "DenseNets"
LEVELS = {"Base": 0, "Tensors": 1, "Engine": 2, "Layers": 3, "Networks": 4, "Training": 5, "Inference": 5}
C_MODULE = "CDenseKernels"

WORD = re.compile(r"[A-Za-z_]\w*|[{}().]|\n")
QUOTE = re.compile(r'#*"""|#*"')
# Names that are bound without a keyword right before them: tuples, loops, parameters, closures.
LOCALS = re.compile(r"(?:let|var|for)\s*\(([^)]*)\)|\bfor\s+(\w+)\s+in\b|\b([a-z]\w*)\s*:|\{\s*\(?([\w, ]+)\)?\s+in\b")
TYPE_KEYWORDS = {"class", "struct", "enum", "protocol", "actor", "typealias", "associatedtype"}
VALUE_KEYWORDS = {"func", "var", "let", "case"}


def stripped(text):
    """The text without comments and strings; every line stays where it is."""
    result, i = [], 0
    while i < len(text):
        if text.startswith("//", i):
            end = text.find("\n", i)
            i = len(text) if end < 0 else end
            continue
        if text.startswith("/*", i):
            end, depth = i + 2, 1
            while depth and end < len(text):
                step = {"/*": 1, "*/": -1}.get(text[end : end + 2], 0)
                depth += step
                end += 2 if step else 1
        elif match := QUOTE.match(text, i):
            end = string_end(text, match)
        else:
            result.append(text[i])
            i += 1
            continue
        result.append("\n" * text.count("\n", i, end))
        i = end
    return "".join(result)


def string_end(text, opening):
    """Where the string literal ends that begins with this match; interpolations may hold strings of their own."""
    pounds = opening.group().count("#")
    quote = opening.group()[pounds:]
    escape, closing = "\\" + "#" * pounds, quote + "#" * pounds
    i = opening.end()
    while i < len(text) and not text.startswith(closing, i):
        if not text.startswith(escape, i):
            i += 1
        elif not text.startswith("(", i + len(escape)):
            i += len(escape) + 1
        else:
            i, depth = i + len(escape) + 1, 1
            while depth and i < len(text):
                if match := QUOTE.match(text, i):
                    i = string_end(text, match)
                    continue
                depth += {"(": 1, ")": -1}.get(text[i], 0)
                i += 1
    return i + len(closing)


class File:
    """A source file's declarations and words."""

    def __init__(self, path):
        self.name = str(path.relative_to(ROOT))
        self.folder = self.name.split("/")[0]
        self.types, self.functions, self.globals = set(), set(), set()
        self.members = []  # (name, extended type)
        self.nested = set()  # members of the types that it declares
        self.every = set()  # names that are declared anywhere in it
        self.imports = []  # (line, module)
        self.words = []  # (line, word, the word before, the word after)
        text = stripped(path.read_text(encoding="utf-8"))
        for names in LOCALS.findall(text):
            self.every.update(re.findall(r"\w+", " ".join(names)))
        line, raw = 1, WORD.findall(text)
        for index, word in enumerate(raw):
            if word == "\n":
                line += 1
            else:
                self.words.append([line, word])
        self.read()

    def read(self):
        words = [word for _, word in self.words]
        scopes, pending, parentheses = [], None, 0  # what each open brace belongs to
        for i, (line, word) in enumerate(self.words):
            before = words[i - 1] if i else ""
            after = words[i + 1] if i + 1 < len(words) else ""
            self.words[i] += [before, after]
            if word == "(":
                parentheses += 1
            elif word == ")":
                parentheses -= 1
            elif word == "{":
                scopes.append(pending)
                pending = None
            elif word == "}":
                scopes.pop()
            elif word == "import":
                self.imports.append((line, after))
            elif word == "extension" and not scopes:
                pending = ("extension", after)
            elif before != "." and word in TYPE_KEYWORDS and after not in VALUE_KEYWORDS and after.isidentifier():
                self.declare(after, self.types, scopes, self.is_private(words, i))
                if word not in ("typealias", "associatedtype"):
                    pending = ("type", after)
            elif before != "." and word in VALUE_KEYWORDS and after.isidentifier():
                kind = self.functions if word == "func" else self.globals
                if word == "func":
                    pending = ("body", after)
                if not parentheses or word == "func":
                    self.declare(after, kind, scopes, self.is_private(words, i))

    @staticmethod
    def is_private(words, i):
        return bool({"private", "fileprivate"} & set(words[max(0, i - 3) : i]))

    def declare(self, name, kind, scopes, is_private):
        self.every.add(name)
        if is_private:
            return
        if not scopes:
            kind.add(name)
        elif len(scopes) == 1 and scopes[0] and scopes[0][0] == "extension":
            self.members.append((name, scopes[0][1]))
        elif scopes[-1] and scopes[-1][0] == "type":
            self.nested.add(name)


def problems(files):
    owner = defaultdict(set)  # of every type, function and global: the folders that declare it
    functions, type_folder = set(), {}
    for file in files:
        for name in file.types | file.functions | file.globals:
            owner[name].add(file.folder)
        functions |= file.functions
        for name in file.types:
            type_folder[name] = file.folder
    member_owner = defaultdict(set)
    extensions = set()
    for file in files:
        for name, extended in file.members:
            member_owner[name].add(file.folder)
            if type_folder.get(extended) != file.folder:
                extensions.add(name)
        for name in file.nested:
            member_owner[name].add(file.folder)

    for file in files:
        reported = set()
        for line, word, before, after in file.words:
            if before == ".":
                folders = member_owner[word] if word in extensions else ()
            elif word in file.every or word in functions and after != "(":
                continue
            else:
                folders = owner.get(word, ())
            if len(folders) != 1 or (line, word) in reported:
                continue
            (folder,) = folders
            if folder != file.folder and LEVELS[folder] >= LEVELS[file.folder]:
                reported.add((line, word))
                yield f"{file.name}:{line} uses {word} of {folder}/"
        for line, module in file.imports:
            if module == C_MODULE and not file.name.startswith("Engine/CPU/"):
                yield f"{file.name}:{line} imports {C_MODULE}, which Engine/CPU/ alone may"


def main():
    paths = sorted(ROOT.rglob("*.swift"))
    strays = [path for path in paths if path.relative_to(ROOT).parts[0] not in LEVELS]
    for path in strays:
        folder = path.relative_to(ROOT).parts[0]
        print(f"{path.relative_to(ROOT)}: {folder} has no place in the stack; give it one in Scripts/checks/layers.py")
    files = [File(path) for path in paths if path not in strays]
    found = list(problems(files))
    for problem in found:
        print(problem)
    if found or strays or not files:
        sys.exit(f"{len(found) + len(strays)} breaches of the folders' order; see Scripts/checks/layers.py")
    print(f"{len(files)} files of {ROOT.name} keep the order of their folders")


if __name__ == "__main__":
    main()
