# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters of many kinds: what stands in for what, who serves a volume, and what pods show that their workloads do not."""

from __future__ import annotations

import typing as t

import pytest
from unit.model.builders import Item, application, by_name, kubernetes, lab, named, node, proxmox, qemu, resource, source, workload

from ansible_collections.homelab.deepdive.plugins.module_utils._lab.graph import Graph

STATUS = {"phase": "Bound"}


def roled(name: str, *roles: str) -> Item:
    """A node with these roles."""
    found = node(name, uuid="")
    found["metadata"]["labels"] = {f"node-role.kubernetes.io/{role}": "true" for role in roles}
    return found


def pod(name: str, on: str, owner: tuple[str, str] | None = None, phase: str = "Running", **spec: t.Any) -> Item:
    """A pod on a node, of an owner of this kind and name."""
    owners = [{"kind": owner[0], "name": owner[1]}] if owner else []
    metadata = {"name": name, "namespace": "default", "labels": {"app": name}, "ownerReferences": owners}
    containers = [{"name": "app", "image": "registry.test/db:1"}]
    return {"metadata": metadata, "spec": {"nodeName": on, "containers": containers, **spec}, "status": {"phase": phase}}


def volume(name: str, claim: str = "c", **spec: t.Any) -> Item:
    """A PersistentVolume that is bound to a claim."""
    return {"metadata": {"name": name}, "spec": {"claimRef": {"namespace": "default", "name": claim}, **spec}, "status": STATUS}


def claim(name: str, of: str) -> Item:
    """A claim that is bound to a volume."""
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"volumeName": of}, "status": STATUS}


def on_node(name: str, key: str = "kubernetes.io/hostname") -> Item:
    """The bond of a volume to a node."""
    return {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": key, "operator": "In", "values": [name]}]}]}}


def stopped(model: Item, *lost: str) -> set[str]:
    """Ids of what stops with these."""
    return Graph(model["edges"]).stopped_by(*lost) - set(lost)


@pytest.mark.parametrize(
    ("version", "roles", "enough", "too_few"),
    [
        ("v1.30.2+k3s1", ("control-plane", "etcd"), "a", "ab"),
        # A database elsewhere keeps the state of the cluster.
        ("v1.30.2+k3s1", ("control-plane",), "ab", "abc"),
        ("v1.30.2", ("control-plane",), "a", "ab"),
    ],
    ids=["k3s with etcd", "k3s with a database", "kubeadm"],
)
def test_how_many_controllers_are_enough(version: str, roles: tuple[str, ...], enough: str, too_few: str) -> None:
    model = lab(kubernetes(version=[{"gitVersion": version}], nodes=[roled(name, *roles) for name in "abc"]))
    cluster = "kube_cluster/lab//lab"
    assert cluster not in stopped(model, *(f"controller/lab//{name}" for name in enough))
    assert cluster in stopped(model, *(f"controller/lab//{name}" for name in too_few))


def test_claims_of_one_template_stand_in_for_each_other_and_local_volumes_stop_with_their_node() -> None:
    database = workload("db")
    database["spec"].update(replicas=2, volumeClaimTemplates=[{"metadata": {"name": "data"}}])
    model = lab(
        kubernetes(
            nodes=[node("n1"), node("n2")],
            statefulsets=[database],
            deployments=[workload("web", spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "own"}}]})],
            pods=[pod(f"db-{number}", f"n{number + 1}", ("StatefulSet", "db")) for number in (0, 1)],
            persistentvolumes=[
                volume("v0", "data-db-0", local={"path": "/d"}, nodeAffinity=on_node("n1")),
                volume("v1", "data-db-1", local={"path": "/d"}, nodeAffinity=on_node("n2", "topology.driver.test/node")),
                volume("v2", "own", hostPath={"path": "/d"}, nodeAffinity=on_node("n1")),
            ],
            persistentvolumeclaims=[claim("data-db-0", "v0"), claim("data-db-1", "v1"), claim("own", "v2")],
        )
    )
    assert by_name(model["volumes"], "v1")["node_ids"] == ["node/lab//n2"]
    lost = stopped(model, "node/lab//n1")
    assert {"volume/lab//v0", "claim/lab/default/data-db-0", "service/lab/default/web"} <= lost
    assert "service/lab/default/db" not in lost
    assert "service/lab/default/db" in stopped(model, "node/lab//n1", "node/lab//n2")


