# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run scenarios of molecule on real k0s nodes in containers, one after the other: run.py [SCENARIO ...]; all without names.

Needs root, podman, and mmdebstrap for the first run. HOMELAB_MOLECULE_BINARIES names a folder with k0s-<version>-<arch> files and
their sha256sums.txt; without it, the binaries that tests/lab/build_servers.py built are used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

MOLECULE = Path(__file__).resolve().parent
ROOT = MOLECULE.parent
sys.path.insert(0, str(ROOT / "tests"))

from lab import build_servers  # noqa: E402

IMAGE = "localhost/homelab/node:1"
PAUSE = "localhost/homelab/pause:1"
NETWORK = "homelab-molecule"
# A kubelet sets these for the whole machine, even from inside a container.
SYSCTLS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys")
K0S_NAMES = {
    "k0s": f"k0s-v{build_servers.KUBERNETES}+k0s.0-amd64",
    "k0s-older": f"k0s-v{build_servers.OLDER}+k0s.0-amd64",
}


def environment() -> dict[str, str]:
    """The caller's environment and what molecule and podman need; the containers' settings only for cgroups of the old kind."""
    wanted = {
        "HOMELAB_MOLECULE_IMAGE": IMAGE,
        "MOLECULE_GLOB": "molecule/*/molecule.yml",
        "PATH": f"{ROOT}/.venv/bin{os.pathsep}{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
    }
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():
        wanted["CONTAINERS_CONF"] = str(MOLECULE / "shared" / "containers.conf")
    return os.environ | wanted


def podman(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["podman", *arguments], env=environment(), capture_output=True, text=True, check=False)


def make_image() -> None:
    """Make the image of a node where it is absent."""
    if podman("image", "exists", IMAGE).returncode:
        subprocess.run(["sh", str(MOLECULE / "shared" / "image.sh"), IMAGE], env=environment(), check=True)


def make_pause(target: Path) -> None:
    """An image that only sleeps, from the busybox of the node image, as a file that containerd imports."""
    archive = target.with_suffix(".busybox")
    packed = [
        "run",
        "--rm",
        "--network=none",
        f"--volume={target.parent}:/out",
        IMAGE,
        "tar",
        "-C",
        "/usr",
        "-cf",
        f"/out/{archive.name}",
        "bin/busybox",
    ]
    sleeping = 'CMD ["/bin/busybox","sleep","2147483647"]'
    for command in (packed, ["import", "--change", sleeping, str(archive), PAUSE], ["save", "--output", str(target), PAUSE]):
        done = podman(*command)
        if done.returncode:
            raise SystemExit(f"cannot make the image of pods: {done.stderr.strip()}")
    archive.unlink()


def make_binaries() -> Path:
    """The folder that inventory/hosts.yml describes, from what build_servers.py built."""
    configured = os.environ.get("HOMELAB_MOLECULE_BINARIES")
    if configured:
        return Path(configured).resolve()
    folder = build_servers.cache_dir() / "molecule"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "components").mkdir(parents=True)
    (folder / "images").mkdir()
    sums = []
    for name, path in sorted(build_servers.programs("molecule").items()):
        target = folder / K0S_NAMES[name] if name in K0S_NAMES else folder / "components" / name
        os.link(path, target)
        if name in K0S_NAMES:
            sums.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()} *{target.name}\n")
    (folder / "sha256sums.txt").write_text("".join(sums), encoding="utf-8")
    make_pause(folder / "images" / "pause.tar")
    return folder


def read_sysctls() -> dict[Path, str]:
    paths = (Path("/proc/sys") / name for name in SYSCTLS)
    return {path: path.read_text(encoding="ascii") for path in paths if path.exists()}


def scenarios() -> list[str]:
    return sorted(path.parent.name for path in MOLECULE.glob("*/molecule.yml"))


def main() -> int:
    """Run them; exit code 1 when one failed."""
    if os.geteuid() or not shutil.which("podman"):
        raise SystemExit("cannot start nodes: that needs root and podman; install podman and run this as root")
    wanted = sys.argv[1:] or scenarios()
    make_image()
    try:
        binaries = make_binaries()
    except build_servers.BuildError as exc:
        raise SystemExit(str(exc)) from None
    variables = environment() | {"HOMELAB_MOLECULE_BINARIES": str(binaries)}
    before = read_sysctls()
    results: dict[str, tuple[int, float]] = {}
    try:
        for name in wanted:
            started = time.monotonic()
            command = ["molecule", "-c", str(MOLECULE / "config.yml"), "test", "-s", name]
            code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
            results[name] = (code, time.monotonic() - started)
    finally:
        podman("network", "rm", "--force", NETWORK)
        for path, text in before.items():
            path.write_text(text, encoding="ascii")
    for name, (code, seconds) in results.items():
        sys.stdout.write(f"{name}: {'failed' if code else 'passed'} in {seconds:.0f} s\n")
    return 1 if any(code for code, seconds in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
