# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real tier of the test bed: up, down, status, enter.

A k0s controller with etcd, kube-apiserver, controller-manager and scheduler; two nodes simulated by kwok and measured by
metrics-server; Argo CD, which makes the demo lab of its repository and charts; and the Proxmox VE stand-in. All but the last
live in name spaces of their own: a network that leads nowhere, in which the controller has its address; a host name; and /etc,
/run and /var/lib of its own, so that its files have their usual names and this machine stays as it is. "enter" runs a command
there. From outside, the API is reached on 127.0.0.1 only. Needs root, util-linux, iproute2, git and redis-server. Everything is
kept in one folder (HOMELAB_LAB_RUN, else below the cache) that "up" empties first.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shlex
import shutil
import socket
import sys
import time
import typing as t
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import argo, build_servers, cluster, inside, kube_api, lab_files, lab_sources, metrics
from lab.inside import BIN, BedError, enter_command
from lab.kube_api import KubeApi
from lab.lab_files import DEMO_LAB
from lab.processes import Processes, busy_ports, memory_bytes

PERMISSIONS = Path(__file__).resolve().parents[2] / "roles" / "audit" / "files" / "permissions" / "kubernetes"
API_PORT = 16443
PROXMOX_PORT = 18006
_TOKEN_SECONDS = 7 * 24 * 3600
_MARK = "this-is-a-test-bed"
_HIDDEN = ("etc", "run", "var/lib")
# Runs inside the new name spaces; $1 is the state folder, $2 the host name, $3 the addresses, the rest the command.
_ENTER_SCRIPT = """
set -eu
root=$1; hostname "$2"; ip link set lo up
for address in $3; do ip address add "$address/32" dev lo; done
shift 3
for folder in etc run var/lib; do mount --bind "$root/$folder" "/$folder"; done
exec "$@"
"""


def run_folder() -> Path:
    """Where the bed keeps what it runs with: HOMELAB_LAB_RUN, else below the cache of the built servers."""
    configured = os.environ.get("HOMELAB_LAB_RUN")
    return Path(configured).resolve() if configured else build_servers.cache_dir() / "run"


def up(folder: Path) -> None:
    """Start everything in an emptied folder; on any failure everything is stopped again."""
    programs = build_servers.programs()
    started = time.monotonic()
    with _one_at_a_time(folder):
        if Processes(folder).get("k0s"):
            raise BedError(f"the test bed already runs in {folder}; stop it with `make lab-down`")
        _check_machine(folder)
        _make_empty(folder)
        try:
            _start_controller(folder, programs)
            _start_proxmox(folder)
            with KubeApi(folder / "admin.conf") as api:
                _fill(folder, api, programs)
        except BaseException:
            Processes(folder).stop_all()
            raise
    print(f"test bed up in {time.monotonic() - started:.0f} s: {folder / 'lab.yml'}")


@contextlib.contextmanager
def _one_at_a_time(folder: Path) -> t.Iterator[None]:
    """Starts and stops at once would take the folder and the processes from each other."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise BedError(f"somebody else is starting or stopping the test bed in {folder}; wait for it") from exc
        yield


def _make_empty(folder: Path) -> None:
    """Only a folder that a test bed left is emptied, whatever HOMELAB_LAB_RUN says."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise BedError(f"cannot start the test bed in {folder}: it holds something else; name another folder with HOMELAB_LAB_RUN")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    (folder / _MARK).touch()


def _check_machine(folder: Path) -> None:
    if os.geteuid() != 0:
        raise BedError("cannot start the test bed: the k0s controller needs root")
    missing = [tool for tool in ("unshare", "nsenter", "mount", "ip", "git", "redis-server") if not shutil.which(tool)]
    if missing:
        raise BedError(f"cannot start the test bed: {', '.join(missing)} not found on PATH")
    busy = busy_ports((API_PORT, PROXMOX_PORT))
    if busy:
        raise BedError(f"cannot start the test bed: port {', '.join(map(str, busy))} on 127.0.0.1 is in use")
    if any(folder.is_relative_to(f"/{hidden}") for hidden in _HIDDEN):
        raise BedError(f"cannot start the test bed in {folder}: choose a folder outside /etc, /run and /var/lib")


