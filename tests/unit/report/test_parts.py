# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sections 1 to 7 and 9 of report.md: facts stand where a reader looks for them, and what a lab lacks is one sentence."""

from __future__ import annotations

import typing as t

import pytest
from unit.report import rich
from unit.report.builders import GIB, Item, full_lab, gap, kubernetes_lab, model, node, page, report, source, workload
from unit.report.machines import guest, host, proxmox_lab
from unit.report.results import more_findings
from unit.report.test_page import section

from ansible_collections.homelab.deepdive.plugins.module_utils._report.machine import to_dict

_SECTION = {
    "summary": "1. Executive summary",
    "substrate": "2. Physical and virtual substrate",
    "topology": "3. Control plane and node topology",
    "platform": "4. Namespaces and platform services",
    "gitops": "5. GitOps",
    "network": "6. Networking",
    "storage": "7. Storage",
    "usage": "9. Runtime resources",
}


_DNS_UNKNOWN = "Which Services answer on the DNS port is unknown."


def told(name: str, **changes: t.Any) -> str:
    """The text of one section of the full lab with changes."""
    return section(page(full_lab(**changes), more_findings()), _SECTION[name])


def without(part: str, *collections: str, **fields: t.Any) -> Item:
    """A cluster that serves no such API, so that the collections are empty."""
    clusters = [kubernetes_lab()["kube_clusters"][0] | {"parts": [name for name in rich.CLUSTER["parts"] if name != part]} | fields]
    return {"kube_clusters": clusters, **{collection: [] for collection in collections}}


def bare_node() -> Item:
    """A node of which no figure is known."""
    return {key: value for key, value in node("n").items() if key not in rich.NODE}


