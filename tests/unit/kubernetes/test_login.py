# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import contextlib
import os
import socket
import stat
import tempfile
import threading
import typing as t
from pathlib import Path

import pytest
from unit.kubernetes.fake_api import NOW, FakeApi, Pair, Pki
from unit.kubernetes.test_credentials import ACCOUNT, token

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError, SourceError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.client import Client
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.options import Connection

ServeWith = t.Callable[..., contextlib.AbstractContextManager[FakeApi]]

MODULES = "ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes"
NEW_KUBECONFIG = "make a new kubeconfig with roles/audit/files/permissions/kubernetes/make-kubeconfig.sh"


def read_version(kubeconfig: Path, ledger: Ledger | None = None, **options: t.Any) -> Client:
    connection = Connection.from_options({"name": "lab", "kubeconfig": str(kubeconfig), **options})
    with Client(connection, ledger or Ledger()) as client:
        client.get("/version")
        return client


def failure(kubeconfig: Path, **options: t.Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read_version(kubeconfig, **options)
    return caught.value


def shown(pair: Pair) -> Object:
    return {
        "client-certificate-data": base64.b64encode(pair.pem).decode(),
        "client-key-data": base64.b64encode(pair.key_pem).decode(),
    }


CA_REMEDY = (
    "put the CA of the cluster into cluster 'home' of the kubeconfig; it is on a controller in /var/lib/k0s/pki/ca.crt (k0s), "
    "/var/lib/rancher/k3s/server/tls/server-ca.crt (k3s), /etc/kubernetes/pki/ca.crt (kubeadm)"
)


def test_another_ca(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    error = failure(api.kubeconfig(tmp_path, pki, ca=pki.other_ca))
    assert str(error) == f"cannot verify the certificate of {api.url}: the CA of the kubeconfig did not sign it"
    assert (error.reason, error.remedy) == ("invalid", CA_REMEDY)
    assert api.requests == []


def test_no_ca_at_all_means_those_of_the_system(api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = api.kubeconfig(tmp_path, pki, ca=None)
    assert "did not sign it" in str(failure(path))
    (tmp_path / "system.pem").write_bytes(pki.ca.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    read_version(path)


def test_a_name_that_the_certificate_does_not_hold(serve_with: ServeWith, pki: Pki, tmp_path: Path) -> None:
    with serve_with(pki.elsewhere) as api:
        error = failure(api.kubeconfig(tmp_path, pki))
        assert str(error) == f"cannot verify the certificate of {api.url}: it is not for 127.0.0.1"
        assert error.reason == "invalid"
        assert error.remedy == (
            "write a name or address that it is for as server of cluster 'home', or such a name as its tls-server-name; "
            "k0s adds those of spec.api.sans, k3s those of tls-san"
        )
        assert api.requests == []
        read_version(api.kubeconfig(tmp_path, pki, cluster={"tls-server-name": "api.example.org"}))
        wrong = api.kubeconfig(tmp_path, pki, cluster={"tls-server-name": "other.example.org"})
        assert "it is not for other.example.org" in str(failure(wrong))


def test_an_expired_certificate_of_the_server(serve_with: ServeWith, pki: Pki, tmp_path: Path) -> None:
    with serve_with(pki.expired) as api:
        error = failure(api.kubeconfig(tmp_path, pki))
        assert str(error) == f"cannot verify the certificate of {api.url}: it has expired"
        assert error.reason == "invalid"


def test_verification_is_off_only_when_the_kubeconfig_says_so(serve_with: ServeWith, pki: Pki, tmp_path: Path) -> None:
    with serve_with(pki.expired) as api:
        client = read_version(api.kubeconfig(tmp_path, pki, ca=pki.other_ca, cluster={"insecure-skip-tls-verify": True}))
        assert client.protection == "the certificate is not checked (insecure-skip-tls-verify)"


def test_the_certificate_of_the_server_itself_may_be_trusted(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    client = read_version(api.kubeconfig(tmp_path, pki, ca=pki.server))
    assert client.protection == "the certificate is valid for 127.0.0.1"


def test_a_server_without_tls(serve_with: ServeWith, pki: Pki, tmp_path: Path) -> None:
    with serve_with(None) as api:
        error = failure(api.kubeconfig(tmp_path, pki, server=api.url.replace("http:", "https:")))
        assert str(error) == f"cannot speak TLS with {api.url.replace('http:', 'https:')}: it answers without TLS"
        assert error.reason == "invalid"
        assert read_version(api.kubeconfig(tmp_path, pki)).protection == f"{api.url} is read without TLS"


def test_nothing_listens(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
        error = failure(api.kubeconfig(tmp_path, pki, server=url))
    assert str(error) == f"cannot connect to {url}: the connection was refused"
    assert error.reason == "unreachable"
    assert error.remedy == (
        "check that the API server runs, that server in the kubeconfig is right and that no firewall blocks the port"
    )


def test_a_name_that_does_not_resolve(api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    path = api.kubeconfig(tmp_path, pki, server="https://api.example.org:6443")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(path)
    assert str(error) == "cannot find api.example.org: the name does not resolve"
    assert error.reason == "unreachable"


def test_a_connection_that_is_never_made(api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise TimeoutError("timed out")

    path = api.kubeconfig(tmp_path, pki)
    monkeypatch.setattr("urllib3.util.connection.create_connection", late)
    error = failure(path)
    assert str(error) == f"cannot connect to {api.url}: no answer within 5 seconds"
    assert error.reason == "timeout"


def test_a_handshake_that_never_ends(api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        monkeypatch.setattr(f"{MODULES}.client.CONNECT_SECONDS", 0.2)
        error = failure(api.kubeconfig(tmp_path, pki, server=url))
    assert error.reason == "timeout"
    assert str(error) == f"cannot read /version from {url}: no answer within 0.2 seconds"


def test_a_handshake_that_breaks_off(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"

        def hang_up() -> None:
            connection = listener.accept()[0]
            connection.recv(4096)
            connection.close()

        threads = [threading.Thread(target=hang_up, daemon=True) for attempt in range(2)]
        for thread in threads:
            thread.start()
        error = failure(api.kubeconfig(tmp_path, pki, server=url))
    assert str(error) == f"cannot read /version from {url}: the connection was lost twice"
    assert error.reason == "unreachable"


def test_an_old_token_says_since_when(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    path = api.kubeconfig(tmp_path, pki, user={"token": token({"sub": ACCOUNT, "exp": 1772215200})})
    error = failure(path)
    assert str(error) == (
        f"cannot log in to kubernetes 'lab': the API server at {api.url} refused the credentials of context 'lab': "
        "token expired on 2026-02-27T18:00:00Z"
    )
    assert (error.reason, error.remedy) == ("unauthorized", NEW_KUBECONFIG)


def test_an_old_client_certificate_says_since_when(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    error = failure(api.kubeconfig(tmp_path, pki, user=shown(pki.old_admin)))
    expires = pki.old_admin.certificate.not_valid_after_utc
    assert str(error).endswith(f"context 'lab': client certificate expired on {expires:%Y-%m-%dT%H:%M:%SZ}")
    assert expires < NOW


def test_no_credentials(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    assert str(failure(api.kubeconfig(tmp_path, pki, user={}))).endswith("refused the credentials of context 'lab': it has none")
    api.token = None
    assert "Authorization" not in api.requests[-1][3]
    read_version(api.kubeconfig(tmp_path, pki, user={}))


def test_user_and_password(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    api.token = None
    client = read_version(api.kubeconfig(tmp_path, pki, user={"username": "me", "password": "s3cret"}))
    assert api.requests[-1][3]["Authorization"].lower() == "basic " + base64.b64encode(b"me:s3cret").decode().lower()
    assert client.whom.identity.name == "me"


def test_a_client_certificate_and_who_it_is(serve_with: ServeWith, pki: Pki, tmp_path: Path) -> None:
    with serve_with(pki.server, client_ca=pki.ca) as api:
        api.token = None
        ledger = Ledger()
        client = read_version(api.kubeconfig(tmp_path, pki, user=shown(pki.admin)), ledger)
        assert client.whom.identity.name == "kubernetes-admin"
        assert client.whom.identity.groups == ("system:masters",)
        assert ledger.requests[0].identity == "kubernetes-admin"
        for wrong in (shown(pki.stranger), shown(pki.old_admin), {"token": "good-token"}):
            error = failure(api.kubeconfig(tmp_path, pki, user=wrong))
            assert error.reason == "unauthorized", str(error)
            assert error.remedy == NEW_KUBECONFIG


def test_it_knows_which_secrets_are_its_own(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    users = [({"token": "good-token"}, ("good-token",)), ({"username": "me", "password": "correct horse"}, ("correct horse",))]
    for user, secrets in [*users, (shown(pki.admin), (pki.admin.key_pem.decode(),)), ({}, ())]:
        with Client(Connection.from_options({"kubeconfig": str(api.kubeconfig(tmp_path, pki, user=user))}), Ledger()) as client:
            assert client.secrets == secrets


def test_nothing_stays_on_disk(api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the CA, nor a client certificate and its key, which are in a private folder only while they are loaded."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    seen: list[int] = []
    write = os.open

    def watch(path: t.Any, flags: int, mode: int = 0o777, **more: t.Any) -> int:
        opened = write(path, flags, mode, **more)
        if flags & os.O_CREAT and str(path).startswith(str(scratch)):
            seen.extend((stat.S_IMODE(os.fstat(opened).st_mode), stat.S_IMODE(Path(path).parent.stat().st_mode)))
        return opened

    monkeypatch.setattr(os, "open", watch)
    api.token = None
    path = api.kubeconfig(tmp_path, pki, user=shown(pki.admin))
    with Client(Connection.from_options({"kubeconfig": str(path)}), Ledger()) as client:
        assert list(scratch.iterdir()) == []
        client.get("/version")
    assert list(scratch.iterdir()) == []
    assert seen == [0o600, 0o700, 0o600, 0o700]


def test_nothing_stays_on_disk_when_the_key_is_wrong(
    api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    user = {**shown(pki.admin), "client-key-data": shown(pki.server)["client-key-data"]}
    with pytest.raises(ConfigError):
        read_version(api.kubeconfig(tmp_path, pki, user=user))
    assert list(scratch.iterdir()) == []


PROXY = "http://127.0.0.1:9"


def test_loopback_never_goes_through_a_proxy_of_the_environment(
    api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, PROXY)
    read_version(api.kubeconfig(tmp_path, pki))
    read_version(api.kubeconfig(tmp_path, pki, server=api.url.replace("127.0.0.1", "localhost")))


def test_other_hosts_go_through_the_proxy_of_the_environment(
    api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:s3cret@127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    error = failure(api.kubeconfig(tmp_path, pki, server="https://192.0.2.10:6443"))
    assert str(error) == "cannot connect to https://192.0.2.10:6443: the proxy http://127.0.0.1:9 does not lead there"
    assert error.reason == "unreachable"


def test_a_proxy_of_the_kubeconfig_counts_on_loopback_too(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    error = failure(api.kubeconfig(tmp_path, pki, cluster={"proxy-url": PROXY}))
    assert str(error) == f"cannot connect to {api.url}: the proxy http://127.0.0.1:9 does not lead there"


def test_the_user_part_of_a_server_shows_nowhere(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    client = read_version(api.kubeconfig(tmp_path, pki, server=api.url.replace("127", "me:s3cret@127")))
    assert client.whom.endpoint == api.url
    api.always["/version"] = lambda handler: handler.status(500)
    assert "s3cret" not in str(failure(api.kubeconfig(tmp_path, pki, server=api.url.replace("127", "me:s3cret@127"))))


# --- exec plugins


def plugin(folder: Path, body: str) -> Path:
    path = folder / "login.sh"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def exec_user(command: str, **more: t.Any) -> Object:
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, **more}}


def test_an_exec_plugin(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    plugin(tmp_path, 'printf \'{"status": {"token": "%s-%s"}}\' "$KIND" "$1"; echo "$KUBERNETES_EXEC_INFO" > info; cat >&2')
    more = {"args": ["token"], "env": [{"name": "KIND", "value": "good"}], "provideClusterInfo": True}
    ledger = Ledger()
    client = read_version(api.kubeconfig(tmp_path, pki, user=exec_user("./login.sh", **more)), ledger)
    assert client.whom.credentials == "token of exec plugin './login.sh'"
    [executed] = [line for line in ledger.requests if line.verb == "EXEC"]
    assert (executed.endpoint, executed.path, executed.status, executed.allowed) == ("./login.sh", "./login.sh", 0, True)
    assert f'"server": "{api.url}"' in (tmp_path / "info").read_text(encoding="utf-8")


def test_an_exec_plugin_that_gives_a_certificate(serve_with: ServeWith, pki: Pki, tmp_path: Path) -> None:
    with serve_with(pki.server, client_ca=pki.ca) as api:
        api.token = None
        pem, key = (part.decode().replace("\n", "\\n") for part in (pki.admin.pem, pki.admin.key_pem))
        (tmp_path / "answer").write_text(
            f'{{"status": {{"clientCertificateData": "{pem}", "clientKeyData": "{key}"}}}}', encoding="utf-8"
        )
        path = api.kubeconfig(tmp_path, pki, user=exec_user("cat", args=["answer"]))
        assert read_version(path).whom.identity.name == "kubernetes-admin"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo s3cret; echo s3cret >&2; exit 3", "ended with code 3"),
        ("echo s3cret", "did not print an ExecCredential"),
        ("echo '[]'", "did not print an ExecCredential"),
        ('echo \'{"status": {"s3cret": 1}}\'', "gave neither a token nor a certificate with its key"),
    ],
)
def test_an_exec_plugin_that_fails(api: FakeApi, pki: Pki, tmp_path: Path, body: str, words: str) -> None:
    plugin(tmp_path, body)
    path = api.kubeconfig(tmp_path, pki, user=exec_user("./login.sh", args=["s3cret"]))
    error = failure(path)
    assert str(error) == f"cannot log in to kubernetes 'lab': the exec plugin './login.sh' of user 'reader' {words}"
    assert error.reason == "unauthorized"
    assert error.remedy == f"see what this says: kubectl --kubeconfig {path} --context lab get nodes"
    assert api.requests == []


def test_an_exec_plugin_that_is_not_installed(api: FakeApi, pki: Pki, tmp_path: Path) -> None:
    ledger = Ledger()
    path = api.kubeconfig(tmp_path, pki, user=exec_user("no-such-login"))
    with pytest.raises(SourceError) as caught:
        read_version(path, ledger)
    assert str(caught.value) == (
        "cannot log in to kubernetes 'lab': the exec plugin 'no-such-login' of user 'reader' "
        "cannot be run (No such file or directory)"
    )
    assert [(line.verb, line.status) for line in ledger.requests] == [("EXEC", None)]


def test_an_exec_plugin_that_waits(api: FakeApi, pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{MODULES}.exec_plugin._SECONDS", 0.2)
    error = failure(api.kubeconfig(tmp_path, pki, user=exec_user("sleep", args=["5"])))
    assert str(error).endswith("the exec plugin 'sleep' of user 'reader' did not end within 0.2 seconds")
    assert error.reason == "timeout"
