#!/usr/bin/env python3
"""Writes a man page for every command: man.py PROGRAM FOLDER.

The text is the program's own, from `--experimental-dump-help`; SOURCE_DATE_EPOCH dates the pages."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

SECTION = 1


def escaped(text):
    """Text that roff prints unchanged."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in ("." , "'") else line for line in text.splitlines())


def option_name(name):
    return ("--" if name["kind"] == "long" else "-") + name["name"]


def value(argument):
    name = argument.get("valueName", "value")
    return f"\\fI{escaped(name)}\\fR"


def names(argument):
    """`--output folder`, as the head of an argument's description."""
    if argument["kind"] == "positional":
        return value(argument) + (" \\&..." if argument["isRepeating"] else "")
    parts = ", ".join(f"\\fB{escaped(option_name(name))}\\fR" for name in argument["names"])
    return parts if argument["kind"] == "flag" else f"{parts} {value(argument)}"


def usage(argument):
    """A positional argument in the synopsis."""
    text = value(argument) + (" \\&..." if argument["isRepeating"] else "")
    return f"[{text}]" if argument["isOptional"] else text


def description(argument):
    text = argument.get("abstract", "")
    notes = []
    if argument.get("allValues"):
        notes.append("values: " + ", ".join(argument["allValues"]))
    if argument.get("defaultValue") is not None and argument["kind"] != "flag":
        notes.append("default: " + argument["defaultValue"])
    return escaped(" ".join(filter(None, [text, f"({'; '.join(notes)})" if notes else ""])) or "See above.")


def sections(arguments):
    """Options by their section's title, in the order of the help."""
    result = {}
    for argument in arguments:
        if argument["shouldDisplay"]:
            title = argument.get("sectionTitle") or ("Arguments" if argument["kind"] == "positional" else "Options")
            result.setdefault(title, []).append(argument)
    # Options without a title come last, as in the help: `--version` and `--help` are among them.
    return {title: result[title] for title in sorted(result, key=lambda title: title == "Options")}


def shown(command):
    return [sub for sub in command.get("subcommands", []) if sub["shouldDisplay"] and sub["commandName"] != "help"]


def page(command, path, root, version, date):
    """A command's page; `path` are the words that call it."""
    name = "-".join(path)
    lines = [
        f'.TH "{escaped(name).upper()}" "{SECTION}" "{date}" "densenet {version}" "densenet"',
        ".SH NAME", f"{escaped(name)} \\- {escaped(command['abstract'].rstrip('.'))}", ".SH SYNOPSIS",
    ]
    subcommands, arguments = shown(command), command.get("arguments", [])
    words = [f"\\fB{escaped(' '.join(path))}\\fR"]
    if subcommands:
        words += ["\\fIcommand\\fR", "[\\fIoption\\fR \\&...]"]
    else:
        words.append("[\\fIoption\\fR \\&...]")
        words += [usage(argument) for argument in arguments if argument["kind"] == "positional"]
    lines.append(" ".join(words))
    if command.get("discussion"):
        lines.append(".SH DESCRIPTION")
        for number, paragraph in enumerate(command["discussion"].split("\n\n")):
            lines += ([".PP"] if number else []) + [escaped(paragraph)]
    if subcommands:
        lines.append(".SH COMMANDS")
        for sub in subcommands:
            lines += [".TP", f"\\fB{escaped(sub['commandName'])}\\fR", escaped(sub["abstract"])]
    for title, group in sections(arguments).items():
        lines.append(f'.SH "{escaped(title).upper()}"')
        for argument in group:
            lines += [".TP", names(argument), description(argument)]
    others = [path[:-1]] if len(path) > 1 else []
    others += [path + [sub["commandName"]] for sub in subcommands]
    if others:
        lines.append(".SH SEE ALSO")
        lines.append(",\n".join(f".BR {escaped('-'.join(other))} ({SECTION})" for other in others).replace(",\n", " ,\n"))
    return name, "\n".join(lines) + "\n"


def write(command, path, folder, version, date):
    name, text = page(command, path, path[0], version, date)
    (folder / f"{name}.{SECTION}").write_text(text, encoding="utf-8")
    for sub in shown(command):
        write(sub, path + [sub["commandName"]], folder, version, date)


def output(program, *arguments):
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    version = output(program, "--version").split()[1]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    date = time.strftime("%Y-%m-%d", time.gmtime(seconds))
    folder.mkdir(parents=True, exist_ok=True)
    tool = json.loads(output(program, "--experimental-dump-help"))["command"]
    write(tool, [tool["commandName"]], folder, version, date)


main()