def events_unread() -> Item:
    """Applications and a cluster whose events were not read."""
    lost = ("event_count", "warning_event_count", "argocd_event_count", "event_window_seconds")
    applications = [
        {key: value for key, value in row.items() if key not in ("churn", "loop")} for row in rich.gitops_lab()["applications"]
    ]
    cluster = {key: value for key, value in kubernetes_lab()["kube_clusters"][0].items() if key not in lost}
    return {"applications": applications, "kube_clusters": [cluster]}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("summary", "- controller-1 is a controller only, and runs no workloads."),
        ("summary", "- Of the applications, 1 uses a Helm chart and 2 read folders of Git."),
        ("summary", "- MetalLB gives out 192.0.2.50-192.0.2.52, 2 of 3 addresses in use."),
        ("summary", "- State lies on driver.longhorn.io (class longhorn): 1 claim, 5.0 GiB."),
        ("summary", "- Bulk data lies on 192.0.2.100:/pool/media (class nas-nfs): 1 claim, 5.0 GiB."),
        ("summary", "- The API of lab answers at `https://192.0.2.101:6443`."),
        ("substrate", "There are no LXC containers."),
        (
            "substrate",
            "| 900 | debian | VM template | pve2 | stopped | 4 | 10.0 GiB | 9.3 GiB | scsi0: 40.0 GiB on local-lvm | none |",
        ),
        ("substrate", "| shared | nfs | shared NFS storage | yes | pve1, pve2 | backup, iso | 1000.0 GiB | 10.0 GiB | yes |"),
        ("topology", "1 of 1 node is ready and untainted."),
        ("topology", "| pi | 192.0.2.9 | worker | k0sctl, `k0sctl.yaml` | no |"),
        ("topology", "| pi | 192.0.2.9 | worker | document, `README.md` line 7 | no |"),
        ("topology", "| worker-1 | - | guest on pve1 | Terraform, `terraform/main.tf` line 12 | yes |"),
        ("platform", "| CoreDNS | names inside the cluster | kube-system | 1 | 1 | coredns latest |"),
        ("platform", "| CoreDNS | kube-system | coredns | Deployment | 1 of 1 | `coredns/coredns:latest` |"),
        (
            "gitops",
            "- **root** is declared in `root/root.yaml`, reads `apps/root` at main, and manages 2 applications: blocks, player.",
        ),
        (
            "gitops",
            "| blocks | OutOfSync (2 objects) | Healthy | chart `blocks` 1.7.2 from `https://charts.example.org` | media "
            "| by itself, corrects drift | root | `root/blocks.yaml` |",
        ),
        ("gitops", "- **blocks** (SyncError): one object failed"),
        (
            "gitops",
            "| CustomResourceDefinition volumes.example.org | `/spec/preserveUnknownFields` | set in Git, and the API server "
            "does not keep it | nobody | `false` | not set |",
        ),
        (
            "gitops",
            "| CustomResourceDefinition peers.example.org | `/spec/caBundle` | set in Git, and something else writes another value "
            '| rotator | `"LS0"` | `"MII"` |',
        ),
        ("gitops", "Why (ARGO-002): blocks: the API server drops a field."),
        ("gitops", "What ends it: Start it with its host."),
        ("gitops", "      jsonPointers: [/spec/preserveUnknownFields]"),
        (
            "gitops",
            "- **blocks**: 12.2 syncs per hour: 12 completed (12 of them partial, 0 failed) in 59 minutes, one every "
            "302 s (median), "
            "1 revision; **a loop**: it repeats itself without effect. Last sync: Succeeded at 2026-03-01 17:58 UTC, started by "
            "Argo CD itself, attempt 6 to correct drift.",
        ),
        ("gitops", "Events of lab: 60 in 59 minutes, 3 of them warnings, 48 about applications of Argo CD (80 %)."),
        (
            "network",
            "| home | metallb-system | 192.0.2.50-192.0.2.52 | 3 | 2 | 1 | 192.0.2.50, 192.0.2.51 | yes "
            "| L2Advertisement default |",
        ),
        ("network", "| gate | media | 192.0.2.50 | 192.0.2.50 | home | 80 → 8096/TCP | 1 |"),
        ("network", "| `player.example.org` | `/` | player | 80 | media | player | no | 192.0.2.50 | yes |"),
        ("network", "- `old.example.org`, path `/`: in `old/i.yaml`, which no application reads"),
        ("network", "- **names** (media, LoadBalancer) on 192.0.2.51: 53/TCP, 53/UDP, 80/TCP → web; 1 ready endpoint"),
        ("storage", "| longhorn | yes | driver.longhorn.io | Delete | Immediate | yes | none | 2 | 1 |"),
        ("storage", "| nas-nfs | no | nfs.csi.k8s.io | Retain | Immediate | yes | 192.0.2.100:/pool/media | - | 1 |"),
        ("storage", "| media | media | 5.0 GiB | ReadWriteOnce | nas-nfs | Bound | 192.0.2.100:/pool/media | player |"),
        ("storage", "- **State**: 1 claim, 5.0 GiB, class longhorn, on driver.longhorn.io, ReadWriteOnce"),
        (
            "storage",
            "- **Bulk data**: 1 claim, 5.0 GiB, class nas-nfs, on nfs from 192.0.2.100:/pool/media (guest nas), ReadWriteOnce",
        ),
        ("storage", "| pv-1 | none | 5.0 GiB | 2.0 GiB | 1 of 2 | degraded | attached | worker-1 (pve1) | none |"),
        ("storage", "| disk-1 | worker-1 | `/var/lib/longhorn/` | yes | 40.0 GiB | 20.0 GiB | 10.0 GiB | 12.0 GiB |"),
        ("storage", "- Longhorn of lab, version v1.7.2; backups go to: nowhere, no backup target is set"),
        ("storage", "  - default-replica-count: `2`"),
        ("usage", "| worker-1 | 3 % (0.12 of 3.9 cores) | 63 % (5.7 GiB of 9.0 GiB) | 30 |"),
        ("usage", "| player | media | Deployment | 441 MiB | 284 MiB | 512 MiB | 0.05 cores |"),
    ],
)
def test_facts_stand_in_their_section(name: str, line: str) -> None:
    assert line in told(name).splitlines()


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("gitops", without("argocd", "applications"), "Argo CD is not installed."),
        ("gitops", {"applications": []}, "No applications were found."),
        ("gitops", {"applications": [rich.application("player")]}, "No application manages others."),
        ("gitops", {"applications": [rich.application("player")]}, "No application is OutOfSync."),
        (
            "gitops",
            {"applications": [rich.application("player")]},
            "No application was synced while events were kept.",
        ),
        ("network", without("metallb", "ip_pools"), "MetalLB is not installed."),
        ("network", {"ip_pools": []}, "No address pools of MetalLB were found."),
        ("network", {"declared_routes": []}, "The repository declares no host names."),
        ("network", {"kube_services": []}, "No Service answers on the DNS port, beside the DNS of the cluster itself."),
        ("storage", without("longhorn", "storage_disks", "volumes", "claims"), "Longhorn is not installed."),
        ("storage", {"claims": []}, "No claims were found."),
        (
            "usage",
            without("metrics") | {"nodes": [bare_node()]},
            "The cluster has no metrics API, so nothing tells how much its nodes and pods use.",
        ),
        ("substrate", {"guests": [guest(1, "x", "pve1")]}, "There are no templates."),
        ("summary", without("argocd", "applications"), "- Argo CD is not installed."),
        ("summary", without("longhorn", "storage_disks"), "- Longhorn is not installed."),
        (
            "topology",
            {"declared_nodes": [], "documented_machines": [], "declared_guests": []},
            "The repository names no machines.",
        ),
    ],
)
def test_what_a_lab_lacks_is_one_sentence(name: str, changes: Item, sentence: str) -> None:
    assert sentence in told(name, **changes).splitlines()


