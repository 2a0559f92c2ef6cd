"""What the measurement runs with: the program, the peers' Python, and the machine's description."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .measure import Failure, run_json

BENCHMARKS = Path(__file__).resolve().parent.parent
REPOSITORY = BENCHMARKS.parent
REQUIREMENTS = BENCHMARKS / "requirements.txt"
VENV = BENCHMARKS / ".venv"


def step(*command, **options):
    """Runs a command of the preparation, with what it prints on standard error. -> its standard output, if captured."""
    print(f"== {' '.join(map(str, command))}", file=sys.stderr)
    try:
        return subprocess.run(command, check=True, text=True, **{"stdout": sys.stderr, **options}).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"the preparation failed: {error}") from error


def build():
    """The path of the program, built."""
    command = ["swift", "build", "-c", "release", "--product", "densenet"]
    step(*command, cwd=REPOSITORY)
    return Path(step(*command, "--show-bin-path", cwd=REPOSITORY, stdout=subprocess.PIPE).strip()) / "densenet"


def peers_python(named, install):
    """The Python that runs the peers: the named one, or that of the virtual environment beside this package."""
    if named:
        return named
    python, stamp = VENV / "bin" / "python", VENV / REQUIREMENTS.name
    if stamp.exists() and stamp.read_text() == REQUIREMENTS.read_text():
        return python
    if not install:
        raise Failure(
            "the peers are not installed, and --quick installs nothing: run once without it, name a Python that has "
            "PyTorch by --python, or measure densenet alone by --peers without a name"
        )
    step(sys.executable, "-m", "venv", VENV)
    step(python, "-m", "pip", "install", "-r", REQUIREMENTS)
    shutil.copyfile(REQUIREMENTS, stamp)
    return python


def peers_versions(python):
    """Package's name -> version, of each that requirements.txt lists, and Python's own. Fails where one is missing."""
    names = [re.split(r"\[|==", line)[0] for line in REQUIREMENTS.read_text().split()]
    script = (
        "import importlib.metadata as m, json, platform, sys\n"
        "have = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
        "print(json.dumps({'python': platform.python_version(), **{n: have.get(n) for n in sys.argv[1:]}}))"
    )
    versions = run_json([python, "-c", script, *names])
    missing = [name for name, version in versions.items() if version is None]
    if missing:
        raise Failure(
            f"{python}: has no {', '.join(missing)}; run `{python} -m pip install -r {REQUIREMENTS}`, leave "
            "--python out to have them installed, or measure densenet alone by --peers without a name"
        )
    return versions


def processor():
    """The processor's name, as the operating system gives it."""
    try:
        if sys.platform == "darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, subprocess.CalledProcessError):
        return platform.processor() or platform.machine()


def machine():
    """A description for the results. The load is that of the last minute: other work disturbs a measurement."""
    return {
        "processor": processor(),
        "architecture": platform.machine(),
        "logical_processors": os.cpu_count(),
        "operating_system": platform.platform(),
        "load_average": os.getloadavg()[0],
    }
