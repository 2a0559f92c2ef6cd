#!/usr/bin/env python3
"""Uses the server's page as people do, in headless Chromium, and fails where it does not do what it should.

    apt-get install chromium
    Tests/ServerPage/check_page.py                                    # with the made-up server beside this file
    Tests/ServerPage/check_page.py http://127.0.0.1:8080 --picture cat.jpg --picture dog.jpg --output /tmp/screenshots

The page has to show what the server itself answers for the same picture. A check that the server has no model for
(several models, several labels) is skipped and reported as such.
"""

import argparse
import pathlib
import sys
import tempfile
import traceback

import mock_server
import pictures
from browser import Browser, Failed
from fixture import Skipped
from models_and_faults import ModelsAndFaults
from uses import Uses

ALL = [
    "empty",
    "drop",
    "drop_many",
    "paste",
    "choose",
    "keyboard",
    "announced",
    "light",
    "dark",
    "phone",
    "chinese",
    "labels",
    "models_switch",
    "not_a_picture",
    "folder",
    "faults",
    "map_in_region",
    "no_preview",
    "few_at_a_time",
    "untrusted_names",
    "wrong_token",
]
# With a token nothing else differs.
WITH_TOKEN = ["drop", "models_switch", "wrong_token"]


class Checks(Uses, ModelsAndFaults):
    pass


def run(checks, chosen):
    """-> how many failed"""
    failures = 0
    print(f"{checks.address}{' with a token' if checks.token else ''}: {', '.join(checks.models)}")
    for name in chosen:
        try:
            getattr(checks, name)()
            print(f"  ok    {name}", flush=True)
        except Skipped as reason:
            print(f"  skip  {name}: {reason}", flush=True)
        except Failed as failure:
            failures += 1
            print(f"  FAIL  {name}: {failure}", flush=True)
        except Exception:
            failures += 1
            print(f"  FAIL  {name}\n{traceback.format_exc()}", flush=True)
    return failures


def draw(folder):
    """-> files of flowers of several shapes"""
    shapes = ((320, 240, 5), (220, 300, 12), (400, 220, 8), (240, 240, 6))
    files = []
    for name, (width, height, petals) in zip(pictures.COLOURS, shapes):
        files.append(pathlib.Path(folder) / f"{name}.png")
        files[-1].write_bytes(pictures.flower(name, width, height, petals=petals))
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", help="a running server; without it, the made-up server is started")
    parser.add_argument("--token", default="", help="the server's token, if it needs one")
    parser.add_argument(
        "--picture", type=pathlib.Path, action="append", help="pictures to use instead of drawn flowers (at least two)"
    )
    parser.add_argument("--output", type=pathlib.Path, help="a folder for screenshots")
    parser.add_argument("--browser", help="the Chromium to use")
    parser.add_argument("--only", action="append", choices=ALL, help="the check to run; may be repeated")
    arguments = parser.parse_args()
    if arguments.output:
        arguments.output.mkdir(parents=True, exist_ok=True)
    failures = 0
    with tempfile.TemporaryDirectory() as folder, Browser(arguments.browser) as browser:
        files = [p.resolve() for p in arguments.picture or []] or draw(folder)
        if len(files) < 2:
            parser.error("expected at least two pictures, found one; repeat --picture")
        common = {"files": files, "output": arguments.output}
        if arguments.address:
            address = arguments.address.rstrip("/") + "/"
            failures += run(Checks(browser, address, token=arguments.token, **common), arguments.only or ALL)
        else:
            common["is_mock"] = True
            failures += run(Checks(browser, mock_server.start()[1], **common), arguments.only or ALL)
            guarded = Checks(browser, mock_server.start(token="right-token")[1], token="right-token", **common)
            failures += run(guarded, [name for name in WITH_TOKEN if name in (arguments.only or ALL)])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