@pytest.mark.parametrize("name", ["gitops", "network", "storage", "usage"])
def test_a_cluster_that_is_not_configured_or_failed_is_told_once(name: str) -> None:
    absent = model(source("proxmox/home"), source("kubernetes/", "not_configured"), **proxmox_lab())
    assert section(page(absent), _SECTION[name]).splitlines()[0] == "No Kubernetes source is configured."


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("gitops", {"applications": None}, "The applications could not be read. The evidence does not say why."),
        ("network", {"ip_pools": None}, "The address pools of MetalLB could not be read. The evidence does not say why."),
        ("storage", {"storage_classes": None}, "The storage classes could not be read. The evidence does not say why."),
        ("storage", {"storage_disks": None}, "The disks of Longhorn could not be read. The evidence does not say why."),
        (
            "usage",
            {"nodes": [bare_node()]},
            "The usage figures of nodes could not be read. The evidence does not say why.",
        ),
        ("gitops", events_unread(), "How often applications are synced could not be read. The evidence does not say why."),
    ],
)
def test_what_was_not_read_is_no_absence(name: str, changes: Item, sentence: str) -> None:
    text = told(name, **changes)
    assert sentence in text.splitlines()
    assert "not installed" not in text


def test_drift_that_was_not_compared_still_names_its_objects() -> None:
    row = {key: value for key, value in rich.blocks_application().items() if key != "drift"}
    text = told("gitops", applications=[row])
    assert "**blocks** (health: Healthy): 2 objects; what differs could not be read." in text
    assert "| volumes.example.org | CustomResourceDefinition | no |" in text


@pytest.mark.parametrize(
    ("loop", "said"), [(True, "**a loop**: it repeats itself without effect"), (None, "whether this is a loop cannot be told")]
)
def test_a_loop_is_one_only_where_it_is_known(loop: bool | None, said: str) -> None:
    row = rich.application("player", churn=rich.churn(completed_count=1, median_gap_seconds=None, syncs_per_hour=1.0))
    row.pop("loop")
    text = told("gitops", applications=[row if loop is None else row | {"loop": loop}])
    start = "- **player**: 1 syncs per hour: 1 completed (0 of them partial, 0 failed) in 59 minutes, too few syncs for a gap"
    assert f"{start}, no revisions; {said}.\n" in text


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.91, "- **pve1** is highly utilised: 91 % of its memory is in use."), (0.75, "- **pve1** is"), (0.74, None)],
)
def test_a_host_that_is_nearly_full_is_named(share: float, words: str | None) -> None:
    text = told("substrate", hosts=[host("pve1", memory_bytes=100 * GIB, memory_used_bytes=int(share * 100 * GIB))])
    assert words in text if words else "highly utilised" not in text


