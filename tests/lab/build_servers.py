# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the servers of the real test bed, or of the nodes of molecule, from Go modules into a cache outside the checkout.

Standard library only: this runs before any virtual environment exists. Each program lands in its own folder of the cache,
named by a hash of everything that decides its bytes (module files, substitutions, flags, Go version), so a second run only
computes hashes. The Kubernetes stamp v1.34.4+k0s.0 means "source of the k0s 1.33 line, built against Kubernetes 1.34.4".
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

MODULES = Path(__file__).resolve().parent / "build"
KUBERNETES = "1.34.4"
OLDER = "1.34.3"
ETCD = "3.6.14"
ARGOCD = "3.2.3"
K0S_MODULE = "github.com/k0sproject/k0s"


@dataclasses.dataclass(frozen=True)
class Substitution:
    """One edit of a source file; ``count`` edits are expected, any other number stops the build."""

    path: str
    pattern: str
    replacement: str
    count: int = 1


# Needed to build the k0s 1.33 source against newer etcd without cgo; the reasons stand beside each edit.
K0S_SUBSTITUTIONS = (
    # etcdutl 3.6 returns the version of the snapshot too.
    Substitution("pkg/backup/etcd_unix.go", r"err = snapshot\.Save\(", "_, err = snapshot.SaveWithVersion("),
    # SQLite needs cgo; this bed stores in etcd only.
    Substitution("pkg/backup/sqlitedb_unix.go", r'\t"os"\n', ""),
    Substitution("pkg/backup/sqlitedb_unix.go", r'\t"github\.com/rqlite/rqlite/db"\n', ""),
    Substitution(
        "pkg/backup/sqlitedb_unix.go",
        r"(?s)(Backup\(\) \(StepResult, error\) \{\n).*?\n\}\n",
        r'\1\treturn StepResult{}, fmt.Errorf("this build has no SQLite")\n}\n',
    ),
    # The lease of the worker configuration carries the minor version of the Kubernetes that really runs.
    Substitution("pkg/constant/constant.go", r'KubernetesMajorMinorVersion = "1\.33"', 'KubernetesMajorMinorVersion = "1.34"'),
)


@dataclasses.dataclass(frozen=True)
class Program:
    """One executable: the wrapper module it is built in, its package, link-time stamps and build tags."""

    name: str
    module: str
    package: str
    stamps: tuple[str, ...] = ()
    tags: str = ""
    substitutions: tuple[Substitution, ...] = ()


_KUBE_STAMPS = (
    f"k8s.io/component-base/version.gitVersion=v{KUBERNETES}+k0s",
    "k8s.io/component-base/version.gitMajor=1",
    "k8s.io/component-base/version.gitMinor=34",
)


def _k0s(name: str, kubernetes: str) -> Program:
    """k0s that calls itself v``kubernetes``+k0s.0; the code is the same for every stamp."""
    stamps = (
        f"{K0S_MODULE}/pkg/build.Version=v{kubernetes}+k0s.0",
        f"{K0S_MODULE}/pkg/build.KubernetesVersion={kubernetes}",
        f"{K0S_MODULE}/pkg/build.EtcdVersion={ETCD}",
    )
    return Program(name, "k0s", K0S_MODULE, stamps, "noembedbins,osusergo", K0S_SUBSTITUTIONS)


