# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of the demo lab, read by the plugin in this process, and what becomes of it when something is wrong."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import inventory_loader
from ansible.template import Templar, trust_as_template
from lab.demo_tier import DemoLab, Faults, demo_lab

Variables = dict[str, t.Any]


class Read:
    """An inventory that was read, and the warnings that came with it."""

    def __init__(self, lab: DemoLab, cache: bool = False) -> None:
        self.warnings: list[str] = []
        self.data = InventoryData()
        plugin = inventory_loader.get("homelab.deepdive.lab")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(plugin.display), "warning", lambda display, text, *rest, **more: self.warnings.append(str(text)))
            plugin.parse(self.data, DataLoader(), str(lab.lab_file), cache=cache)
            if plugin.get_option("cache"):
                plugin.update_cache_if_changed()
            self.data.reconcile_inventory()
        # Every warning names the file.
        self.warnings = [text.replace(f"{lab.lab_file}: ", "") for text in self.warnings]

    @property
    def names(self) -> list[str]:
        return sorted(self.data.hosts)

    def group(self, name: str) -> list[str]:
        return sorted(host.name for host in self.data.groups[name].get_hosts())

    def variables(self, host: str) -> Variables:
        found = self.data.hosts[host].get_vars()
        return {name: value for name, value in found.items() if name.startswith(("lab_", "ansible_host"))}


def read(lab: DemoLab, **options: t.Any) -> Read:
    """The inventory with further options in the lab file."""
    lab.config.update(options)
    lab.write()
    return Read(lab)


def failure(lab: DemoLab, **options: t.Any) -> str:
    """What the plugin says when it does not give an inventory."""
    with pytest.raises(AnsibleParserError) as caught:
        read(lab, **options)
    return str(caught.value).replace(f"of {lab.lab_file} ", "")


def guest(lab: DemoLab, vmid: int) -> t.Any:
    return next(vm for vm in lab.pve.vms if vm.vmid == vmid)


@pytest.fixture
def lab(tmp_path: Path) -> t.Iterator[DemoLab]:
    with demo_lab(tmp_path, sections=("proxmox", "kubernetes")) as running:
        yield running


HALF = "cannot make the whole inventory (on_error: warn makes the rest of it): "
GRANT = "pveum acl modify / --users audit@pve --roles PVEAuditor && pveum acl modify / --tokens 'audit@pve!{}' --roles PVEAuditor"


def test_one_machine_is_one_host(lab: DemoLab) -> None:
    inventory = read(lab)
    assert inventory.warnings == []
    assert inventory.group("hosts") == ["aether", "raiden"]
    assert inventory.group("guests") == ["k3s-master-1", "k3s-worker-1", "k3s-worker-aether-0", "truenas-scale"]
    assert inventory.group("kube_controllers") == inventory.group("k0s_controllers") == ["k3s-master-1"]
    assert inventory.group("kube_workers") == inventory.group("k0s_workers") == ["k3s-worker-1", "k3s-worker-aether-0"]
    templates = ["debian-12-cloud", "ubuntu-2404-cloud", "ubuntu-2404-cloud-aether"]
    assert inventory.group("kind_template") == templates
    assert inventory.names == sorted([*inventory.group("hosts"), *inventory.group("guests"), *templates])
    assert inventory.group("host_raiden") == ["k3s-master-1", "k3s-worker-1"]
    assert inventory.group("status_running") == inventory.group("kind_qemu") == inventory.group("guests")
    assert inventory.group("tag_storage") == ["truenas-scale"]
    assert inventory.group("cluster_home") == sorted([*inventory.group("hosts"), *inventory.group("guests")])
    assert inventory.group("cluster_lab") == inventory.group("tag_k0s")


def test_a_guest_that_is_a_node_has_the_facts_of_both(lab: DemoLab) -> None:
    assert read(lab).variables("k3s-worker-1") == {
        "ansible_host": "192.168.1.211",
        "lab_address_source": "agent",
        "lab_addresses": ["192.168.1.211"],
        "lab_agent_answers": True,
        "lab_agent_enabled": True,
        "lab_carries": ["node"],
        "lab_cluster": "home",
        "lab_controller": None,
        "lab_cpu_count": 4,
        "lab_disk_bytes": 40 * 1024**3,
        "lab_distribution": "k0s",
        "lab_host": "raiden",
        "lab_kernel": "6.8.0-88-generic",
        "lab_kind": "qemu",
        "lab_kube_cluster": "lab",
        "lab_kubelet_version": "v1.34.4+k0s",
        "lab_macs": ["BC:24:11:5E:21:01"],
        "lab_memory_bytes": 10 * 1024**3,
        "lab_name": "k3s-worker-1",
        "lab_node": "k3s-worker-1",
        "lab_node_ready": True,
        "lab_node_roles": [],
        "lab_node_schedulable": True,
        "lab_onboot": True,
        "lab_os_image": "Ubuntu 24.04.3 LTS",
        "lab_pool": None,
        "lab_state": "running",
        "lab_tags": ["k0s", "production"],
        "lab_uuid": "0d2c3a7e-5b1f-4c06-9a52-3f7d20100211",
        "lab_vmid": 211,
    }


