# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays of an answer, and what is masked in it."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import trim
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.guests import agent_enabled, guest_rows

REDACTOR = Redactor(b"key")
SECRET = "hunter2-Xq7Lw9Zb"


@pytest.mark.parametrize(
    "config",
    [
        {"description": f"login: admin\npassword: {SECRET}\n"},
        {"cipassword": SECRET},
        {"sshkeys": f"ssh-ed25519%20{SECRET}"},
        {"args": f"-fw_cfg name=opt/join,string={SECRET} -device vfio-pci"},
        {"args": f"-object secret,id=a,data={SECRET} 'unclosed"},
        {"smbios1": f"uuid=0d2c3a7e-5b1f-4c06-9a52-3f7d20100201,serial={SECRET}"},
        {"env": f"TZ=UTC\0DB_PASSWORD={SECRET}"},
        {"env": f"DB_PASSWORD=two words and {SECRET}"},
        {"lxc": [["lxc.environment", f"API_TOKEN={SECRET}"]]},
        {"cicustom": f"user=local:snippets/u.yml,meta=https://u:{SECRET}@host/x"},
        {"hookscript": f"local:snippets/hook.pl?token={SECRET}"},
        {"some-new-password": SECRET},
        {"nested": {"token": SECRET}},
    ],
)
def test_secrets_of_a_configuration_are_masked(config: dict[str, t.Any]) -> None:
    text = json.dumps(trim.guest_config(config, REDACTOR), ensure_ascii=False)
    assert SECRET not in text
    assert "«masked:" in text or "smbios1" in text


def test_a_variable_is_masked_to_its_end() -> None:
    [masked] = trim.guest_config({"env": "DB_PASSWORD=alpha bravo"}, REDACTOR)["env"]
    assert masked == f"DB_PASSWORD={REDACTOR.mask('alpha bravo')}"
    assert trim.guest_config({"env": "TZ=UTC\0LANG=C"}, REDACTOR) == {"env": ["TZ=UTC", "LANG=C"]}


def test_what_a_configuration_keeps() -> None:
    config = {
        "name": "db-9fA3kQ7zX1mB5vC8nD2w",
        "tags": "k0s;a9B3c7D1e5F9g3H7i1J5k9",
        "net0": "virtio=BC:24:11:5E:20:01,bridge=vmbr0",
        "scsi0": "/dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0AAAAAA,size=4T",
        "mp0": "local-zfs:subvol-110-disk-1,mp=/srv,size=8G",
        "memory": "2048",
        "onboot": 1,
        "vmgenid": "7b0f6d52-8a40-4f1e-b7aa-3f7d20100201",
    }
    assert trim.guest_config({**config, "digest": "abc"}, REDACTOR) == config
    assert trim.guest_config({"smbios1": "uuid=0D2C,serial=x,base64=1"}, REDACTOR) == {"smbios1": "uuid=0D2C"}
    assert trim.guest_config({"description": "Media pool, start by hand."}, REDACTOR) == {
        "description": "Media pool, start by hand."
    }
    kept = trim.guest_config({"args": "-device vfio -cpu host"}, REDACTOR)["args"].split()
    assert (kept[0], kept[2]) == ("-device", "-cpu")


@settings(deadline=None)
@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'\"\\"), min_size=12, max_size=40))
def test_no_value_of_qemu_arguments_survives(secret: str) -> None:
    secret = "q" + secret
    assert secret not in trim.guest_config({"args": f"-fw_cfg name=opt/x,string={secret} -append {secret}"}, REDACTOR)["args"]


def test_rows_lose_what_changes_by_itself() -> None:
    row = {
        "id": "qemu/100",
        "mem": 1,
        "maxmem": 2,
        "disk": 3,
        "uptime": 9,
        "cpu": 0.1,
        "netin": 5,
        "pressurecpusome": 0,
        "memhost": 1,
    }
    assert trim.resource(row) == {"id": "qemu/100", "mem": 1, "maxmem": 2, "disk": 3}
    assert trim.resource({**row, "type": "qemu"})["cpu"] == 0.1
    assert "cpu" not in trim.resource({**row, "type": "node"})
    assert trim.cluster_member({"name": "north", "local": 1, "online": 1}) == {"name": "north", "online": 1}
    status = {
        "cpuinfo": {"cpus": 8, "flags": "fpu", "mhz": "800"},
        "uptime": 1,
        "loadavg": ["1"],
        "idle": 0,
        "memory": {"total": 1},
    }
    assert trim.host_status(status) == {"cpuinfo": {"cpus": 8}, "memory": {"total": 1}}


def test_storages_and_backup_jobs() -> None:
    storage = {"storage": "nas", "type": "cifs", "server": "192.0.2.5", "username": "u", "password": SECRET, "digest": "d"}
    kept = trim.storage(storage, REDACTOR)
    assert kept == {"storage": "nas", "type": "cifs", "server": "192.0.2.5", "username": "u", "password": REDACTOR.mask(SECRET)}
    job = {"id": "b1", "vmid": "100,101", "comment": f"token={SECRET}", "next-run": 7, "prune-backups": {"keep-last": "3"}}
    kept = trim.backup_job(job, REDACTOR)
    assert kept == {"id": "b1", "vmid": "100,101", "comment": f"token={REDACTOR.mask(SECRET)}", "prune-backups": {"keep-last": "3"}}


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (
            {
                "name": "eth0",
                "hardware-address": "bc:24:11:00:00:01",
                "ip-addresses": [{"ip-address": "fe80::1%eth0"}, {"ip-address": "192.0.2.1"}],
            },
            {"name": "eth0", "mac": "BC:24:11:00:00:01", "addresses": ["192.0.2.1", "fe80::1"]},
        ),
        (
            {"name": "eth0", "hwaddr": "bc:24:11:00:00:02", "inet": "192.0.2.2/24", "inet6": "2001:db8::2/64"},
            {"name": "eth0", "mac": "BC:24:11:00:00:02", "addresses": ["192.0.2.2", "2001:db8::2"]},
        ),
        ({"name": "wg0"}, {"name": "wg0", "mac": None, "addresses": []}),
    ],
)
def test_interfaces(card: dict[str, t.Any], expected: dict[str, t.Any]) -> None:
    assert trim.interfaces_of_container([card]) == [expected]


def test_no_interfaces() -> None:
    for data in (None, {"error": {}}, ["eth0"]):
        assert trim.interfaces_of_agent(data) is None


@pytest.mark.parametrize(
    ("value", "enabled"),
    [
        (1, True),
        ("1", True),
        ("0", False),
        ("enabled=1,type=virtio", True),
        ("enabled=0,fstrim_cloned_disks=1", False),
        ("1,fstrim_cloned_disks=1", True),
        ("0,fstrim_cloned_disks=1", False),
        ("fstrim_cloned_disks=1,enabled=1", True),
        (None, False),
    ],
)
def test_agent_enabled(value: t.Any, enabled: bool) -> None:
    assert agent_enabled({} if value is None else {"agent": value}) is enabled


def test_guest_rows_leave_out_what_is_no_guest() -> None:
    good = {"type": "qemu", "vmid": 100, "node": "north"}
    rows = [good, {"type": "qemu", "vmid": "x", "node": "n"}, {"type": "qemu", "vmid": 1}, {"type": "node", "node": "north"}]
    assert guest_rows(rows) == [good]