def _start_controller(folder: Path, programs: dict[str, Path]) -> None:
    about = yaml.safe_load((DEMO_LAB / "k0s.yml").read_text(encoding="utf-8"))
    root = folder / "root"
    for name in ("etc/k0s", "run", "var/lib/k0s/bin"):
        (root / name).mkdir(parents=True)
    for name in ("hosts", "passwd", "group", "nsswitch.conf"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    for name, program in programs.items():
        (root / "var/lib/k0s/bin" / name).symlink_to(program)
    for name in argo.PARTS:
        (root / "var/lib/k0s/bin" / name).symlink_to(programs["argocd"])
    with (root / "etc/hosts").open("a", encoding="utf-8") as hosts:
        hosts.write(f"127.0.0.1 {' '.join([*lab_sources.host_names(), *metrics.node_names()])}\n")
    shutil.copy(DEMO_LAB / "audit-policy.yml", root / "etc/k0s")
    (folder / "kube-audit.log").symlink_to(root / "var/lib/k0s/kube-audit.log")
    (root / "etc/k0s/k0s.yaml").write_text(yaml.safe_dump(about["config"], sort_keys=False), encoding="utf-8")
    command: list[str | Path] = [
        "unshare",
        "--mount",
        "--net",
        "--uts",
        "sh",
        "-c",
        _ENTER_SCRIPT,
        "sh",
        root,
        about["hostname"],
        f"{about['address']} {metrics.ADDRESS}",
    ]
    command += [f"{BIN}/k0s", "controller", "--config=/etc/k0s/k0s.yaml", *about["arguments"]]
    processes = Processes(folder)
    k0s = processes.start("k0s", command, env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder)})
    cluster.wait("the network of the cluster", lambda: "" if (root / "run/k0s").exists() else "k0s has not started", 10)
    _start_forwarder(folder)

    def missing() -> str:
        if not k0s.alive():
            raise BedError(f"k0s ended:\n{processes.log('k0s')}")
        with KubeApi(_admin_kubeconfig(folder)) as api:
            return cluster.missing_control_plane(api, about["hostname"])

    cluster.wait("the control plane", missing, 60)


def _start_forwarder(folder: Path) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", API_PORT))
        listener.listen()
        script = Path(__file__).with_name("forward.py")
        command: list[str | Path] = [*enter_command(folder), sys.executable, script, str(listener.fileno()), "127.0.0.1", "6443"]
        Processes(folder).start("forwarder", command, pass_fds=(listener.fileno(),))


def _admin_kubeconfig(folder: Path) -> Path:
    """A copy of k0s' own admin.conf that names the address the API server listens on."""
    target = folder / "admin.conf"
    text = (folder / "root/var/lib/k0s/pki/admin.conf").read_text(encoding="utf-8")
    target.touch(mode=0o600)
    target.write_text(text.replace("https://localhost:6443", f"https://127.0.0.1:{API_PORT}"), encoding="utf-8")
    return target


def _start_proxmox(folder: Path) -> None:
    (folder / "pve").mkdir()
    script = Path(__file__).with_name("fakepve_server.py")
    Processes(folder).start("fakepve", [sys.executable, script, folder / "pve", "--port", str(PROXMOX_PORT)])


def _fill(folder: Path, api: KubeApi, programs: dict[str, Path]) -> None:
    live = DEMO_LAB / "kubernetes"
    # Before kwok, which fills in what it does not find in a new node.
    cluster.apply(api, map(metrics.measured, cluster.read_manifests(live / "nodes.yml")))
    _start_kwok(folder, programs["kwok"])
    lab_files.make_checkout(folder / "repository")
    lab_sources.serve(folder, programs["helm"])
    argo.set_up(api)
    own_turn = {live / name for name in ("nodes.yml", "status.yml", "events.yml")}
    others = cluster.read_manifests(*sorted(set(live.iterdir()) - own_turn))
    pending = cluster.Pending(api, others, cluster.read_manifests(live / "status.yml"))
    # Volumes have to be there before Argo CD brings the claims.
    pending.missing()
    metrics.start(folder)
    argo.start(folder)
    cluster.apply(api, cluster.read_manifests(argo.BOOTSTRAP))
    _write_identity(folder, api)
    lab_files.write_lab_file(folder / "lab.yml", lab_config(folder))
    _wait_for_the_lab(folder, api, pending)
    tell_events(api)


def tell_events(api: KubeApi) -> None:
    """Let the events of the demo lab happen now; the API server forgets events after an hour."""
    cluster.apply(api, map(cluster.happened_now, cluster.read_manifests(DEMO_LAB / "kubernetes" / "events.yml")))