def test_where_addresses_come_from(lab: DemoLab) -> None:
    inventory = read(lab)
    found = {name: inventory.variables(name) for name in inventory.names}
    assert {name: (one.get("ansible_host"), one["lab_address_source"]) for name, one in found.items()} == {
        "aether": ("192.168.1.11", "cluster_status"),
        "raiden": ("192.168.1.12", "cluster_status"),
        "k3s-master-1": ("192.168.1.201", "agent"),
        "k3s-worker-1": ("192.168.1.211", "agent"),
        "k3s-worker-aether-0": ("192.168.1.212", "agent"),
        "truenas-scale": ("192.168.1.103", "cloud_init"),
        **dict.fromkeys(inventory.group("kind_template"), (None, "none")),
    }


def test_it_asks_only_for_what_it_needs_and_says_what_that_is(lab: DemoLab) -> None:
    read(lab)
    asked = {str(request["path"]) for request in lab.proxmox_requests}
    assert {path for path in asked if not path.startswith("/nodes/")} == {
        "/version",
        "/access/permissions",
        "/cluster/status",
        "/cluster/resources",
    }
    assert {path.rsplit("/", 1)[1] for path in asked if path.startswith("/nodes/")} == {"config", "network-get-interfaces"}
    assert {str(request["path"]).rsplit("/", 1)[1] for request in lab.kube_requests} == {
        *("version", "apis", "nodes", "persistentvolumes", "leases", "controlnodes", "etcdmembers"),
    }


def test_what_the_audit_gathers_does_not_matter(lab: DemoLab) -> None:
    lab.config["proxmox"][0]["gather"] = ["storages"]
    lab.config["kubernetes"][0]["gather"] = ["pods"]
    assert read(lab).group("kube_workers") == ["k3s-worker-1", "k3s-worker-aether-0"]


KUBE = "kubernetes/lab: "
PVE = "proxmox/home: "
LISTS = "system:serviceaccount:homelab-audit:homelab-audit"
BROKEN = {
    "proxmox down": (
        Faults(proxmox="down"),
        PVE + "cannot connect to {pve}: the connection was refused; what helps: check that the host is on, that api_host is right "
        "and that no firewall blocks the port",
        ["k3s-master-1", "k3s-worker-1", "k3s-worker-aether-0"],
    ),
    "token refused": (
        Faults(proxmox="unauthorized"),
        PVE + "cannot log in to proxmox 'home' as audit@pve!deepdive: no such token 'deepdive' for user 'audit@pve'; what helps: "
        "pveum user token add audit@pve deepdive --privsep 1, and write the secret that it prints into api_token_secret",
        ["k3s-master-1", "k3s-worker-1", "k3s-worker-aether-0"],
    ),
    "empty because not allowed": (
        Faults(proxmox="empty"),
        PVE
        + "cannot read guests: audit@pve!empty lacks VM.Audit on /vms, so they are left out; what helps: "
        + GRANT.format("empty"),
        ["aether", "k3s-master-1", "k3s-worker-1", "k3s-worker-aether-0", "raiden"],
    ),
    "nodes forbidden": (
        Faults(forbidden=["nodes"]),
        KUBE + f"cannot list nodes: {LISTS} may not; what helps: kubectl apply -f "
        f"roles/audit/files/permissions/kubernetes/audit-identity.yml, or add to a ClusterRole of {LISTS}: "
        'apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"]',
        ["aether", "k3s-master-1", "k3s-worker-1", "k3s-worker-aether-0", "raiden", "truenas-scale"],
    ),
}


@pytest.mark.parametrize(("faults", "words", "rest"), BROKEN.values(), ids=BROKEN.keys())
def test_half_of_a_lab_is_an_error_unless_it_is_wanted(faults: Faults, words: str, rest: list[str], tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=faults, sections=("proxmox", "kubernetes")) as lab:
        words = words.replace("{pve}", lab.config["proxmox"][0]["api_host"][0])
        assert failure(lab) == HALF + words
        inventory = read(lab, on_error="warn")
    assert words in inventory.warnings
    templates = inventory.group("kind_template") if "kind_template" in inventory.data.groups else []
    assert sorted(set(inventory.names) - set(templates)) == rest


