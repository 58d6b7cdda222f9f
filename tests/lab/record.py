# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records the answers of the running real tier, as the shipped least-privilege identity sees them, for the demo tier.

Only what the audit may read is asked for, so Secrets are never in it; the refusals are the real server's own words. Bodies are kept
as they came, only sorted and indented, beside the moment of the recording. Three things are written to the server: the events of
the demo lab, which it may have forgotten; a compaction of etcd's history, without which no continue token would have expired;
and for a moment an API that nobody serves.

At first Argo CD heals what drifts every few seconds, in a lab every five minutes. The recordings of the demo lab come from a bed
that has run for 70 minutes, when the API server has forgotten the beginning.
"""

from __future__ import annotations

import base64
import datetime
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import yaml
from lab import bed, cluster, inside, lab_files, replay
from lab.kube_api import Answer, KubeApi, Object

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.allowed import ALLOWED

_COLLECTIONS = Path(__file__).resolve().parents[2] / "collections"
# The one namespace whose leases the audit reads.
_NAMESPACE = "kube-node-lease"
# Never on the list of reads; recorded so that tests can see it refused.
_REFUSED = "/api/v1/secrets"
_NO_PATH = "/no/such/path"
_NOBODY = "nobody"
# Runs where etcd can be reached: forgets the history up to the present.
_COMPACT = """
import http.client, json, ssl
pki = "/var/lib/k0s/pki/"
context = ssl.create_default_context(cafile=pki + "etcd/ca.crt")
context.load_cert_chain(pki + "apiserver-etcd-client.crt", pki + "apiserver-etcd-client.key")
etcd = http.client.HTTPSConnection("127.0.0.1", 2379, context=context, timeout=10)
def call(path, body):
    etcd.request("POST", path, json.dumps(body))
    return json.loads(etcd.getresponse().read())
call("/v3/kv/compaction", {"revision": call("/v3/kv/range", {"key": "Lw=="})["header"]["revision"], "physical": True})
"""
# Runs there, too.
_RECORD = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.homelab.deepdive.plugins.module_utils._k0s.hosts import Machine, record
record(pathlib.Path(sys.argv[2]), Machine())
"""


def record_kubernetes(run: Path, target: Path) -> None:
    """One file per path that answers, errors.json, and recording.json, which tells when that was."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    with KubeApi(run / "admin.conf") as admin:
        bed.tell_events(admin)
        paths = [*_lists(), *_drifted(admin)]
    with KubeApi(run / "audit.conf") as api:
        answers = {path: api.raw("GET", path) for path in paths}
    for path, answer in answers.items():
        if answer.status == 200:
            _write(replay.recording_file(target, path), json.loads(answer.text))
        else:
            print(f"not recorded: {path} answered {answer.status}")
    _write(target / replay.ERRORS, _errors(run, paths))
    _write(target / replay.ABOUT, {"recorded": now})


def _lists() -> list[str]:
    """Everything on the list of reads that is not one named object."""
    paths = [path for _method, path in ALLOWED["kubernetes"] if "{name}" not in path]
    return [path.replace("{namespace}", _NAMESPACE) for path in paths]


def _drifted(admin: KubeApi) -> list[str]:
    """Paths of the objects that Applications of Argo CD list as out of sync."""
    found = [
        resource
        for application in admin.get("/apis/argoproj.io/v1alpha1/applications")["items"]
        for resource in application["status"]["resources"]
        if resource.get("status") == "OutOfSync"
    ]
    return sorted(
        admin.path_of(
            {
                "apiVersion": f"{resource['group']}/{resource['version']}" if "group" in resource else resource["version"],
                "kind": resource["kind"],
                "metadata": {"name": resource["name"], "namespace": resource.get("namespace")},
            }
        )
        for resource in found
    )


def record_k0s(run: Path, target: Path) -> None:
    """What the k0s host answers, written by the collection's own recorder where the controller sees its files."""
    hostname = yaml.safe_load((lab_files.DEMO_LAB / "k0s.yml").read_text(encoding="utf-8"))["hostname"]
    subprocess.run([*inside.enter_command(run), sys.executable, "-c", _RECORD, _COLLECTIONS, target / hostname], check=True)


