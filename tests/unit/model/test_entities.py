# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one source alone gives."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from unit.model.builders import by_name, kubernetes, lab, node, proxmox, qemu, workload

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.cluster import platform_namespace
from ansible_collections.homelab.deepdive.plugins.module_utils._lab.workloads import mutable_image


@pytest.mark.parametrize(
    ("image", "mutable"),
    [
        ("nginx", True),
        ("nginx:latest", True),
        ("nginx:latest-alpine", True),
        ("nginx:1.25", False),
        ("registry.test:5000/nginx", True),
        ("registry.test:5000/nginx:1.25", False),
        ("nginx:latest@sha256:abc", False),
        ("nginx:latest-alpine@sha256:abc", False),
        ("app:main", True),
        ("app:maintenance-3", False),
        ("app:Nightly", True),
    ],
)
def test_mutable_images(image: str, mutable: bool) -> None:
    assert mutable_image(image) is mutable


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("kube-system", True),
        ("longhorn-system", True),
        ("argocd", True),
        ("default", False),
        ("media", False),
        ("monitoring", False),
        ("democratic-csi", True),
        ("csi-nfs", True),
    ],
)
def test_platform_namespaces(name: str, platform: bool) -> None:
    assert platform_namespace(name) is platform


CONFIG = {
    "scsi0": "local-lvm:vm-101-disk-0,iothread=1,size=60G",
    "virtio1": "/dev/disk/by-id/ata-X,size=1T",
    "ide2": "local:iso/debian.iso,media=cdrom,size=600M",
    "ide0": "local-lvm:vm-101-cloudinit,size=4M",
    "scsihw": "virtio-scsi-single",
    "net0": "virtio=bc:24:11:00:00:01,bridge=vmbr0",
    "ipconfig0": "ip=192.0.2.21/24,gw=192.0.2.1",
    "smbios1": "uuid=2C3B1F9E-0000-4000-8000-0000000000A1",
    "agent": "enabled=1,fstrim_cloned_disks=1",
    "memory": "10000",
    "tags": "k8s;prod",
}
INTERFACES = [
    {"name": "eth0", "mac": "BC:24:11:00:00:01", "addresses": ["192.0.2.21", "fe80::1", "2001:db8::21"]},
    {"name": "docker0", "mac": "02:42:00:00:00:01", "addresses": ["172.17.0.1"]},
    {"name": "cali1", "mac": "EE:EE:EE:EE:EE:EE", "addresses": ["10.244.0.1"]},
]


def test_a_guest_from_its_configuration() -> None:
    guest = lab(proxmox(qemu(101, "worker", config=CONFIG, interfaces=INTERFACES, agent="answers"), not_backed_up=[]))["guests"][0]
    assert guest["id"] == "guest/home//101"
    assert guest["addresses"] == ["192.0.2.21", "2001:db8::21"]
    assert guest["disks"] == [
        {"device": "scsi0", "storage": "local-lvm", "bytes": 60 * 1024**3},
        {"device": "virtio1", "storage": None, "bytes": 1024**4},
    ]
    assert guest["memory_bytes"] == 10000 * 1024**2
    assert (guest["onboot"], guest["agent_enabled"], guest["agent_answers"], guest["backed_up"]) == (True, True, True, True)
    assert guest["uuid"] == "2c3b1f9e-0000-4000-8000-0000000000a1"
    assert guest["tags"] == ["k8s", "prod"]


def test_a_guest_without_configuration_keeps_its_unknowns() -> None:
    row = {"vmid": 7, "node": "pve1", "type": "qemu", "status": "unknown"}
    guest = lab(proxmox(row))["guests"][0]
    assert guest["name"] == "VM 7"
    assert not {"onboot", "uuid", "addresses", "agent_enabled", "memory_bytes", "template", "backed_up"} & set(guest)


def test_memory_of_guests_counts_what_runs_or_starts() -> None:
    stopped = qemu(2, "off", config={"onboot": 0}, status="stopped")
    starting = qemu(3, "later", config={"onboot": 1}, status="stopped")
    template = qemu(4, "template", config={"template": 1}, status="stopped")
    host = lab(proxmox(qemu(1, "on"), stopped, starting, template))["hosts"][0]
    assert host["guest_memory_bytes"] == 2 * 4 * 1024**3
    unread = {"vmid": 5, "node": "pve1", "type": "qemu", "status": "running"}
    assert "guest_memory_bytes" not in lab(proxmox(qemu(1, "on"), unread))["hosts"][0]