def _wait_for_the_lab(folder: Path, api: KubeApi, pending: cluster.Pending) -> None:
    applications = argo.Applications(api)
    cluster.wait("the Applications", lambda: "; ".join(filter(None, (pending.missing(), applications.unhealthy()))), 120)
    # As in a real lab, it begins when MetalLB runs.
    inside.start(folder, "ca-rotator", [sys.executable, Path(__file__).with_name("ca_rotator.py"), inside.KUBECONFIG])
    cluster.wait("the demo lab", lambda: applications.missing() or cluster.missing_workloads(api) or metrics.missing(api), 240)


def _start_kwok(folder: Path, kwok: Path) -> None:
    source = build_servers.module_source("kwok", "sigs.k8s.io/kwok") / "kustomize"
    stages = source / "stage"
    configs = [stages / "node/fast/node-initialize.yaml", stages / "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml"]
    configs += [stages / f"pod/fast/pod-{stage}.yaml" for stage in ("ready", "complete", "delete")]
    configs += metrics.kwok_configs(folder, source / "metrics")
    command: list[str | Path] = [kwok, f"--kubeconfig={inside.KUBECONFIG}", "--manage-all-nodes=true"]
    # Without leases the controllers would give the nodes up after 50 seconds.
    command += ["--node-lease-duration-seconds=40", *metrics.KWOK_ARGUMENTS]
    command += [*(word for file in configs for word in ("--config", file))]
    inside.start(folder, "kwok", command)


def _write_identity(folder: Path, api: KubeApi) -> None:
    """The kubeconfig of the shipped least-privilege identity, with a real token."""
    shipped = cluster.read_manifests(PERMISSIONS)
    cluster.apply(api, shipped)
    account = next(item for item in shipped if item["kind"] == "ServiceAccount")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _TOKEN_SECONDS}}
    token = api.call("POST", f"{api.path_of(account)}/token", request)["status"]["token"]
    ca = folder / "root/var/lib/k0s/pki/ca.crt"
    kube_api.write_kubeconfig(folder / "audit.conf", f"https://127.0.0.1:{API_PORT}", ca, {"token": token})


def lab_config(folder: Path) -> lab_files.Config:
    """The sections of the lab file for a bed in a folder."""
    return {
        "proxmox": [lab_files.proxmox_entry(PROXMOX_PORT, folder / "pve" / "pve-ca.crt")],
        "kubernetes": [{"name": "lab", "kubeconfig": str(folder / "audit.conf")}],
        "k0s": {"ssh": True, "hosts": [_k0s_host(folder)]},
        "repository": {"name": "celestia", "path": str(folder / "repository")},
        "audit": {"banner": "TEST BED"},
    }


def _k0s_host(folder: Path) -> lab_files.Config:
    """The controller as a local host: a program that asks k0s in its name spaces, and its data directory as seen from here."""
    program = folder / "k0s"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(enter_command(folder))} {BIN}/k0s "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    about = yaml.safe_load((DEMO_LAB / "k0s.yml").read_text(encoding="utf-8"))
    return {
        "name": about["hostname"],
        "address": about["address"],
        "connection": "local",
        "become": False,
        "k0s_binary": str(program),
        "data_dir": str(folder / "root/var/lib/k0s"),
    }


def down(folder: Path) -> None:
    """Stop everything; logs and data stay until the next start."""
    with _one_at_a_time(folder):
        Processes(folder).stop_all()
    print(f"test bed down; logs are in {folder}")


def status(folder: Path) -> bool:
    """Print what runs; whether everything does."""
    processes = Processes(folder).all()
    for process in processes:
        state = f"runs, process {process.pid}, {memory_bytes([process]) / 1024**2:.0f} MiB" if process.alive() else "ended"
        print(f"{process.name}: {state}")
    if not processes:
        print(f"no test bed in {folder}")
    return bool(processes) and all(process.alive() for process in processes)


def main() -> int:
    """Exit code 1 with one message when it does not work, or when status finds something missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("action", choices=("up", "down", "status", "enter"))
    parser.add_argument("command", nargs=argparse.REMAINDER, help="for enter: the command")
    arguments = parser.parse_args()
    folder = run_folder()
    try:
        if arguments.action == "up":
            up(folder)
        elif arguments.action == "down":
            down(folder)
        elif arguments.action == "enter":
            command = [*enter_command(folder), *(arguments.command or ["sh"])]
            os.execvp(command[0], command)
        else:
            return 0 if status(folder) else 1
    except (BedError, build_servers.BuildError, RuntimeError) as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