def test_the_node_of_a_volume_is_unknown_without_nodes() -> None:
    volumes = [
        volume("bound", nodeAffinity=on_node("n1")),
        volume("free", nodeAffinity=on_node("a", "topology.kubernetes.io/zone")),
    ]
    assert by_name(lab(kubernetes(persistentvolumes=volumes))["volumes"], "free")["node_ids"] == []
    unread = lab(kubernetes(persistentvolumes=[*volumes, volume("plain")], unread="nodes"))
    assert ["node_ids" in one for one in unread["volumes"]] == [False, False, True]


def test_a_service_does_not_stop_with_its_tasks() -> None:
    labels = {"app.kubernetes.io/instance": "app"}
    task = {
        "metadata": {"name": "backup", "namespace": "default", "labels": labels},
        "spec": {"template": {"spec": {"containers": []}}},
    }
    web = workload("web")
    web["metadata"]["labels"] = labels
    model = lab(
        kubernetes(nodes=[node("n1"), node("n2")], deployments=[web], jobs=[task], pods=[pod("b", "n1", ("Job", "backup"))])
    )
    assert stopped(model, "node/lab//n1") == {"job/lab/default/backup"}


@pytest.mark.parametrize(
    ("spec", "server", "guest", "host"),
    [
        ({"nfs": {"server": "nas.lan", "path": "/m"}}, "nas.lan", "guest/home//9", None),
        ({"nfs": {"server": "192.0.2.11", "path": "/m"}}, "192.0.2.11", None, "host/home//pve1"),
        ({"nfs": {"server": "pve1.lan", "path": "/m"}}, "pve1.lan", None, "host/home//pve1"),
        ({"iscsi": {"targetPortal": "192.0.2.11:3260", "iqn": "iqn.x"}}, "192.0.2.11", None, "host/home//pve1"),
        ({"csi": {"driver": "d", "volumeAttributes": {"portal": "[2001:db8::1]:3260"}}}, "2001:db8::1", None, None),
        ({"csi": {"driver": "d", "volumeAttributes": {"source": "//nas/share"}}}, "nas", "guest/home//9", None),
        ({"csi": {"driver": "rook-ceph.rbd.csi.ceph.com", "volumeAttributes": {"clusterID": "rook"}}}, None, None, None),
    ],
)
def test_who_serves_a_volume(spec: Item, server: str | None, guest: str | None, host: str | None) -> None:
    members = [{"type": "node", "name": "pve1", "online": 1, "ip": "192.0.2.11"}]
    home = proxmox(qemu(9, "nas"), cluster_status=members)
    model = lab(home, kubernetes(persistentvolumes=[volume("v", **spec)]))
    (found,) = model["volumes"]
    assert (found["server"], found["server_guest_id"], found["server_host_id"]) == (server, guest, host)
    assert ("volume/lab//v" in stopped(model, "host/home//pve1")) is bool(guest or host)


def test_that_no_host_serves_a_volume_is_unknown_without_their_addresses() -> None:
    volumes = [volume("v", nfs={"server": "192.0.2.11", "path": "/m"})]
    assert "server_host_id" not in lab(proxmox(qemu(9, "nas")), kubernetes(persistentvolumes=volumes))["volumes"][0]


def test_addresses_are_not_taken_for_names_with_a_domain() -> None:
    home = proxmox(qemu(9, "10"), qemu(8, "n1"))
    model = lab(home, kubernetes(nodes=[node("n1.lan", "10.0.0.5", uuid="")]))
    assert model["nodes"][0]["guest_id"] == "guest/home//8"


def test_pods_of_an_operator_are_a_workload_of_what_owns_them() -> None:
    pods = [
        pod("db-1", "n1", ("Cluster", "db")),
        pod("db-2", "n2", ("Cluster", "db")),
        pod("step", "n1", ("Workflow", "w"), phase="Succeeded"),
        pod("kube-apiserver-n1", "n1", ("Node", "n1")),
        pod("gone-x", "n1", ("Deployment", "gone")),
        pod("debug", "n1", phase="Succeeded"),
        pod("bare", "n1"),
    ]
    model = lab(kubernetes(nodes=[node("n1"), node("n2")], pods=pods))
    assert [one["id"] for one in model["workloads"]] == ["cluster/lab/default/db", "pod/lab/default/bare"]
    database = model["workloads"][0]
    assert (database["kind"], database["nodes"], database["images"]) == (
        "Cluster",
        ["node/lab//n1", "node/lab//n2"],
        ["registry.test/db:1"],
    )
    assert "service/lab/default/db" not in stopped(model, "node/lab//n1")


def limited(memory: str | None) -> list[Item]:
    """Containers with this limit."""
    return [{"name": "app", "image": "i:1", "resources": {"limits": {"memory": memory}} if memory else {}}]