def test_a_standalone_host_has_no_quorum_to_lose() -> None:
    rows = [{"type": "node", "name": "pve1", "online": 1, "ip": "192.0.2.11"}]
    cluster = lab(proxmox(cluster_status=rows))["proxmox_clusters"][0]
    assert cluster["standalone"] is True
    assert "quorate" not in cluster
    assert "versions" not in cluster


SECURITY = {"capabilities": {"add": ["NET_ADMIN"]}, "privileged": True}
POD = {
    "containers": [
        {
            "name": "app",
            "image": "app",
            "securityContext": SECURITY,
            "ports": [{"containerPort": 80}],
            "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "vpn", "key": "k"}}}],
            "envFrom": [{"secretRef": {"name": "more"}}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "host", "mountPath": "/host"}],
        }
    ],
    "initContainers": [{"name": "first", "image": "init:1"}],
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "host", "hostPath": {"path": "/srv"}}],
}


def test_a_workload_with_everything() -> None:
    found = by_name(lab(kubernetes(deployments=[workload("app", spec=POD)]))["workloads"], "app")
    assert found["id"] == "deployment/lab/default/app"
    assert found["images"] == ["app", "init:1"]
    assert found["mutable_images"] == ["app"]
    assert found["added_capabilities"] == ["NET_ADMIN"]
    assert found["privileged"] is True
    assert found["host_paths"] == ["/srv"]
    assert found["claims"] == ["claim/lab/default/data"]
    assert found["secrets"] == ["more", "vpn"]
    assert found["containers"][0]["mounts"] == [
        {"path": "/data", "claim_id": "claim/lab/default/data", "source": "claim data"},
        {"path": "/host", "claim_id": None, "source": "host path /srv"},
    ]


def test_pods_lead_to_nodes_through_their_owners() -> None:
    def owned(kind: str, name: str, owner_kind: str, owner: str, **fields: t.Any) -> dict[str, t.Any]:
        metadata = {"name": name, "namespace": "default", "ownerReferences": [{"kind": owner_kind, "name": owner}]}
        return {"metadata": metadata, **fields}

    running = {"spec": {"nodeName": "n1", "containers": []}, "status": {"phase": "Running"}}
    model = lab(
        kubernetes(
            deployments=[workload("app")],
            replicasets=[owned("ReplicaSet", "app-1", "Deployment", "app")],
            pods=[
                owned("Pod", "app-1-x", "ReplicaSet", "app-1", **running),
                {"metadata": {"name": "alone", "namespace": "default"}, **running},
            ],
        )
    )
    assert by_name(model["workloads"], "app")["nodes"] == ["node/lab//n1"]
    assert by_name(model["workloads"], "alone")["kind"] == "Pod"
    assert len(model["workloads"]) == 2


