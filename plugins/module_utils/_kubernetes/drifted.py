# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads, one by one, the objects that an Application of Argo CD lists as out of sync, and says how each differs."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._errors import SourceError
from .._evidence.gaps import Gap
from .._lab.gitops import OWN_CLUSTER
from .client import WORKERS, Client
from .drift import explain
from .failures import RefusedError
from .kinds import DRIFTED, Object
from .trim import Trimmer

# Objects that are read of one cluster; a lab where more have drifted is helped with these first.
MOST = 50
# Differences that are kept of one object: more of them say that it is another object altogether.
MOST_DIFFERENCES = 200

# Names of objects as part of a path. They come from the status of an Application, which others may write.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]*")


@dataclasses.dataclass(frozen=True)
class Drifting:
    """A kind whose objects are read one by one. typed: see drift.py."""

    kind: str
    group: str
    version: str
    plural: str
    namespaced: bool = True
    typed: bool = True

    @property
    def template(self) -> str:
        """Path of an object below the URL of the server, as the list of reads has it."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{{namespace}}/{self.plural}/{{name}}" if self.namespaced else f"{root}/{self.plural}/{{name}}"


_ADMISSION = "admissionregistration.k8s.io"
# Never Secrets or ConfigMaps: what differs in them is their values.
_KINDS = (
    Drifting("Namespace", "", "v1", "namespaces", namespaced=False),
    Drifting("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims"),
    Drifting("Service", "", "v1", "services"),
    Drifting("MutatingWebhookConfiguration", _ADMISSION, "v1", "mutatingwebhookconfigurations", namespaced=False),
    Drifting("ValidatingWebhookConfiguration", _ADMISSION, "v1", "validatingwebhookconfigurations", namespaced=False),
    Drifting("CustomResourceDefinition", "apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False, typed=False),
    Drifting("APIService", "apiregistration.k8s.io", "v1", "apiservices", namespaced=False, typed=False),
    Drifting("DaemonSet", "apps", "v1", "daemonsets"),
    Drifting("Deployment", "apps", "v1", "deployments"),
    Drifting("StatefulSet", "apps", "v1", "statefulsets"),
    Drifting("Application", "argoproj.io", "v1alpha1", "applications", typed=False),
    Drifting("CronJob", "batch", "v1", "cronjobs"),
    Drifting("Job", "batch", "v1", "jobs"),
    Drifting("Ingress", "networking.k8s.io", "v1", "ingresses"),
    Drifting("StorageClass", "storage.k8s.io", "v1", "storageclasses", namespaced=False),
)
DRIFTING: t.Mapping[tuple[str, str], Drifting] = {(kind.group, kind.kind): kind for kind in _KINDS}


@dataclasses.dataclass(frozen=True, order=True)
class _Wanted:
    """One resource that an Application lists as out of sync. path: None when it is not read."""

    application: str
    group: str
    kind: str
    namespace: str
    name: str
    version: str
    path: str | None = dataclasses.field(compare=False)

    @property
    def label(self) -> str:
        """How gaps call it: "Deployment shop/web"."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    def row(self, state: str, **more: t.Any) -> Object:
        fields = ("application", "group", "version", "kind", "namespace", "name")
        return {
            **{field: getattr(self, field) for field in fields},
            "state": state,
            "last_applied": False,
            "differences": [],
            **more,
        }


def read_drifted(client: Client, applications: t.Iterable[Object], trimmer: Trimmer) -> tuple[list[Object] | None, list[Gap]]:
    """One row per resource that is out of sync, and a gap for what could not be read.

    applications: as the kind of that noun trims them. The rows are None when there were objects to read and none could be.
    """
    wanted = sorted(_out_of_sync(applications, client.whom.endpoint))
    paths = list(dict.fromkeys(one.path for one in wanted if one.path))
    kinds = {one.path: DRIFTING[one.group, one.kind] for one in wanted if one.path}
    gaps = []
    if len(paths) > MOST:
        detail = (
            f"cannot compare {len(paths) - MOST} of {len(paths)} objects that are out of sync: at most {MOST} are read of a cluster"
        )
        gaps.append(Gap(f"{DRIFTED}/*", "unsupported", detail))
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = dict(zip(paths, pool.map(lambda path: _read(client, kinds[path], path, trimmer), paths[:MOST])))
    rows = []
    for one in wanted:
        if one.path is None:
            rows.append(one.row("unsupported"))
        elif one.path in answers:
            answer = answers[one.path]
            if isinstance(answer, SourceError):
                # One gap for a kind that may not be read; it says all there is to say of each of them.
                forbidden = isinstance(answer, RefusedError) and answer.status == 403
                gaps.append(Gap.of(f"{DRIFTED}/{one.kind if forbidden else one.label}", answer))
            elif answer is None:
                rows.append(one.row("missing"))
            else:
                gaps += _too_many(one, len(answer["differences"]))
                rows.append(one.row("live", **{**answer, "differences": answer["differences"][:MOST_DIFFERENCES]}))
    nothing_read = bool(answers) and all(isinstance(answer, SourceError) for answer in answers.values())
    return None if nothing_read else rows, sorted(set(gaps))


def _too_many(one: _Wanted, count: int) -> list[Gap]:
    if count <= MOST_DIFFERENCES:
        return []
    detail = (
        f"cannot tell {count - MOST_DIFFERENCES} of {count} differences of {one.label}: "
        f"at most {MOST_DIFFERENCES} are kept of an object"
    )
    return [Gap(f"{DRIFTED}/{one.label}", "unsupported", detail)]


def _read(client: Client, kind: Drifting, path: str, trimmer: Trimmer) -> Object | SourceError | None:
    """What explain() says of an object, None when it is gone, or why it could not be read."""
    try:
        live = client.read_one(kind.group, kind.plural, path)
        return None if live is None else explain(live, kind.typed, trimmer)
    except RecursionError:
        return SourceError(f"cannot compare {path}: it is nested too deep", "invalid")
    except SourceError as exc:
        return exc


def _out_of_sync(applications: t.Iterable[Object], endpoint: str) -> t.Iterator[_Wanted]:
    for application in applications:
        metadata = application["metadata"]
        spec, status = application.get("spec") or {}, application.get("status") or {}
        elsewhere = _elsewhere(spec.get("destination") or {}, endpoint)
        for resource in status.get("resources") or []:
            if resource.get("status") == "OutOfSync":
                group, kind, namespace, name, version = (
                    str(resource.get(field) or "") for field in ("group", "kind", "namespace", "name", "version")
                )
                path = None if elsewhere else _path(group, kind, namespace, name)
                yield _Wanted(f"{metadata.get('namespace', '')}/{metadata['name']}", group, kind, namespace, name, version, path)


def _elsewhere(destination: Object, endpoint: str) -> bool:
    """Whether an Application deploys to another cluster than the one that is read."""
    target = str(destination.get("server") or destination.get("name") or "").rstrip("/")
    return target not in (*OWN_CLUSTER, endpoint)


def _path(group: str, kind: str, namespace: str, name: str) -> str | None:
    drifting = DRIFTING.get((group, kind))
    parts = (namespace, name) if drifting and drifting.namespaced else (name,)
    if drifting is None or not all(_NAME.fullmatch(part) for part in parts):
        return None
    return drifting.template.format(namespace=namespace, name=name)
