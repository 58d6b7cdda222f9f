# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of the Kubernetes API for the test bed itself: JSON in, JSON out, credentials from a kubeconfig."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

import yaml

Object = dict[str, t.Any]
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Answer(t.NamedTuple):
    """What a server answered."""

    status: int
    content_type: str
    text: str


class KubeError(RuntimeError):
    """An answer with a status of 400 and above."""

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path} answered {status}: {body[:500]}")
        self.status = status
        self.body = body


class KubeApi:
    """One connection, one identity. Not for several threads."""

    def __init__(self, kubeconfig: Path, *, token: str | None = None, timeout: float = 30) -> None:
        """token: used in place of the credentials of the kubeconfig."""
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        token = token or user.get("token")
        if not token:
            _load_client_certificate(context, user)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = urlsplit(cluster["server"])
        self._kinds: dict[str, dict[str, tuple[str, bool]]] = {}
        self._connection = http.client.HTTPSConnection(str(url.hostname), url.port, context=context, timeout=timeout)

    def __enter__(self) -> KubeApi:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def raw(
        self, method: str, path: str, body: object = None, content_type: str = "application/json", accept: str = "application/json"
    ) -> Answer:
        """An answer, whatever it is."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": accept, **self._headers, **({"Content-Type": content_type} if data else {})}
        try:
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
            return Answer(response.status, response.getheader("Content-Type", ""), response.read().decode())
        except (OSError, http.client.HTTPException):
            self._connection.close()  # a broken connection is not used again
            raise

    def call(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Object:
        """The object in an answer; KubeError for everything but success."""
        answer = self.raw(method, path, body, content_type)
        if answer.status >= 400:
            raise KubeError(method, path, answer.status, answer.text)
        return t.cast(Object, json.loads(answer.text))

    def get(self, path: str) -> Object:
        """GET."""
        return self.call("GET", path)

    def watch(self, path: str) -> t.Iterator[Object]:
        """The events of a watch until the server ends it; nothing else may be asked meanwhile."""
        self._connection.request("GET", path, headers={"Accept": "application/json", **self._headers})
        response = self._connection.getresponse()
        try:
            if response.status >= 400:
                raise KubeError("GET", path, response.status, response.read().decode())
            for line in response:
                yield json.loads(line)
        finally:
            self._connection.close()

    def path_of(self, item: Object) -> str:
        """Where an object lives in the API, by what the API says of its kind; KubeError with 404 when it has no such kind (yet)."""
        version, kind = item["apiVersion"], item["kind"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if kind not in self._kinds.get(version, {}):
            resources = self.get(root)["resources"]
            self._kinds[version] = {one["kind"]: (one["name"], one["namespaced"]) for one in resources if "/" not in one["name"]}
        if kind not in self._kinds[version]:
            raise KubeError("GET", root, 404, f"no {kind}")
        plural, namespaced = self._kinds[version][kind]
        namespace = f"/namespaces/{item['metadata'].get('namespace', 'default')}" if namespaced else ""
        return f"{root}{namespace}/{plural}/{item['metadata']['name']}"


def _load_client_certificate(context: ssl.SSLContext, user: Object) -> None:
    with tempfile.NamedTemporaryFile() as file:  # readable for the owner only
        for key in ("client-certificate-data", "client-key-data"):
            file.write(base64.b64decode(user[key]) + b"\n")
        file.flush()
        context.load_cert_chain(file.name)


def write_kubeconfig(path: Path, server: str, ca: Path, user: Object) -> None:
    """A kubeconfig with one cluster and one user. ca: PEM file of the authority."""
    ca_data = base64.b64encode(ca.read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority-data": ca_data}}],
        "users": [{"name": "audit", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "audit"}}],
        "current-context": "lab",
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