def test_claims_of_a_stateful_set_are_found_by_their_names() -> None:
    sts = workload("db")
    sts["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}}]
    claims = [
        {"metadata": {"name": name, "namespace": "default"}} for name in ("data-db-0", "data-db-11", "data-db-x", "data-dbx-0")
    ]
    model = lab(kubernetes(statefulsets=[sts], persistentvolumeclaims=claims))
    assert model["workloads"][0]["claims"] == ["claim/lab/default/data-db-0", "claim/lab/default/data-db-11"]


def test_services_routes_and_their_endpoints() -> None:
    service = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"selector": {"app": "app"}, "ports": [{"port": 80}]}}
    ingress = {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "tls": [{"hosts": ["*.lab.test"]}],
            "rules": [
                {
                    "host": "a.lab.test",
                    "http": {"paths": [{"path": "/", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]},
                },
                {"http": {"paths": [{"backend": {"service": {"name": "gone", "port": {"name": "http"}}}}]}},
            ],
        },
    }
    endpoints = [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}]
    slices = [
        {
            "metadata": {"name": "web-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": endpoints,
        }
    ]
    model = lab(kubernetes(deployments=[workload("app")], services=[service], ingresses=[ingress], endpointslices=slices))
    (web,) = model["kube_services"]
    assert (web["ready_endpoint_count"], web["routed"], web["workloads"]) == (1, True, ["deployment/lab/default/app"])
    any_host, named = model["routes"]
    assert (named["host"], named["tls"], named["kube_service_exists"], named["port"]) == ("a.lab.test", True, True, "80")
    assert (any_host["host"], any_host["tls"], any_host["kube_service_exists"], any_host["port"]) == (None, False, False, "http")
    assert by_name(model["services"], "app")["hostnames"] == ["a.lab.test"]


@pytest.mark.parametrize(
    ("version", "groups", "distribution"),
    [
        ("v1.30.2+k0s", [], "k0s"),
        ("v1.34.4", [{"name": "autopilot.k0sproject.io"}], "k0s"),
        ("v1.31.1+k3s1", [], "k3s"),
        ("v1.31.1", [{"name": "apps"}], "other"),
        # It has the API groups of its relative.
        ("v1.30.2+rke2r1", [{"name": "k3s.cattle.io"}], "other"),
    ],
)
def test_distributions(version: str, groups: list[dict[str, t.Any]], distribution: str) -> None:
    model = lab(kubernetes(version=[{"gitVersion": version}], api_groups=groups))
    assert model["kube_clusters"][0]["distribution"] == distribution


def test_controllers_without_a_node_are_counted() -> None:
    control = {"metadata": {"name": "c1"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.20"}]}}
    lease = {"metadata": {"name": "k0s-ctrl-c2"}}
    model = lab(kubernetes(controlnodes=[control], leases=[lease], nodes=[node("w1")]))
    assert [controller["name"] for controller in model["controllers"]] == ["c1", "c2"]
    assert model["kube_clusters"][0]["controller_count"] == 2
    assert model["controllers"][0]["runs_workloads"] is False
    assert "controller_count" not in lab(kubernetes(unread="controlnodes", leases=[lease]))["kube_clusters"][0]


def test_a_controller_that_is_gone_is_no_second_one() -> None:
    def lease(name: str, time: str) -> dict[str, t.Any]:
        return {"metadata": {"name": f"k0s-ctrl-{name}"}, "spec": {"renewTime": time}}

    times = {"c1": "2026-02-27T18:00:00.123456Z", "c2": "2026-02-27T17:51:00.000000Z", "c3": "2026-02-27T17:50:00.000000Z"}
    objects = [{"metadata": {"name": name}} for name in (*times, "c4")]
    leases = [lease(name, time) for name, time in times.items()]
    model = lab(kubernetes(controlnodes=objects, etcdmembers=objects, leases=leases))
    assert {one["name"]: one.get("alive") for one in model["controllers"]} == {"c1": True, "c2": True, "c3": False, "c4": None}
    assert model["kube_clusters"][0]["controller_count"] == 3
    # All four still vote, so three must be left, and three are.
    votes = {(edge["to"].rsplit("/", 1)[-1], edge["min"]) for edge in model["edges"] if edge["group"] == "controllers"}
    assert votes == {("c1", 3), ("c2", 3), ("c4", 3)}


def test_other_distributions_count_nodes_with_the_role() -> None:
    master = node("m1")
    master["metadata"]["labels"] = {"node-role.kubernetes.io/control-plane": ""}
    model = lab(kubernetes(version=[{"gitVersion": "v1.31.1"}], nodes=[master]))
    assert model["kube_clusters"][0]["controller_count"] == 1


def test_network_storage_names_its_server() -> None:
    nfs = {"metadata": {"name": "media"}, "spec": {"nfs": {"server": "192.0.2.30", "path": "/pool"}}}
    attributes = {"server": "192.0.2.30", "share": "/pool"}
    csi = {"metadata": {"name": "more"}, "spec": {"csi": {"driver": "nfs.csi.test", "volumeAttributes": attributes}}}
    local = {"metadata": {"name": "local"}, "spec": {"local": {"path": "/disk"}, "capacity": {"storage": "1Gi"}}}
    share = {
        "metadata": {"name": "share"},
        "spec": {"csi": {"driver": "smb.csi.test", "volumeAttributes": {"source": "//nas/films"}}},
    }
    volumes = lab(kubernetes(persistentvolumes=[nfs, csi, local, share]))["volumes"]
    assert [(volume["backend"], volume["server"], volume["export"]) for volume in volumes] == [
        ("local", None, None),
        ("nfs", "192.0.2.30", "/pool"),
        ("nfs.csi.test", "192.0.2.30", "/pool"),
        ("smb.csi.test", "nas", "/films"),
    ]


def test_tasks_alone_are_no_service() -> None:
    job = {
        "metadata": {"name": "once", "namespace": "default", "labels": {}},
        "spec": {"template": workload("once")["spec"]["template"]},
    }
    backup = workload("backup")
    backup["metadata"]["labels"] = {"app.kubernetes.io/instance": "app"}
    model = lab(kubernetes(jobs=[job], cronjobs=[backup], deployments=[workload("app")]))
    (service,) = model["services"]
    assert service["workloads"] == ["cronjob/lab/default/backup", "deployment/lab/default/app"]


def with_memory(*resources: dict[str, t.Any]) -> dict[str, t.Any]:
    """A pod whose containers have these resources."""
    return {"containers": [{"name": f"c{number}", "image": "a:1", "resources": one} for number, one in enumerate(resources)]}


@pytest.mark.parametrize(
    ("resources", "request_bytes", "limit_bytes"),
    [
        ([{"requests": {"memory": "1Mi"}, "limits": {"memory": "2Mi"}}], 1024**2, 2 * 1024**2),
        ([{"requests": {"memory": "1Mi"}}], 1024**2, None),
        ([{"limits": {"memory": "2Mi"}}], 2 * 1024**2, 2 * 1024**2),
        ([{"limits": {"memory": "2Mi"}}, {"limits": {"memory": "1Mi"}}], 3 * 1024**2, 3 * 1024**2),
        ([{"limits": {"memory": "2Mi"}}, {"requests": {"cpu": "1"}}], None, None),
        ([{}], None, None),
        ([], None, None),
    ],
)
def test_memory_that_a_pod_may_use(resources: list[dict[str, t.Any]], request_bytes: int | None, limit_bytes: int | None) -> None:
    spec = with_memory(*resources) | {"initContainers": [{"name": "first", "image": "i:1"}]}
    found = lab(kubernetes(deployments=[workload("app", spec=spec)]))["workloads"][0]
    assert (found["memory_request_bytes"], found["memory_limit_bytes"]) == (request_bytes, limit_bytes)


@pytest.mark.parametrize(
    ("noun", "spec", "strategy"),
    [
        ("deployments", {}, "RollingUpdate"),
        ("deployments", {"strategy": {"type": "Recreate"}}, "Recreate"),
        ("statefulsets", {"updateStrategy": {"type": "OnDelete"}}, "OnDelete"),
        ("daemonsets", {"strategy": {"type": "Recreate"}}, "RollingUpdate"),
        ("jobs", {"strategy": {"type": "Recreate"}}, None),
    ],
)
def test_how_new_pods_replace_old_ones(noun: str, spec: dict[str, t.Any], strategy: str | None) -> None:
    item = workload("app")
    item["spec"].update(spec)
    assert lab(kubernetes(**{noun: [item]}))["workloads"][0]["strategy"] == strategy


def test_config_maps_of_a_workload() -> None:
    spec = {
        "containers": [
            {
                "name": "app",
                "image": "a:1",
                "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "k"}}}],
                "envFrom": [{"configMapRef": {"name": "two"}}, {"secretRef": {"name": "no"}}],
            }
        ],
        "volumes": [
            {"name": "v", "configMap": {"name": "three"}},
            {"name": "p", "projected": {"sources": [{"configMap": {"name": "four"}}, {"secret": {"name": "yes"}}]}},
        ],
        "imagePullSecrets": [{"name": "pull"}],
    }
    found = lab(kubernetes(deployments=[workload("app", spec=spec)]))["workloads"][0]
    assert found["config_maps"] == ["four", "one", "three", "two"]
    assert found["secrets"] == ["no", "pull", "yes"]


def test_a_storage_class_says_where_its_volumes_go() -> None:
    nfs = {
        "metadata": {"name": "nfs"},
        "provisioner": "nfs.csi.test",
        "parameters": {"server": "192.0.2.30", "share": "/pool", "mountPermissions": "0"},
        "mountOptions": ["nfsvers=4.1", "hard"],
        "reclaimPolicy": "Retain",
    }
    longhorn = {
        "metadata": {"name": "longhorn", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "driver.longhorn.io",
        "parameters": {"numberOfReplicas": "2"},
        "allowVolumeExpansion": True,
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    claims = [{"metadata": {"name": name, "namespace": "default"}, "spec": {"storageClassName": "nfs"}} for name in ("a", "b")]
    found = lab(kubernetes(storageclasses=[nfs, longhorn], persistentvolumeclaims=claims))["storage_classes"]
    assert found[0] == {
        "id": "storage_class/lab//longhorn",
        "name": "longhorn",
        "cluster": "lab",
        "provisioner": "driver.longhorn.io",
        "default": True,
        "reclaim_policy": "Delete",
        "parameters": {"numberOfReplicas": "2"},
        "server": None,
        "export": None,
        "replica_wanted_count": 2,
        "binding_mode": "WaitForFirstConsumer",
        "expandable": True,
        "mount_options": [],
        "claim_count": 0,
    }
    assert (found[1]["server"], found[1]["export"], found[1]["mount_options"]) == ("192.0.2.30", "/pool", ["nfsvers=4.1", "hard"])
    assert (found[1]["binding_mode"], found[1]["expandable"], found[1]["claim_count"]) == ("Immediate", False, 2)
    assert found[1]["replica_wanted_count"] is None


def test_only_a_running_guest_uses_memory() -> None:
    used = {"mem": 7, "cpu": 0.25}
    on, off = lab(proxmox(qemu(1, "on", **used), qemu(2, "off", status="stopped", **used)))["guests"]
    assert (on["memory_used_bytes"], on["cpu_used_ratio"]) == (7, 0.25)
    assert not {"memory_used_bytes", "cpu_used_ratio"} & set(off)


def test_a_source_says_when_it_was_read_and_that_no_secret_was_found() -> None:
    entry = kubernetes()
    entry.record = dataclasses.replace(entry.record, started="2026-01-02T03:04:06Z", leaks=2)
    found = lab(entry, proxmox())["sources"]
    assert [(one["started"], one["leak_count"]) for one in found] == [("2026-01-02T03:04:06Z", 2), (None, 0)]


@pytest.mark.parametrize(
    ("selector", "selected"),
    [({"app": "app"}, True), ({"app": "app", "tier": "web"}, False), ({"tier": "web", "app": "app"}, False), ({}, False)],
)
def test_a_service_selects_by_all_labels(selector: dict[str, str], selected: bool) -> None:
    service = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"selector": selector}}
    found = lab(kubernetes(deployments=[workload("app")], services=[service]))["kube_services"][0]
    assert found["workloads"] == (["deployment/lab/default/app"] if selected else [])


def test_a_mounted_config_map_tells_its_files() -> None:
    spec = {
        "containers": [
            {
                "name": "app",
                "image": "registry.test/app:1.2",
                "volumeMounts": [{"name": one, "mountPath": f"/{one}"} for one in ("few", "many", "unread")],
            }
        ],
        "volumes": [{"name": one, "configMap": {"name": one}} for one in ("few", "many", "unread")],
    }
    maps = [
        {"metadata": {"name": "few", "namespace": "web"}, "keys": ["a.conf", "b.conf"]},
        {"metadata": {"name": "many", "namespace": "web"}, "keys": list("abcde")},
        {"metadata": {"name": "unread", "namespace": "elsewhere"}, "keys": ["c.conf"]},
    ]
    model = lab(kubernetes(deployments=[workload("app", "web", spec)], configmaps=maps))
    mounts = model["workloads"][0]["containers"][0]["mounts"]
    assert [mount["source"] for mount in mounts] == ["config map few (a.conf, b.conf)", "config map many", "config map unread"]
