# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run scenarios of molecule on real k0s nodes in containers, two at a time: run.py [SCENARIO ...]; all without names.

Needs root, podman, and mmdebstrap for the first run. HOMELAB_MOLECULE_BINARIES names a folder with k0s-<version>-<arch> files and
their sha256sums.txt; without it, the binaries that tests/lab/build_servers.py built are used. --hosts names machines.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import typing as t
from pathlib import Path

MOLECULE = Path(__file__).resolve().parent
ROOT = MOLECULE.parent
sys.path.insert(0, str(ROOT / "tests"))

from gates import foreign_collections  # noqa: E402
from lab import build_servers  # noqa: E402

IMAGE = "localhost/homelab/node:1"
PAUSE = "localhost/homelab/pause:1"
ARGOCD = f"localhost/homelab/argocd:v{build_servers.ARGOCD}"
KUBE_PROXY = "localhost/homelab/kube-proxy:1"
# iptables with its libraries, from the image of a node.
COPY_IPTABLES = """
set -e
mkdir -p /out/usr/sbin /out/usr/local/bin /out/tmp
cp /usr/sbin/xtables-nft-multi /out/usr/sbin/
for tool in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
    ln -s xtables-nft-multi "/out/usr/sbin/$tool"
done
cp --parents --dereference $(ldd /usr/sbin/xtables-nft-multi | grep --only-matching '/lib[^ ]*') /out
cp --recursive --parents /usr/lib/*/xtables /out
"""
NETWORK = "homelab-molecule"
# Half of a scenario is waiting; each has nodes and addresses of its own.
TOGETHER = 2
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


def save_image(name: str, root: Path, command: t.Sequence[str], target: Path) -> None:
    """Write an image with the files below ``root`` and nothing else, as an archive that containerd imports."""
    packed = target.with_suffix(".root")
    with tarfile.open(packed, "w") as archive:
        for path in sorted(root.iterdir()):
            archive.add(path, path.name)
    run = f"ENTRYPOINT {json.dumps(command)}"
    for step in (["import", "--change", run, str(packed), name], ["save", "--output", str(target), name], ["rmi", name]):
        done = podman(*step)
        if done.returncode:
            raise SystemExit(f"cannot make the image {name}: {done.stderr.strip()}")
    packed.unlink()


def make_images(folder: Path, programs: t.Mapping[str, Path]) -> None:
    """What pods run: one that only sleeps, kube-proxy, and MetalLB under the names that its manifest has."""
    manifest = (metallb_source() / "config" / "manifests" / "metallb-native.yaml").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "pause")
        root.mkdir()
        done = podman("run", "--rm", "--network=none", f"--volume={root}:/out", IMAGE, "cp", "/bin/busybox", "/out/busybox")
        if done.returncode:
            raise SystemExit(f"cannot take busybox from {IMAGE}: {done.stderr.strip()}")
        save_image(PAUSE, root, ["/busybox", "sleep", "2147483647"], folder / "pause.tar")
        # Sleeps in the place of Argo CD, which is too big for these nodes; its objects are real.
        save_image(ARGOCD, root, ["/busybox", "sleep", "2147483647"], folder / "argocd.tar")
        root = Path(name, "kube-proxy")
        root.mkdir()
        done = podman("run", "--rm", "--network=none", f"--volume={root}:/out", IMAGE, "sh", "-c", COPY_IPTABLES)
        if done.returncode:
            raise SystemExit(f"cannot take iptables from {IMAGE}: {done.stderr.strip()}")
        shutil.copy2(programs["kube-proxy"], root / "usr" / "local" / "bin" / "kube-proxy")
        save_image(KUBE_PROXY, root, ["/usr/local/bin/kube-proxy"], folder / "kube-proxy.tar")
        for part in ("controller", "speaker"):
            (image,) = set(re.findall(rf"image: (\S+/{part}:\S+)", manifest))
            root = Path(name, part)
            root.mkdir()
            shutil.copy2(programs[f"metallb-{part}"], root / part)
            save_image(image, root, [f"/{part}"], folder / f"metallb-{part}.tar")


def metallb_source() -> Path:
    return build_servers.module_source("metallb", "go.universe.tf/metallb")


def longhorn_source() -> Path:
    return build_servers.module_source("crds", "github.com/longhorn/longhorn-manager")


