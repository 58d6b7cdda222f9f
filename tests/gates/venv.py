# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make .venv from the pinned requirements, or find that it is there already: venv.py audit|test|molecule.

Standard library only: this runs with the Python that python.sh chose, before anything is installed. A layer counts as done
only when its stamp, written last, names the same Python, the same place and the same pins; so an interrupted installation, a
moved checkout and changed pins all lead to a new one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYERS = {
    "audit": ("audit.txt",),
    "test": ("audit.txt", "test.txt"),
    "molecule": ("audit.txt", "test.txt", "molecule.txt"),
}


def fingerprint(root: Path, layer: str) -> str:
    """What the layer is made from, as a hash: interpreter, place (scripts in bin/ hold absolute paths) and pins."""
    parts = [platform.python_version(), sys.base_prefix, str(root)]
    parts += [(root / "requirements" / name).read_text(encoding="utf-8") for name in LAYERS[layer]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stamp_path(root: Path, layer: str) -> Path:
    return root / ".venv" / f".made-from-{layer}"


def is_done(root: Path, layer: str) -> bool:
    """Whether the layer was installed completely from what would be installed now."""
    stamp = stamp_path(root, layer)
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(root, layer)


def missing_layers(root: Path, layer: str) -> list[str]:
    """Layers still to install, in order; an outdated lower layer takes all above it with it."""
    wanted = list(LAYERS)[: list(LAYERS).index(layer) + 1]
    for position, name in enumerate(wanted):
        if not is_done(root, name):
            return wanted[position:]
    return []


def run(command: list[str], what: str) -> None:
    """Run a command whose messages the reader sees; a failure ends this program with one sentence."""
    # PIP_USER=1 in somebody's environment would install beside .venv; an index of their own must stay in force.
    environment = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code:
        raise SystemExit(
            f"cannot {what}: {Path(command[0]).name} ended with code {code}, its own words are above; "
            "run the same make command again when the cause is gone, it starts over"
        )


def install(root: Path, layers: list[str]) -> None:
    """Install the layers; the first one into an empty environment, so that nothing of an older one is left."""
    venv = root / ".venv"
    python = str(venv / "bin" / "python")
    if layers[0] == "audit":
        for layer in LAYERS:
            stamp_path(root, layer).unlink(missing_ok=True)
        run([sys.executable, "-m", "venv", "--clear", str(venv)], "make .venv")
    for layer in layers:
        pins = f"requirements/{LAYERS[layer][-1]}"
        print(f"Installing {pins} into .venv with Python {platform.python_version()}, once.", flush=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        if layer != "audit":
            pip += ["--constraint", str(root / "requirements" / "audit.txt")]
        run([*pip, "--requirement", str(root / pins)], f"install {pins}")
        stamp = stamp_path(root, layer)
        unfinished = stamp.with_suffix(".new")
        unfinished.write_text(fingerprint(root, layer), encoding="utf-8")
        unfinished.replace(stamp)


def main() -> None:
    """Two make commands at the same time wait for each other here."""
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    with (cache / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        layers = missing_layers(ROOT, sys.argv[1])
        if layers:
            install(ROOT, layers)


if __name__ == "__main__":
    main()