def test_nodes_alone_are_machines_with_their_own_addresses(tmp_path: Path) -> None:
    with demo_lab(tmp_path, sections=("kubernetes",)) as lab:
        inventory = read(lab)
    assert inventory.warnings == []
    found = {name: inventory.variables(name) for name in inventory.names}
    assert {name: (one["lab_kind"], one["ansible_host"], one["lab_address_source"]) for name, one in found.items()} == {
        "k3s-master-1": ("controller", "192.168.1.201", "controller"),
        "k3s-worker-1": ("node", "192.168.1.211", "node"),
        "k3s-worker-aether-0": ("node", "192.168.1.212", "node"),
    }
    assert found["k3s-worker-1"]["lab_uuid"] == "0d2c3a7e-5b1f-4c06-9a52-3f7d20100211"
    assert "lab_controller" not in found["k3s-worker-1"]
    assert inventory.group("k0s_controllers") == ["k3s-master-1"]


def test_a_host_that_is_off_stays_in_and_is_told(lab: DemoLab) -> None:
    lab.pve.set_node_offline("raiden")
    inventory = read(lab)
    assert inventory.warnings == [
        PVE + "cannot read host raiden: the cluster says that it is offline; what helps: start raiden, or look at its network"
    ]
    assert inventory.group("status_offline") == ["raiden"]
    # Proxmox VE tells no more of its guests than their numbers; the nodes in them are known from Kubernetes.
    assert inventory.group("status_unknown") == ["VM-201", "VM-211", "VM-9000", "VM-9001"]
    assert inventory.group("kube_workers") == ["k3s-worker-1", "k3s-worker-aether-0"]
    assert "ansible_host" not in inventory.variables("VM-201")


@pytest.mark.parametrize(("static", "told"), [("ip=192.0.2.7/24", 0), ("ip=dhcp", 1)])
def test_a_silent_agent_matters_only_where_nothing_else_tells_an_address(static: str, told: int, tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(proxmox="noagent"), sections=("proxmox",)) as lab:
        guest(lab, 112).config["ipconfig0"] = static
        warnings = read(lab).warnings
    words = (
        PVE + "cannot read the addresses of 3 running guests from their agents: audit@pve!noagent lacks VM.GuestAgent.Audit; "
        "what helps: " + GRANT.format("noagent")
    )
    assert warnings == [words] * told


def test_less_rights_cost_the_facts_that_need_them(tmp_path: Path) -> None:
    with demo_lab(tmp_path, faults=Faults(proxmox_forbidden=["/cluster/status"]), sections=("proxmox",)) as lab:
        inventory = read(lab)
    assert inventory.warnings == [
        "proxmox/home: cannot read /cluster/status: audit@pve!deepdive lacks Sys.Audit on /; what helps: "
        + GRANT.format("deepdive")
    ]
    assert "ansible_host" not in inventory.variables("aether")
    assert inventory.variables("k3s-master-1")["ansible_host"] == "192.168.1.201"


HOSTILE = "{{ lookup('ansible.builtin.pipe', 'id') }}"


def test_text_of_the_lab_is_never_a_template(lab: DemoLab) -> None:
    machine = guest(lab, 100)
    machine.name = machine.config["name"] = HOSTILE
    machine.config["tags"] = "{{7*7}}"
    machine.config["description"] = HOSTILE
    inventory = read(lab, compose={"copied": "lab_name"}, keyed_groups=[{"key": "lab_tags", "prefix": "my"}])
    name = "lookup-ansible.builtin.pipe-id"
    variables = inventory.data.hosts[name].get_vars()
    templar = Templar(loader=DataLoader(), variables=variables)
    for variable, text in (("lab_name", HOSTILE), ("copied", HOSTILE), ("lab_tags", ["{{7*7}}"])):
        assert templar.template(trust_as_template(f"{{{{ {variable} }}}}")) == text
    assert inventory.group("tag___7_7__") == inventory.group("my___7_7__") == [name]
    assert [key for key, value in variables.items() if HOSTILE in str(value)] == ["lab_name", "copied"]


def test_two_machines_of_one_name_are_two_hosts(lab: DemoLab) -> None:
    guest(lab, 100).name = "k3s-worker-1"
    inventory = read(lab)
    assert {"k3s-worker-1-100", "k3s-worker-1-211"} < set(inventory.names)
    assert inventory.warnings == [
        "2 machines are called 'k3s-worker-1'; in the inventory guest 100 of home is k3s-worker-1-100, guest 211 of home is "
        "k3s-worker-1-211"
    ]


@pytest.mark.parametrize("name", ["guests", "all", "tag_storage", "localhost", "mine"])
def test_a_machine_that_is_called_like_a_group_does_no_harm(name: str, lab: DemoLab) -> None:
    guest(lab, 100).name = name
    inventory = read(lab, groups={"mine": "lab_vmid is defined and lab_vmid == 100"})
    assert inventory.group("mine") == [f"{name}-100"]
    assert inventory.warnings == [f"a machine is called '{name}', which is taken; in the inventory guest 100 of home is {name}-100"]


