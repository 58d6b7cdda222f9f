# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo tier: the Proxmox VE stand-in and the replay server in threads of this process, and a lab file that names them.

with demo_lab(tmp_path, faults=Faults(kubernetes="down")) as lab:
    run_the_audit(lab.lab_file)
    assert lab.proxmox_requests
"""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import typing as t
from pathlib import Path

from lab import kube_api, lab_files, replay
from lab.certificates import make_certificates
from lab.fakepve_server import AuditPve, running_pve
from lab.kube_api import Object
from lab.replay import Replay, running_replay

K0S_RECORDINGS = replay.RECORDINGS.parent / "k0s"
SECTIONS = ("proxmox", "kubernetes", "k0s", "repository")

# The parts of a lab that are optional, and the API group by which each is known.
PARTS = {"argocd": "argoproj.io", "longhorn": "longhorn.io", "metallb": "metallb.io", "metrics": replay.METRICS}

ProxmoxFault = t.Literal[
    "",
    "down",
    "unauthorized",
    "expired",
    "empty",
    "noagent",
    "bad_ca",
    "unreadable_ca",
    "hang",
    "silent_host",
    "hung_agent",
    "vanishing_guest",
]
KubernetesFault = t.Literal["", "down", "unauthorized", "bad_ca", "hang", "no_kubeconfig", "metrics_broken", "k3s"]
_SILENT_HOST = "raiden"
_SICK_GUEST = "k3s-worker-1"
RepositoryFault = t.Literal["", "missing", "no_git"]


@dataclasses.dataclass(frozen=True)
class Faults:
    """What is wrong with the lab from the start; the switches of ``lab.pve`` and ``lab.kube`` change it later.

    proxmox: nothing listens; a token that is unknown, expired, without any ACL, or without the right to ask guest agents; an
    authority that did not sign the certificate, or a file that is not there; no answers; the host raiden does not answer; the
    agent of k3s-worker-1 hangs; the same guest is listed and then gone. kubernetes: likewise; metrics-server does not answer; it
    is a cluster of k3s. absent: parts of the lab (PARTS) that are not installed. forbidden and missing: names of kinds that
    answer 403 and 404, as in Replay. proxmox_forbidden: path templates such as "/cluster/status". slow: seconds that every
    answer takes.
    """

    proxmox: ProxmoxFault = ""
    kubernetes: KubernetesFault = ""
    repository: RepositoryFault = ""
    forbidden: t.Collection[str] = ()
    missing: t.Collection[str] = ()
    proxmox_forbidden: t.Collection[str] = ()
    absent: t.Collection[str] = ()
    slow: float = 0.0


@dataclasses.dataclass
class DemoLab:
    """A running demo lab. config: the content of the lab file; change it and call write()."""

    folder: Path
    config: lab_files.Config
    pve: AuditPve
    kube: Replay
    kube_url: str

    @property
    def lab_file(self) -> Path:
        """The lab file."""
        return self.folder / "lab.yml"

    @property
    def repository(self) -> Path:
        """The Git checkout."""
        return self.folder / "repository"

    @property
    def proxmox_requests(self) -> list[Object]:
        """The witness of Proxmox: method, path, user, status of every request so far."""
        return list(self.pve.log)

    @property
    def kube_requests(self) -> list[Object]:
        """The witness of Kubernetes: method, path, query, user, status of every request so far."""
        return list(self.kube.log)

    def write(self) -> None:
        """Write the lab file again."""
        lab_files.write_lab_file(self.lab_file, self.config)


@contextlib.contextmanager
def demo_lab(
    folder: Path, *, faults: Faults = Faults(), sections: t.Collection[str] = SECTIONS, ports: tuple[int, int] = (0, 0)
) -> t.Iterator[DemoLab]:
    """Start the servers and write everything into ``folder``, which must exist.

    sections: what the lab file names. ports: of Proxmox and of Kubernetes; 0 takes a free one.
    """
    with contextlib.ExitStack() as stack:
        pve, pve_certificates = stack.enter_context(running_pve(folder, port=ports[0]))
        kube, kube_url, kube_certificates = stack.enter_context(running_replay(folder, port=ports[1]))
        lab = DemoLab(folder, {}, pve, kube, kube_url)
        kubeconfig = folder / "kubeconfig.yml"
        kube_api.write_kubeconfig(kubeconfig, kube_url, kube_certificates.ca, {"token": kube.token})
        if "proxmox" in sections:
            lab.config["proxmox"] = [lab_files.proxmox_entry(pve.port, pve_certificates.ca)]
        if "kubernetes" in sections:
            lab.config["kubernetes"] = [{"name": "lab", "kubeconfig": str(kubeconfig)}]
        if "repository" in sections:
            lab.config["repository"] = {"name": "celestia", "path": str(lab.repository)}
        lab.config["audit"] = {"banner": "DEMO LAB"}
        if "k0s" in sections:
            local = {"connection": "local", "become": False}
            lab.config["k0s"] = {
                "hosts": [{"name": host.name, "recording": str(host), **local} for host in sorted(K0S_RECORDINGS.glob("*"))]
            }
        _break_proxmox(lab, faults, stack)
        _break_kubernetes(lab, faults, stack)
        if faults.repository != "missing":
            lab_files.make_checkout(lab.repository, git=faults.repository != "no_git")
        lab.write()
        yield lab


def _break_proxmox(lab: DemoLab, faults: Faults, stack: contextlib.ExitStack) -> None:
    lab.pve.forbidden.update(dict.fromkeys(faults.proxmox_forbidden))
    lab.pve.hang_all = 3600 if faults.proxmox == "hang" else faults.slow
    if faults.proxmox == "silent_host":
        lab.pve.silent_nodes.add(_SILENT_HOST)
    elif faults.proxmox == "hung_agent":
        lab.pve.named(_SICK_GUEST).agent_hangs = True
    elif faults.proxmox == "vanishing_guest":
        lab.pve.vanished.add(lab.pve.named(_SICK_GUEST).vmid)
    for entry in lab.config.get("proxmox", []):
        if faults.proxmox == "down":
            entry["api_host"] = [f"127.0.0.1:{stack.enter_context(_silent_port())}"]
        elif faults.proxmox in ("expired", "empty", "noagent"):
            entry.update(lab_files.proxmox_entry(lab.pve.port, Path(entry["ca_path"]), faults.proxmox))
        elif faults.proxmox == "unauthorized":
            lab.pve.apitokens.clear()
        elif faults.proxmox == "bad_ca":
            entry["ca_path"] = str(make_certificates(lab.folder, "stranger").ca)
        elif faults.proxmox == "unreadable_ca":
            entry["ca_path"] = str(lab.folder / "no-such-ca.pem")


def _break_kubernetes(lab: DemoLab, faults: Faults, stack: contextlib.ExitStack) -> None:
    lab.kube.forbidden |= set(faults.forbidden)
    lab.kube.missing |= set(faults.missing)
    lab.kube.absent_groups |= {PARTS[part] for part in faults.absent}
    lab.kube.metrics_broken = faults.kubernetes == "metrics_broken"
    lab.kube.distribution = "k3s" if faults.kubernetes == "k3s" else "k0s"
    lab.kube.delay = 3600 if faults.kubernetes == "hang" else faults.slow
    kubeconfig = lab.folder / "kubeconfig.yml"
    if faults.kubernetes == "down":
        text = kubeconfig.read_text(encoding="utf-8")
        kubeconfig.write_text(
            text.replace(lab.kube_url, f"https://127.0.0.1:{stack.enter_context(_silent_port())}"), encoding="utf-8"
        )
    elif faults.kubernetes == "unauthorized":
        lab.kube.unauthorized = True
    elif faults.kubernetes == "bad_ca":
        stranger = make_certificates(lab.folder, "stranger").ca
        kube_api.write_kubeconfig(kubeconfig, lab.kube_url, stranger, {"token": lab.kube.token})
    elif faults.kubernetes == "no_kubeconfig":
        kubeconfig.unlink()


@contextlib.contextmanager
def _silent_port() -> t.Iterator[int]:
    """A port that is taken and that nothing answers on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