@pytest.mark.parametrize(
    ("memory", "processors", "sentence"),
    [
        (0.63, 0.03, "Memory fills up first: nodes use up to 63 % of their memory and 3 % of their processors."),
        (0.2, 0.9, "The pressure is on processors: nodes use up to 20 % of their memory and 90 % of their processors."),
        (0.1, 0.1, "There is little pressure: no node uses more than 10 % of its memory or 10 % of its processors."),
    ],
)
def test_pressure_is_judged_from_the_figures(memory: float, processors: float, sentence: str) -> None:
    one = node("n", memory_used_bytes=int(memory * 9 * GIB), cpu_used_cores=processors * 3.9)
    assert sentence in told("usage", nodes=[one])


def test_only_the_ten_largest_consumers_are_listed_the_largest_first() -> None:
    many = [
        workload(f"w{number}", "media", memory_used_bytes=number * GIB, memory_used_max_bytes=number * GIB)
        for number in range(1, 13)
    ]
    rows = [
        line.split("|")[1].strip()
        for line in told("usage", workloads=many).splitlines()
        if line.startswith("| w") and "GiB" in line
    ]
    assert [row for row in rows if row != "worker-1"] == [f"w{number}" for number in range(12, 2, -1)]


def test_a_claim_that_several_mount_is_shared_bulk_data() -> None:
    lab = full_lab()
    shared = lab["claims"][1] | {
        "access_modes": ["ReadWriteMany"],
        "workloads": ["deployment/lab/media/a", "deployment/lab/media/b"],
    }
    assert "  - media (media) is shared by a, b" in told("storage", claims=[shared])


@pytest.mark.parametrize(
    ("image", "name", "component"),
    [
        ("quay.io/argoproj/argocd:v3.0.1", "x", "Argo CD"),
        ("docker.io/library/redis:7", "argocd-redis", "Argo CD"),
        ("registry.k8s.io/ingress-nginx/controller:v1.11.1", "x", "Ingress NGINX"),
        ("quay.io/metallb/speaker:v0.14.8", "x", "MetalLB"),
        ("longhornio/longhorn-manager:v1.7.2", "x", "Longhorn"),
        ("registry.k8s.io/sig-storage/nfsplugin:v4.7.0", "x", "NFS CSI driver"),
        ("quay.io/prometheus/prometheus:v2.53.1", "x", "Monitoring"),
        ("grafana/grafana:11.1.0", "x", "Monitoring"),
        ("mcr.microsoft.com/azurearck8s/config-agent:1.18.3", "x", "Azure Arc agents"),
        ("rancher/rancher-agent:v2.9.0", "x", "Rancher agent"),
        ("jellyfin/jellyfin:latest", "jellyfin", None),
    ],
)
def test_components_are_known_by_image_or_name(image: str, name: str, component: str | None) -> None:
    text = told("platform", workloads=[workload(name, "any", images=[image])])
    assert (f"| {component} | any | {name} |" in text) if component else "No known components were found." in text


def test_versions_are_told_once_for_images_that_share_them() -> None:
    images = ("longhornio/longhorn-manager:v1.7.2", "longhornio/longhorn-ui:v1.7.2", "longhornio/csi-attacher:v4.7.0")
    rows = [workload(f"w{number}", "store", images=[image]) for number, image in enumerate(images)]
    assert "| Longhorn | replicated block storage | store | 3 | 3 | csi-attacher v4.7.0, v1.7.2 (2 images) |" in told(
        "platform", workloads=rows
    )


def test_what_synced_once_is_no_entry_of_its_own() -> None:
    one = rich.application("player", churn=rich.churn(completed_count=1, syncs_per_hour=1.02))
    two = rich.application("other", churn=rich.churn(completed_count=2, syncs_per_hour=2.0))
    assert "Synced as well, without a loop: other (2 syncs), player (1 sync)." in told("gitops", applications=[two, one])


@pytest.mark.parametrize(("field", "value"), [("failed_count", 1), ("loop", True), ("loop", None), ("churn", None)])
def test_only_what_is_known_to_be_harmless_is_no_entry_of_its_own(field: str, value: t.Any) -> None:
    row = rich.application("player", loop=False, churn=rich.churn(completed_count=1, failed_count=0))
    assert "- **player**: " not in told("gitops", applications=[row])
    if field == "failed_count":
        row["churn"][field] = value
    elif value is None:
        del row[field]
    else:
        row[field] = value
    others = rich.application("other", loop=False)
    assert "- **player**: " in told("gitops", applications=[row, others])