def _errors(run: Path, paths: list[str]) -> Object:
    with KubeApi(run / "admin.conf") as admin:
        account = "/api/v1/namespaces/default/serviceaccounts/default/token"
        nobody = admin.call("POST", account, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
        expired = _expired(run, admin)
        answers = {
            "method_not_allowed": admin.raw("PUT", "/api/v1/pods", {}),
            "missing_group": admin.raw("GET", "/apis/example.org/v1/things"),
            "missing_kind": admin.raw("GET", "/api/v1/things"),
            "not_acceptable": admin.raw("GET", "/api/v1/pods", accept="text/html"),
            "bad_continue": admin.raw("GET", "/api/v1/pods?limit=1&continue=nonsense"),
            "missing_object": admin.raw("GET", f"/api/v1/namespaces/{_NOBODY}"),
            "unavailable": _unavailable(admin),
            "expired": expired,
        }
    with KubeApi(run / "admin.conf", token="wrong") as stranger:
        answers["unauthorized"] = stranger.raw("GET", "/version")
    token = nobody["status"]["token"]
    user = _subject(yaml.safe_load((run / "audit.conf").read_text(encoding="utf-8"))["users"][0]["user"]["token"])
    with KubeApi(run / "admin.conf", token=token) as api:
        forbidden = {path: _as(user, _subject(token), api.raw("GET", path)) for path in (*paths, _REFUSED)}
        refused = _as(user, _subject(token), api.raw("GET", _NO_PATH))
    recorded = {name: _recorded(answer) for name, answer in answers.items()}
    recorded["forbidden_path"] = {**_recorded(refused), "text": _NO_PATH}
    # Everybody may read some paths, such as /version.
    refusals = {path: _recorded(answer) for path, answer in forbidden.items() if answer.status == 403}
    return {"user": user, "answers": recorded, "forbidden": refusals}


def _unavailable(admin: KubeApi) -> Answer:
    """What the API server says when the server behind an API does not answer, as metrics-server may."""
    registration: Object = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1.unserved.example.org"},
        "spec": {
            "group": "unserved.example.org",
            "version": "v1",
            "service": {"namespace": "default", "name": "nobody"},
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 1,
            "versionPriority": 1,
        },
    }
    cluster.apply(admin, [registration])
    try:
        # Until the server has noticed, it has no such path at all.
        cluster.wait("the API that nobody serves", lambda: "" if _unserved(admin).status == 503 else "not known yet", 20)
        return _unserved(admin)
    finally:
        admin.call("DELETE", admin.path_of(registration))


def _unserved(admin: KubeApi) -> Answer:
    return admin.raw("GET", "/apis/unserved.example.org/v1/things")


def _expired(run: Path, admin: KubeApi) -> Answer:
    """What a continue token from before the compaction is worth. Events, because other lists come from a cache that remembers."""
    token = admin.get("/api/v1/events?limit=1")["metadata"]["continue"]
    position = {**json.loads(base64.urlsafe_b64decode(token + "==")), "rv": 1}
    subprocess.run([*inside.enter_command(run), sys.executable, "-c", _COMPACT], check=True, capture_output=True)
    token = base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")
    return admin.raw("GET", f"/api/v1/events?limit=1&continue={token}")


def _subject(token: str) -> str:
    """The service account that a token is for."""
    return str(json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["sub"])


def _as(user: str, other: str, answer: Answer) -> Answer:
    """A refusal of one identity, told to another."""
    return answer._replace(text=answer.text.replace(other, user))


def _recorded(answer: Answer) -> Object:
    kept = {"status": answer.status, "content_type": answer.content_type}
    try:
        return {**kept, "json": json.loads(answer.text)}
    except ValueError:
        return {**kept, "text": answer.text}


def _write(file: Path, body: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> int:
    """Record into a new folder, which takes the place of the old one when all went well."""
    run = bed.run_folder()
    recordings = replay.RECORDINGS.parent
    with tempfile.TemporaryDirectory(dir=recordings.parent) as work:
        new = Path(work) / "recordings"
        try:
            record_kubernetes(run, new / "kubernetes")
            record_k0s(run, new / "k0s")
        except inside.BedError as exc:
            print(exc, file=sys.stderr)
            return 1
        shutil.rmtree(recordings, ignore_errors=True)
        new.rename(recordings)
    size = sum(file.stat().st_size for file in recordings.rglob("*") if file.is_file())
    print(f"recorded {size / 1024:.0f} KiB into {recordings}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