def test_limits_that_a_limit_range_gave_count() -> None:
    pods = [
        pod("a-1", "n1", ("StatefulSet", "a"), containers=limited("1Gi")),
        pod("b-1", "n1", ("StatefulSet", "b"), containers=limited("1Gi")),
        pod("b-2", "n1", ("StatefulSet", "b"), containers=limited(None)),
    ]
    found = lab(kubernetes(nodes=[node("n1")], statefulsets=[workload("a"), workload("b")], pods=pods))["workloads"]
    assert [one["memory_limit_bytes"] for one in found] == [1024**3, None]
    assert [one["memory_request_bytes"] for one in found] == [1024**3, None]


def test_sidecars_need_memory_and_init_containers_do_not() -> None:
    inits: list[Item] = [{"name": "once", "image": "i:1"}]
    once = workload("once", spec={"containers": limited("1Gi"), "initContainers": inits})
    beside = workload("side", spec={"containers": limited("1Gi"), "initContainers": [{**inits[0], "restartPolicy": "Always"}]})
    found = lab(kubernetes(deployments=[once, beside]))["workloads"]
    assert [one["memory_limit_bytes"] for one in found] == [1024**3, None]


def test_the_node_of_the_largest_pod() -> None:
    pods = [pod("a-1", "n1", ("DaemonSet", "a")), pod("a-2", "n2", ("DaemonSet", "a"))]
    uses = [
        {
            "metadata": {"name": name, "namespace": "default"},
            "containers": [{"name": "app", "usage": {"cpu": "1m", "memory": memory}}],
        }
        for name, memory in (("a-1", "1Gi"), ("a-2", "3Gi"))
    ]
    (found,) = lab(kubernetes(daemonsets=[workload("a")], pods=pods, pod_metrics=uses))["workloads"]
    assert (found["memory_used_max_bytes"], found["memory_used_max_node_id"]) == (3 * 1024**3, "node/lab//n2")


def test_controllers_know_their_node() -> None:
    cluster = kubernetes(nodes=[roled("n1", "control-plane")], controlnodes=[{"metadata": {"name": "c1"}}])
    found = {one["name"]: one["node_id"] for one in lab(cluster)["controllers"]}
    assert found == {"c1": None, "n1": "node/lab//n1"}


@pytest.mark.parametrize(
    ("nouns", "known"),
    [
        ({"nodes": [node("C1", uuid="")]}, {"node_id": "node/lab//C1"}),
        ({"nodes": [node("n1", uuid="")]}, {"node_id": None}),
        ({"unread": "nodes"}, {}),
    ],
    ids=["a node", "no node", "nodes not read"],
)
def test_a_controller_that_only_its_host_tells_of_knows_its_node(nouns: dict[str, t.Any], known: Item) -> None:
    (found,) = lab(kubernetes(**nouns), source("k0s", "c1", {"status": [{"Role": "controller"}]}))["controllers"]
    assert {key: value for key, value in found.items() if key == "node_id"} == known


def test_a_k0s_host_whose_name_two_clusters_have_adds_nothing() -> None:
    clusters = [kubernetes(name, controlnodes=[{"metadata": {"name": "c1"}}]) for name in ("cabin", "home")]
    host = source("k0s", "c1", {"status": [{"Role": "controller", "Version": "v1.30.2+k0s.0"}]})
    assert ["k0s_version" in one for one in lab(*clusters, host)["controllers"]] == [False, False]
    assert lab(clusters[0], host)["controllers"][0]["k0s_version"] == "v1.30.2+k0s.0"


def test_two_clusters_with_equal_names_are_kept_apart() -> None:
    uuids = {"cabin": "2c3b1f9e-0000-4000-8000-0000000000c1", "home": "2c3b1f9e-0000-4000-8000-0000000000d1"}
    rows = [{"type": "node", "node": "pve1", "status": "online"}]
    guests = {
        name: qemu(1, "n1", config={"smbios1": f"uuid={uuid}", "ipconfig0": "ip=192.0.2.21/24"}) for name, uuid in uuids.items()
    }
    model = lab(
        *(source("proxmox", name, {"resources": rows, "hosts": [], "guests": [guests[name]]}) for name in uuids),
        *(kubernetes(name, nodes=[node("n1", uuid=uuid)]) for name, uuid in uuids.items()),
    )
    assert {one["id"]: one["guest_id"] for one in model["nodes"]} == {f"node/{name}//n1": f"guest/{name}//1" for name in uuids}
    assert stopped(model, "host/home//pve1") == {"guest/home//1", "node/home//n1"}