# What the test bed of the audit runs.
PROGRAMS = (
    _k0s("k0s", KUBERNETES),
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3"),
    Program("kube-apiserver", "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", _KUBE_STAMPS),
    Program("kube-controller-manager", "kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", _KUBE_STAMPS),
    Program("kube-scheduler", "kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler", _KUBE_STAMPS),
    Program("kwok", "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
    # One program; it is the controller or the repository server by the name it is called by.
    Program("argocd", "argo", "github.com/argoproj/argo-cd/v3/cmd", (f"github.com/argoproj/argo-cd/v3/common.version={ARGOCD}",)),
    Program("helm", "helm", "helm.sh/helm/v3/cmd/helm"),
    Program("kustomize", "kustomize", "sigs.k8s.io/kustomize/kustomize/v5"),
    Program("metrics-server", "metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server"),
)
_CONTROLLER = ("k0s", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
# What the k0s nodes of molecule run: controllers as above, workers, an older k0s to upgrade from, and MetalLB in pods. Helm runs
# beside Ansible.
NODE_PROGRAMS = (
    *(program for program in PROGRAMS if program.name in (*_CONTROLLER, "helm")),
    _k0s("k0s-older", OLDER),
    Program("kubelet", "node", "k8s.io/kubernetes/cmd/kubelet", _KUBE_STAMPS),
    Program("kube-proxy", "node", "k8s.io/kubernetes/cmd/kube-proxy", _KUBE_STAMPS),
    Program("metallb-controller", "metallb", "go.universe.tf/metallb/controller"),
    Program("metallb-speaker", "metallb", "go.universe.tf/metallb/speaker"),
)
GROUPS = {"bed": PROGRAMS, "molecule": NODE_PROGRAMS}
NOUNS = {"bed": "test bed is", "molecule": "nodes of molecule are"}
COMMANDS = {"bed": "make lab-build", "molecule": "python3 tests/lab/build_servers.py --for molecule"}


class BuildError(RuntimeError):
    """Something that a person must mend before the servers can be built."""


def cache_dir() -> Path:
    """Where the servers are kept: ``HOMELAB_LAB_CACHE``, else below the user's cache folder."""
    configured = os.environ.get("HOMELAB_LAB_CACHE")
    if configured:
        return Path(configured)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homelab-deepdive" / "lab"


def program_path(program: Program, go_version: str) -> Path:
    """Where the executable of ``program`` stands or will stand in the cache."""
    digest = hashlib.sha256(repr((program, go_version, "trimpath,s,w,cgo0")).encode())
    for file in sorted((MODULES / program.module).iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return cache_dir() / "bin" / f"{program.name}-{digest.hexdigest()[:16]}" / program.name


def go_version() -> str:
    """The Go that would build, as ``go version`` prints it."""
    go = shutil.which("go")
    if go is None:
        raise BuildError("cannot build the servers of the test bed: there is no Go on PATH; install Go 1.26 or newer")
    return subprocess.run([go, "version"], check=True, capture_output=True, text=True).stdout.strip()


def programs(group: str = "bed") -> dict[str, Path]:
    """Path of every executable of one of GROUPS by name; raises BuildError when one has not been built."""
    version = go_version()
    paths = {program.name: program_path(program, version) for program in GROUPS[group]}
    missing = sorted(name for name, path in paths.items() if not path.exists())
    if missing:
        raise BuildError(f"the {NOUNS[group]} not built ({', '.join(missing)} missing): run `{COMMANDS[group]}`")
    return paths


def module_source(wrapper: str, path: str) -> Path:
    """The folder of Go module ``path`` in the module cache, in the version that wrapper module ``wrapper`` names.

    It holds what is not compiled: kwok's stages, the manifests of Argo CD, the CRDs of MetalLB and Longhorn.
    """
    folder = MODULES / wrapper
    _go(folder, "mod", "download", path)
    return Path(_go(folder, "list", "-m", "-f", "{{.Dir}}", path).strip())


def build_all(group: str) -> None:
    """Build what is missing of one of GROUPS, one program at a time, and print what each cost."""
    version = go_version()
    for program in GROUPS[group]:
        target = program_path(program, version)
        if target.exists():
            print(f"  {program.name}: kept", flush=True)
            continue
        started = time.monotonic()
        _build(program, target)
        print(f"  {program.name}: built in {time.monotonic() - started:.0f} s", flush=True)
    # Nothing is built of these; files are taken from them, and should not have to be fetched then.
    _go(MODULES / "crds", "mod", "download")


def _build(program: Program, target: Path) -> None:
    module = MODULES / program.module
    if program.substitutions:
        module = _module_with_edited_source(program)
    ldflags = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in program.stamps)])
    partial = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    tags = ["-tags", program.tags] if program.tags else []
    _go(module, "build", "-trimpath", "-ldflags", ldflags, *tags, "-o", str(partial), program.package)
    partial.rename(target)


def _module_with_edited_source(program: Program) -> Path:
    """A copy of the wrapper module beside an edited copy of the k0s source, in the cache."""
    work = cache_dir() / "src" / program.name
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(MODULES / program.module, work)
    # The wrapper replaces k0s by ./src, so the original is fetched through a module of its own.
    original = module_source("k0s-fetch", K0S_MODULE)
    source = work / "src"
    shutil.copytree(original, source, ignore=shutil.ignore_patterns("docs", "inttest"))
    for path in [source, *source.rglob("*")]:  # the module cache is read-only
        path.chmod(path.stat().st_mode | 0o200)
    for edit in program.substitutions:
        file = source / edit.path
        text, count = re.subn(edit.pattern, edit.replacement, file.read_text())
        if count != edit.count:
            raise BuildError(f"cannot edit {edit.path} of {K0S_MODULE}: {edit.pattern!r} stands there {count} times")
        file.write_text(text)
    return work


def _go(folder: Path, *arguments: str) -> str:
    env = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=mod" if arguments[0] == "list" else "-buildvcs=false"}
    done = subprocess.run(["go", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"`go {' '.join(arguments)}` failed in {folder}:\n{done.stderr.strip()}")
    return done.stdout


def main() -> int:
    """Build; exit code 1 with one message when that is not possible."""
    parser = argparse.ArgumentParser(description="Build servers from Go modules into a cache outside the checkout.")
    parser.add_argument("--for", dest="group", choices=sorted(GROUPS), default="bed", help="who needs them (default: bed)")
    group = parser.parse_args().group
    started = time.monotonic()
    try:
        build_all(group)
    except BuildError as exc:
        print(exc, file=sys.stderr)
        return 1
    print(f"servers in {cache_dir() / 'bin'} ({time.monotonic() - started:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
