# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo lab as a whole: its data fit together, its faults are what they say, and it leaves nothing behind."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml
from lab import lab_files, replay
from lab.cluster import read_manifests
from lab.demo_tier import PARTS, DemoLab, Faults, demo_lab
from lab.kube_api import KubeApi

ROOT = Path(__file__).resolve().parents[3]
DEMO = ROOT / "tests" / "lab" / "demo.py"
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - debug: {msg: "says {{ (lookup('file', audit_lab_file) | from_yaml).audit.banner }} {{ audit_dir | default('') }}"}
    - fail: {msg: enough}
      when: stop | default(false) | bool
"""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def manifest(kind: str, name: str) -> dict[str, t.Any]:
    """An object of the core group; Longhorn has nodes of its own."""
    found = read_manifests(lab_files.DEMO_LAB / "kubernetes", lab_files.DEMO_LAB / "repository" / "kubernetes")
    return next(item for item in found if (item["apiVersion"], item["kind"], item["metadata"]["name"]) == ("v1", kind, name))


def test_nodes_run_in_the_guests_that_have_their_uuid_and_address() -> None:
    guests = {
        guest["config"]["name"]: guest for guest in yaml.safe_load((lab_files.DEMO_LAB / "proxmox.yml").read_text())["guests"]
    }
    for name in ("k3s-worker-1", "k3s-worker-aether-0"):
        status = manifest("Node", name)["status"]
        assert guests[name]["config"]["smbios1"] == f"uuid={status['nodeInfo']['systemUUID']}"
        address = next(entry["address"] for entry in status["addresses"] if entry["type"] == "InternalIP")
        assert f"{address}/24" in guests[name]["agent"][0]["addresses"]
    controller = yaml.safe_load((lab_files.DEMO_LAB / "k0s.yml").read_text())
    assert f"{controller['address']}/24" in guests[controller["hostname"]]["agent"][0]["addresses"]
    server = manifest("PersistentVolume", "pvc-irminsul-records")["spec"]["csi"]["volumeAttributes"]["server"]
    assert f"ip={server}/24" in guests["truenas-scale"]["config"]["ipconfig0"]


def test_the_recorded_nodes_are_those_of_the_lab(kube: KubeApi) -> None:
    for node in kube.get("/api/v1/nodes")["items"]:
        assert node["status"]["nodeInfo"] == {
            **manifest("Node", node["metadata"]["name"])["status"]["nodeInfo"],
            "kubeProxyVersion": node["status"]["nodeInfo"]["kubeProxyVersion"],
        }


def test_the_checkout_is_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody else")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    (tmp_path / "config").write_text("[init]\n  defaultBranch = other\n[commit]\n  gpgSign = true\n[core]\n  autocrlf = true\n")
    for name in ("one", "two"):
        lab_files.make_checkout(tmp_path / name)
    monkeypatch.undo()
    commits = {git(tmp_path / name, "rev-parse", "HEAD") for name in ("one", "two")}
    assert len(commits) == 1
    assert git(tmp_path / "one", "symbolic-ref", "--short", "HEAD") == "main"
    assert git(tmp_path / "one", "status", "--short") == ""
    assert git(tmp_path / "one", "remote", "get-url", "origin").endswith("@git.home.example/lab/celestia.git")


def test_sections_and_the_lab_file(tmp_path: Path) -> None:
    with demo_lab(tmp_path, sections=("proxmox",)) as lab:
        content = yaml.safe_load(lab.lab_file.read_text())
    assert content.keys() == {"plugin", "proxmox", "audit"}
    assert content["audit"] == {"banner": "DEMO LAB"}
    assert lab.lab_file.stat().st_mode & 0o777 == 0o600


def test_a_lab_without_faults(lab: DemoLab, kube: KubeApi) -> None:
    content = yaml.safe_load(lab.lab_file.read_text())
    assert [host["name"] for host in content["k0s"]["hosts"]] == ["k3s-master-1"]
    assert (Path(content["k0s"]["hosts"][0]["recording"]) / "commands" / "status.json").is_file()
    assert content["kubernetes"][0]["kubeconfig"] == str(lab.folder / "kubeconfig.yml")
    assert kube.raw("GET", "/version").status == 200
    assert lab.kube_requests == [{"method": "GET", "path": "/version", "query": {}, "user": lab.kube.user, "status": 200}]
    assert lab.proxmox_requests == []


def connects(address: str) -> bool:
    host, port = address.rsplit("/", 1)[-1].split(":")
    try:
        socket.create_connection((host, int(port)), 2).close()
    except ConnectionRefusedError:
        return False
    return True


def test_servers_that_are_down(tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(proxmox="down", kubernetes="down")) as lab:
        content = yaml.safe_load(lab.lab_file.read_text())
        server = yaml.safe_load((tmp_path / "kubeconfig.yml").read_text())["clusters"][0]["cluster"]["server"]
        assert not connects(content["proxmox"][0]["api_host"][0])
        assert not connects(server)
        assert connects(lab.kube_url)


def test_kubernetes_faults(tmp_path: Path) -> None:
    def answer(faults: Faults) -> int:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with demo_lab(folder, faults=faults), KubeApi(folder / "kubeconfig.yml", timeout=0.5) as api:
            return api.raw("GET", "/api/v1/pods").status

    assert answer(Faults(kubernetes="unauthorized")) == 401
    assert answer(Faults(forbidden=["pods"])) == 403
    assert answer(Faults(missing=["pods"])) == 404
    assert answer(Faults(kubernetes="metrics_broken", absent=["argocd"])) == 200
    with pytest.raises(TimeoutError):
        answer(Faults(slow=5))
    with pytest.raises(ssl.SSLCertVerificationError):
        answer(Faults(kubernetes="bad_ca"))
    with pytest.raises(TimeoutError):
        answer(Faults(kubernetes="hang"))
    with pytest.raises(FileNotFoundError):
        answer(Faults(kubernetes="no_kubeconfig"))


def test_parts_that_are_not_installed(tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(absent=["argocd", "longhorn", "metallb", "metrics"])) as lab:
        with KubeApi(tmp_path / "kubeconfig.yml") as api:
            groups = {group["name"] for group in api.get("/apis")["groups"]}
        assert groups & set(PARTS.values()) == set()
        assert lab.kube.absent_groups == set(PARTS.values())


def test_another_distribution(tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(kubernetes="k3s")), KubeApi(tmp_path / "kubeconfig.yml") as api:
        assert api.get("/version")["gitVersion"].endswith("+k3s1")


def test_proxmox_faults(tmp_path: Path) -> None:
    def lab(faults: Faults) -> DemoLab:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with demo_lab(folder, faults=faults) as running:
            return running

    assert lab(Faults(proxmox="unauthorized")).pve.apitokens == {}
    for token in ("expired", "empty", "noagent"):
        assert lab(Faults(proxmox=token)).config["proxmox"][0]["api_token_id"] == token
    assert lab(Faults(proxmox="hang")).pve.hang_all > 60
    assert lab(Faults(slow=0.1)).pve.hang_all == 0.1
    assert lab(Faults(proxmox="silent_host")).pve.silent_nodes == {"raiden"}
    assert lab(Faults(proxmox="hung_agent")).pve.vm(211).agent_hangs
    assert lab(Faults(proxmox="vanishing_guest")).pve.vm(211) is None
    assert lab(Faults(proxmox_forbidden=["/cluster/status"])).pve.forbidden == {"/cluster/status": None}
    strange = lab(Faults(proxmox="bad_ca"))
    own = strange.folder / "pve-ca.crt"
    assert Path(strange.config["proxmox"][0]["ca_path"]).read_bytes() != own.read_bytes()
    assert not Path(lab(Faults(proxmox="unreadable_ca")).config["proxmox"][0]["ca_path"]).exists()


def test_repository_faults(tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(repository="no_git")) as lab:
        assert (lab.repository / "README.md").exists()
        assert not (lab.repository / ".git").exists()
    (tmp_path / "second").mkdir()
    with demo_lab(tmp_path / "second", faults=Faults(repository="missing")) as lab:
        assert lab.config["repository"]["path"] == str(lab.repository)
        assert not lab.repository.exists()


@pytest.mark.parametrize(("extra", "code"), [([], 0), (["--", "-e", "stop=true"], 2), (["-e", "stop=true"], 2)])
def test_run(tmp_path: Path, extra: list[str], code: int) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    command = [sys.executable, DEMO, "run", "--playbook", "play.yml", "--chdir", tmp_path, "--audit-dir", "report", *extra]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "temporary"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == code, done.stdout + done.stderr
    assert lines[0].startswith("Auditing the demo lab on loopback (Proxmox https://127.0.0.1:")
    assert lines[-1].startswith("That was the demo lab on loopback (Proxmox https://127.0.0.1:")
    assert "says DEMO LAB report" in done.stdout
    assert [path.name for path in (tmp_path / "temporary").iterdir() if "deepdive" in path.name] == []


def test_recordings_hold_no_keys() -> None:
    """Private keys of the machine that recorded; the one in a ConfigMap is a canary."""
    files = [file for file in replay.RECORDINGS.parent.rglob("*") if file.is_file()]
    assert [file.name for file in files if file.suffix == ".key"] == []
    holders = [file.name for file in files if b"PRIVATE KEY" in file.read_bytes()]
    assert holders == ["configmaps.json"]