def test_the_old_annotation_makes_a_default_class_too() -> None:
    annotations = {"storageclass.beta.kubernetes.io/is-default-class": "true"}
    (found,) = lab(kubernetes(storageclasses=[{"metadata": {"name": "s", "annotations": annotations}, "provisioner": "p"}]))[
        "storage_classes"
    ]
    assert found["default"]


def test_replicas_on_guests_of_one_host_are_one_copy() -> None:
    home = proxmox(*(qemu(number, f"n{number}") for number in (1, 2, 3)))
    handle = volume("v", csi={"driver": "driver.longhorn.io", "volumeHandle": "v"})
    copies = [
        named(f"v-{number}", spec={"volumeName": "v", "nodeID": f"n{number}", "healthyAt": "2026-01-01T00:00:00Z"})
        for number in (1, 2, 3)
    ]
    nodes = [node(f"n{number}", f"192.0.2.2{number}", uuid="") for number in (1, 2, 3)]
    model = lab(home, kubernetes(nodes=nodes, persistentvolumes=[handle], longhorn_replicas=copies))
    assert "volume/lab//v" in stopped(model, "host/home//pve1")
    assert "volume/lab//v" not in stopped(model, "guest/home//1", "guest/home//2")


def test_shares_that_pods_mount_without_a_claim() -> None:
    shares = [
        {"name": "m", "nfs": {"server": "nas.lan", "path": "/m"}},
        {"name": "h", "nfs": {"server": "192.0.2.11", "path": "/h"}},
    ]
    web = workload("web", spec={"volumes": shares})
    members = [{"type": "node", "name": "pve1", "online": 1, "ip": "192.0.2.11"}]
    model = lab(proxmox(qemu(9, "nas"), cluster_status=members), kubernetes(deployments=[web]))
    (found,) = model["workloads"]
    assert (found["servers"], found["server_ids"]) == (["192.0.2.11", "nas.lan"], ["guest/home//9", "host/home//pve1"])
    assert "service/lab/default/web" in stopped(model, "guest/home//9")
    assert "server_ids" not in lab(source("proxmox", "x", {}, "failed"), kubernetes(deployments=[web]))["workloads"][0]
    assert lab(kubernetes(deployments=[web]))["workloads"][0]["server_ids"] == []


def test_an_application_manages_what_an_operator_runs() -> None:
    listed = [resource("Cluster", "db", "default", "postgresql.cnpg.io")]
    cluster = kubernetes(applications=[application("db", resources=listed)], pods=[pod("db-1", "n1", ("Cluster", "db"))])
    assert lab(cluster)["workloads"][0]["application_id"] == "application/lab/argocd/db"


def test_a_target_is_found_by_name_and_an_unknown_one_may_be_any_other_cluster() -> None:
    listed = [resource("Deployment", "web", "default", "apps")]
    web = kubernetes("prod", deployments=[workload("web")])
    for destination, owner in (({"name": "prod"}, "application/hub/argocd/web"), ({"server": "https://203.0.113.9:6443"}, None)):
        spec = {"destination": {"namespace": "default", **destination}}
        model = lab(kubernetes("hub", applications=[application("web", spec=spec, resources=listed)]), web)
        assert model["workloads"][0].get("application_id") == owner
        assert ("application_id" in model["workloads"][0], "workloads" in model["applications"][0]) == (bool(owner), bool(owner))


@pytest.mark.parametrize(("namespaces", "owner"), [(("argocd", "team"), "argocd"), (("a", "b"), None), (("team",), "team")])
def test_applications_of_one_name(namespaces: tuple[str, ...], owner: str | None) -> None:
    web = workload("web")
    web["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "web:apps/Deployment:default/web"}
    model = lab(kubernetes(deployments=[web], applications=[application("web", namespace) for namespace in namespaces]))
    assert model["workloads"][0]["application_id"] == (f"application/lab/{owner}/web" if owner else None)


def test_an_address_of_two_pools_counts_in_the_first_whatever_their_order() -> None:
    addresses = [{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}]
    dual = {
        "metadata": {"name": "dual", "namespace": "x"},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": addresses}},
    }
    pools = [named("b", spec={"addresses": ["192.0.2.0/30"]}), named("a", spec={"addresses": ["2001:db8::/64"]})]
    for order in (pools, pools[::-1]):
        assert lab(kubernetes(services=[dual], ipaddresspools=order))["kube_services"][0]["pool_id"] == "ip_pool/lab/system/a"