def test_figures_that_failed_say_why() -> None:
    lab = full_lab(nodes=[bare_node()])
    lab["sources"][0] = source("kubernetes/lab", "partial", [gap("node_metrics", "forbidden", "grant it", "forbidden")])
    text = section(page(lab), _SECTION["usage"])
    assert (
        "### 9.1 Nodes\n\nThe usage figures of nodes could not be read.\n\n"
        "- **kubernetes/lab: node_metrics** (forbidden): forbidden\n  - What helps: grant it\n"
    ) in text
    assert "| player | media | Deployment | 441 MiB |" in text


def test_a_lab_without_a_storage_server_says_so() -> None:
    claims = [kubernetes_lab()["claims"][0]]
    assert "No claim comes from a storage server over the network, such as NFS." in told("storage", claims=claims).splitlines()


def test_figures_that_nothing_measures_were_not_left_unread() -> None:
    parts = to_dict(report(full_lab(**without("metrics"), nodes=[bare_node()])))["sections"]["usage"]
    assert parts["node_usage"] == {"state": "read", "gaps": [], "rows": []}


def test_the_resolver_of_the_cluster_is_no_dns_service_of_the_lab() -> None:
    own = rich.kube_service("kube-dns", "192.0.2.53", (53, "53", "UDP")) | {"namespace": "kube-system", "type": "ClusterIP"}
    assert (
        "No Service answers on the DNS port, beside the DNS of the cluster itself."
        in told("network", kube_services=[own]).splitlines()
    )


def lacking(field: str, rows: t.Sequence[Item]) -> list[Item]:
    """The rows without a field, as if it had not been read."""
    return [{key: value for key, value in row.items() if key != field} for row in rows]


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        (
            "gitops",
            {"applications": lacking("sync_status", [rich.application("player")])},
            "No application is known to be OutOfSync; of player this is unknown.",
        ),
        (
            "gitops",
            {"applications": lacking("children", [rich.application("player")])},
            "Which applications manage others is unknown.",
        ),
        (
            "network",
            {"declared_routes": lacking("live", rich.declared_lab()["declared_routes"])},
            "Whether the host names of the repository are live is unknown.",
        ),
        (
            "network",
            {"declared_routes": [rich.declared_lab()["declared_routes"][0] | {"live": True}]},
            "Every host name of the repository is also in a cluster.",
        ),
        ("network", {"kube_services": lacking("ports", kubernetes_lab()["kube_services"])}, _DNS_UNKNOWN),
        ("storage", {"volumes": lacking("server", kubernetes_lab()["volumes"])}, "Where the data of the claims lies is unknown."),
        (
            "storage",
            {"kube_clusters": lacking("longhorn_settings", kubernetes_lab()["kube_clusters"])},
            "The settings of Longhorn could not be read. The evidence does not say why.",
        ),
        (
            "storage",
            {"volumes": lacking("replica_wanted_count", kubernetes_lab()["volumes"])},
            "The volumes of Longhorn could not be read. The evidence does not say why.",
        ),
        (
            "usage",
            {"nodes": [node("worker-1"), bare_node()]},
            "Memory fills up first: nodes use up to 63 % of their memory and 3 % of their processors; of n this is unknown. "
            "The largest consumers of memory are coredns (441 MiB) and player (441 MiB).",
        ),
        (
            "topology",
            {"nodes": [node("worker-1"), *lacking("ready", [node("n")]), *lacking("taints", [node("m")])]},
            "1 of 3 nodes is ready and untainted; of 2 this is unknown.",
        ),
    ],
)
def test_what_is_unknown_is_no_fact(name: str, changes: Item, sentence: str) -> None:
    assert sentence in told(name, **changes).splitlines()


def test_state_and_bulk_data_are_not_told_apart_by_a_server_that_was_not_read() -> None:
    text = told("storage", volumes=lacking("server", kubernetes_lab()["volumes"]))
    assert "**State**" not in text and "No claim comes from a storage server" not in text


def test_routes_of_services_that_were_not_read_are_not_called_ownerless() -> None:
    lab = full_lab(services=lacking("routes", kubernetes_lab()["services"]))
    assert "Routes that lead to no service" not in page(lab)
    assert "| `player.example.org` | `/` | player | 80 | media | unknown | no |" in page(lab)