def test_constructed_options(lab: DemoLab) -> None:
    inventory = read(
        lab,
        compose={"ansible_user": "'root' if lab_kind == 'host' else 'ubuntu'", "alias": "inventory_hostname ~ '.lab'"},
        groups={"big": "lab_memory_bytes is defined and lab_memory_bytes > 8 * 1024 ** 3 and lab_kind == 'qemu'"},
        keyed_groups=[{"key": "lab_os_image | default('')", "prefix": "os"}],
    )
    assert inventory.data.hosts["aether"].get_vars()["ansible_user"] == "root"
    assert inventory.data.hosts["aether"].get_vars()["alias"] == "aether.lab"
    assert inventory.group("big") == ["k3s-worker-1", "k3s-worker-aether-0", "truenas-scale"]
    assert inventory.group("os_Ubuntu_24_04_3_LTS") == ["k3s-worker-1", "k3s-worker-aether-0"]
    with pytest.raises(AnsibleError, match="Could not set broken for host aether"):
        read(lab, compose={"broken": "lab_nothing_such"}, strict=True)


def test_a_preferred_network(lab: DemoLab) -> None:
    assert read(lab, address_preference=["192.168.1.0/24"]).variables("aether")["ansible_host"] == "192.168.1.11"
    assert "address_preference: 'home' is no network" in failure(lab, address_preference=["home"])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"on_eror": "warn"}, "unknown key 'on_eror' at the top level; did you mean 'on_error'?"),
        (
            {"proxmox": [], "kubernetes": [], "repository": {"path": "."}},
            "names no machines; add at least one of proxmox, kubernetes",
        ),
    ],
)
def test_what_is_wrong_with_the_file(config: Variables, words: str, lab: DemoLab) -> None:
    assert failure(lab, **config) == f"{lab.lab_file}: {words}"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *(("lab.yml", True), ("lab.yaml", True), ("home.lab.yml", True), ("home.deepdive.yml", True), ("home.deepdive.yaml", True)),
        *(("lab.example.yml", False), ("mylab.yml", False), ("lab.json", False), ("hosts.yml", False)),
    ],
)
def test_names_of_files(name: str, wanted: bool, tmp_path: Path) -> None:
    (tmp_path / name).write_text("plugin: homelab.deepdive.lab\n", encoding="utf-8")
    assert inventory_loader.get("homelab.deepdive.lab").verify_file(str(tmp_path / name)) is wanted


def test_a_cache_saves_requests_and_holds_no_secret(lab: DemoLab, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder)}
    first = read(lab, **options)
    count = len(lab.proxmox_requests) + len(lab.kube_requests)
    again = Read(lab, cache=True)
    assert len(lab.proxmox_requests) + len(lab.kube_requests) == count
    assert {name: again.variables(name) for name in again.names} == {name: first.variables(name) for name in first.names}
    (file,) = [path for path in folder.iterdir() if path.is_file()]
    text = file.read_text(encoding="utf-8")
    assert "k3s-worker-1" in text
    assert lab.config["proxmox"][0]["api_token_secret"] not in text
    assert "canary" not in text
    Read(lab, cache=False)
    assert len(lab.proxmox_requests) + len(lab.kube_requests) == 2 * count


def test_a_cache_that_somebody_wrote_to_brings_in_no_template(lab: DemoLab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.config["cache"] = True
    lab.write()
    host = {"name": "a", "groups": [], "variables": {"lab_name": trust_as_template("{{ 7 * 7 }}")}}
    plugin, data = inventory_loader.get("homelab.deepdive.lab"), InventoryData()
    kept = {plugin.get_cache_key(str(lab.lab_file)): {"format": 1, "warnings": [], "hosts": [host]}}
    monkeypatch.setattr("ansible.plugins.inventory.get_cache_plugin", lambda name, **options: kept)
    plugin.parse(data, DataLoader(), str(lab.lab_file))
    templar = Templar(loader=DataLoader(), variables=data.hosts["a"].get_vars())
    assert templar.template(trust_as_template("{{ lab_name }}")) == "{{ 7 * 7 }}"
    assert lab.proxmox_requests == []


def test_part_of_a_lab_is_not_cached(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    (tmp_path / "lab").mkdir()
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(folder), "on_error": "warn"}
    with demo_lab(tmp_path / "lab", faults=Faults(proxmox="unauthorized"), sections=("proxmox", "kubernetes")) as lab:
        read(lab, **options)
    assert not folder.exists() or not list(folder.iterdir())
