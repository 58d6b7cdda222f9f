# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write requirements/audit.txt, test.txt and molecule.txt from the .in files of these names: pins.py PYTHON [PYTHON ...].

One environment per interpreter is made and frozen; a package whose version differs between them gets one line per version
with a marker. Wheels only, so that no machine needs a compiler. Needs the package index.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LAYERS = ("audit", "test", "molecule")
HEADER = """\
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Written by `make pins` from {source}, which says what each direct dependency is for. Do not edit.
"""
Minor = tuple[int, int]


def freeze(python: str) -> tuple[Minor, dict[str, dict[str, str]]]:
    """Version of the interpreter, and {layer: {package: version}} as pip chose them for it."""
    with tempfile.TemporaryDirectory() as folder:
        inside = f"{folder}/bin/python"
        subprocess.run([python, "-m", "venv", folder], check=True)
        minor = subprocess.run(
            [inside, "-c", "import sys; print(*sys.version_info[:2])"], check=True, capture_output=True, text=True
        ).stdout.split()
        layers: dict[str, dict[str, str]] = {}
        for layer in LAYERS:
            given = [f"{name}=={version}" for pins in layers.values() for name, version in pins.items()]
            source = str(REQUIREMENTS / f"{layer}.in")
            subprocess.run(
                [inside, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *given, "--requirement", source], check=True
            )
            frozen = subprocess.run([inside, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout
            pins = dict(line.split("==") for line in frozen.splitlines())
            layers[layer] = {name: pins[name] for name in pins if not any(name in lower for lower in layers.values())}
    return (int(minor[0]), int(minor[1])), layers


def merged(by_python: dict[Minor, dict[str, str]]) -> list[str]:
    """Requirement lines: a version that holds for all interpreters alone, others with the range they hold for.

    The first interpreter's range is open below, the last one's above: a newer Python gets what the newest known one got.
    """
    minors = sorted(by_python)
    lines = []
    for name in sorted({name for pins in by_python.values() for name in pins}, key=str.lower):
        start = 0
        for position, minor in enumerate(minors):
            version = by_python[minor].get(name)
            last = position == len(minors) - 1
            if not last and by_python[minors[position + 1]].get(name) == version:
                continue
            marker = []
            if start:
                marker.append('python_version >= "{}.{}"'.format(*minors[start]))
            if not last:
                marker.append('python_version < "{}.{}"'.format(*minors[position + 1]))
            if version is not None:
                lines.append(f"{name}=={version}" + (f" ; {' and '.join(marker)}" if marker else ""))
            start = position + 1
    return lines


def main() -> None:
    """Freeze with every given interpreter, then write the files."""
    frozen = dict(freeze(python) for python in sys.argv[1:])
    for layer in LAYERS:
        lines = merged({minor: layers[layer] for minor, layers in frozen.items()})
        text = HEADER.format(source=f"{layer}.in") + "".join(f"{line}\n" for line in lines)
        (REQUIREMENTS / f"{layer}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