def make_binaries() -> Path:
    """The folder that inventory/nodes.yml describes, from what build_servers.py built; made once for the same programs."""
    configured = os.environ.get("HOMELAB_MOLECULE_BINARIES")
    if configured:
        return Path(configured).resolve()
    programs = build_servers.programs("molecule")
    made_from = "".join(f"{path}\n" for path in sorted(programs.values())) + Path(__file__).read_text(encoding="utf-8")
    folder = build_servers.cache_dir() / "molecule" / hashlib.sha256(made_from.encode()).hexdigest()[:16]
    if folder.exists():
        return folder
    partial = folder.with_suffix(".part")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "components").mkdir(parents=True)
    (partial / "images").mkdir()
    sums = []
    for name, path in sorted(programs.items()):
        if name in K0S_NAMES:
            sums.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()} *{K0S_NAMES[name]}\n")
            os.link(path, partial / K0S_NAMES[name])
        elif name != "helm" and not name.startswith("metallb-"):
            os.link(path, partial / "components" / name)
    (partial / "sha256sums.txt").write_text("".join(sums), encoding="utf-8")
    make_images(partial / "images", programs)
    partial.rename(folder)
    return folder


def helm() -> str:
    """The Helm that was built with the rest or, beside binaries of somebody's own, that of PATH; empty where there is none."""
    if os.environ.get("HOMELAB_MOLECULE_BINARIES"):
        return shutil.which("helm") or ""
    return str(build_servers.programs("molecule")["helm"])


def read_sysctls() -> dict[Path, str]:
    paths = (Path("/proc/sys") / name for name in SYSCTLS)
    return {path: path.read_text(encoding="ascii") for path in paths if path.exists()}


def scenarios(all_of_them: bool) -> list[str]:
    """Names; those whose folder has a file on_demand are left out unless all are wanted. The longest, rebuild, comes first."""
    folders = sorted((path.parent for path in MOLECULE.glob("*/molecule.yml")), reverse=True)
    return [folder.name for folder in folders if all_of_them or not (folder / "on_demand").exists()]


def run_scenario(name: str, action: str, variables: t.Mapping[str, str], quiet: bool) -> bool:
    """Run one and print how it ended. quiet: what molecule says goes to a file, of which the end is printed after a failure."""
    started = time.monotonic()
    command = ["molecule", "-c", str(MOLECULE / "config.yml"), action, "-s", name]
    log = ROOT / ".cache" / "molecule" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        code = subprocess.run(
            command,
            cwd=ROOT,
            env=variables,
            check=False,
            stdout=said if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
        ).returncode
    told = []
    if code and quiet:
        told = [f"    {line}" for line in log.read_text(encoding="utf-8", errors="replace").splitlines()[-150:]]
    told.append(f"{name}: {'failed' if code else 'passed'} in {time.monotonic() - started:.0f} s")
    # At once, because another scenario may end meanwhile.
    sys.stdout.write("\n".join([*told, ""]))
    sys.stdout.flush()
    return not code


def main() -> int:
    """Run them; exit code 1 when one failed."""
    if os.geteuid() or not shutil.which("podman"):
        raise SystemExit("cannot start nodes: that needs root and podman; install podman and run this as root")
    parser = argparse.ArgumentParser(description="Run scenarios of molecule on real k0s nodes.")
    parser.add_argument("scenario", nargs="*", help="names of folders; without any, all but those that take long")
    parser.add_argument("--all", action="store_true", help="those that take long, too")
    parser.add_argument("--action", default="test", help="an action of molecule, such as converge or destroy (default: test)")
    parser.add_argument("--hosts", type=Path, help="an inventory of machines that are there already; see molecule/vm/README.md")
    given = parser.parse_args()
    wanted = given.scenario or scenarios(given.all)
    make_image()
    try:
        binaries = make_binaries()
    except build_servers.BuildError as exc:
        raise SystemExit(str(exc)) from None
    variables = environment() | {
        "HOMELAB_MOLECULE_BINARIES": str(binaries),
        "HOMELAB_MOLECULE_COLLECTIONS": str(foreign_collections.fetch(build_servers.cache_dir() / "collections")),
        "HOMELAB_MOLECULE_HELM": helm(),
        "HOMELAB_MOLECULE_METALLB": str(metallb_source()),
        "HOMELAB_MOLECULE_LONGHORN": str(longhorn_source()),
        "HOMELAB_MOLECULE_ARGOCD": str(build_servers.module_source("argo", "github.com/argoproj/argo-cd/v3")),
    }
    if given.hosts:
        variables |= {"HOMELAB_MOLECULE_HOSTS": str(given.hosts.resolve()), "HOMELAB_MOLECULE_MACHINES": "given"}
    before = read_sysctls()
    try:
        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as pool:
            runs = [pool.submit(run_scenario, name, given.action, variables, quiet=len(wanted) > 1) for name in wanted]
        passed = [run.result() for run in runs]
    finally:
        # Stays where nodes that somebody keeps for a look are still in it.
        podman("network", "rm", NETWORK)
        for path, text in before.items():
            path.write_text(text, encoding="ascii")
    return int(not all(passed))


if __name__ == "__main__":
    sys.exit(main())
