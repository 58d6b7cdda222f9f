# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import typing as t
from pathlib import Path

import pytest
import yaml
from unit.kubernetes.fake_api import Object, Pki

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.client import Client
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kubeconfig import read_context
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.options import Connection

SCRIPT = "roles/audit/files/permissions/kubernetes/make-kubeconfig.sh"


def document(**changes: t.Any) -> Object:
    return {
        "current-context": "lab",
        "contexts": [{"name": "lab", "context": {"cluster": "home", "user": "reader"}}],
        "clusters": [{"name": "home", "cluster": {"server": "https://192.0.2.10:6443"}}],
        "users": [{"name": "reader", "user": {"token": "good-token"}}],
        **changes,
    }


def user(**fields: t.Any) -> Object:
    return {"users": [{"name": "reader", "user": fields}]}


def cluster(**fields: t.Any) -> Object:
    return {"clusters": [{"name": "home", "cluster": {"server": "https://192.0.2.10:6443", **fields}}]}


def connection(path: Path, context: str | None = None) -> Connection:
    return Connection.from_options({"name": "lab", "kubeconfig": str(path), "context": context})


def message(path: Path, content: Object | str | bytes | None, context: str | None = None) -> str:
    """What making a client says, with the path of the kubeconfig as FILE."""
    if content is not None:
        data = content if isinstance(content, (str, bytes)) else yaml.safe_dump(content)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    with pytest.raises(ConfigError) as caught:
        Client(connection(path, context), Ledger())
    return str(caught.value).replace(str(path), "FILE").replace(str(path.parent), "FOLDER")


ONLY_ONE = "make the kubeconfig again"
USER = "cannot log in with kubeconfig FILE: user 'reader' of context 'lab'"
MISTAKES: list[tuple[str, Object | str | bytes | None, str]] = [
    (
        "no file",
        None,
        f"cannot read kubeconfig FILE: there is no such file; write the path of a kubeconfig, or make one with {SCRIPT}",
    ),
    ("not YAML", "a: [1\nb: {token: s3cret", f"cannot read kubeconfig FILE: it is not YAML (line 2); make it again with {SCRIPT}"),
    ("binary", b"\xff\xfe\x00", f"cannot read kubeconfig FILE: it is not YAML; make it again with {SCRIPT}"),
    ("no mapping", "just text", f"cannot use kubeconfig FILE: it has no clusters and contexts; make one with {SCRIPT}"),
    ("empty", "", f"cannot use kubeconfig FILE: it has no clusters and contexts; make one with {SCRIPT}"),
    (
        "no current context",
        document(**{"current-context": ""}),
        "cannot use kubeconfig FILE: it has no current-context; set context to one of lab",
    ),
    (
        "no contexts",
        document(**{"current-context": None, "contexts": None}),
        "cannot use kubeconfig FILE: it has no current-context; it has no contexts at all",
    ),
    (
        "cluster of context missing",
        document(clusters=[]),
        "cannot use context 'lab' of kubeconfig FILE: its cluster 'home' is not in the file",
    ),
    (
        "user of context missing",
        document(users=[]),
        "cannot use context 'lab' of kubeconfig FILE: its user 'reader' is not in the file",
    ),
    (
        "entry without a name",
        document(users=[{"user": {}}]),
        "cannot use kubeconfig FILE: an entry of its users lacks a name or a mapping 'user'",
    ),
    (
        "server is no URL",
        document(**cluster(server="192.0.2.10:6443")),
        "cannot use cluster 'home' of kubeconfig FILE: its server is no URL such as https://192.0.2.10:6443",
    ),
    (
        "server has an impossible port",
        document(**cluster(server="https://192.0.2.10:644333")),
        "cannot use cluster 'home' of kubeconfig FILE: its server is no URL such as https://192.0.2.10:6443",
    ),
    (
        "CA file missing",
        document(**cluster(**{"certificate-authority": "pki/ca.crt"})),
        "cannot read certificate-authority FOLDER/pki/ca.crt of cluster 'home' in kubeconfig FILE: No such file or directory; "
        "copy the file there, or write its content into the kubeconfig with: kubectl config view --raw --flatten",
    ),
    (
        "CA data is not base64",
        document(**cluster(**{"certificate-authority-data": "***"})),
        "cannot use kubeconfig FILE: certificate-authority-data of cluster 'home' is not base64; "
        "copy the file again from where it was made",
    ),
    (
        "CA data is no certificate",
        document(**cluster(**{"certificate-authority-data": base64.b64encode(b"hello").decode()})),
        "cannot use the CA of cluster 'home' in kubeconfig FILE: it holds no PEM certificate; "
        "copy certificate-authority-data again from where the kubeconfig was made",
    ),
    (
        "auth-provider",
        document(**user(**{"auth-provider": {"name": "gcp", "config": {"access-token": "s3cret"}}})),
        f"{USER} uses the auth-provider 'gcp', which Kubernetes removed in 1.26; "
        f"use a token or an exec plugin, or make a kubeconfig with {SCRIPT}",
    ),
    (
        "impersonation",
        document(**user(**{"token": "s3cret", "as": "somebody"})),
        f"{USER} reads as somebody else (as), which is not supported; make a kubeconfig with {SCRIPT}",
    ),
    (
        "exec plugin without command",
        document(**user(exec={"args": ["s3cret"]})),
        f"{USER} has an exec plugin without command or apiVersion; {ONLY_ONE}",
    ),
    (
        "certificate without key",
        document(**user(**{"client-certificate-data": "aGVsbG8="})),
        f"{USER} has only one of client-certificate and client-key; {ONLY_ONE}",
    ),
    (
        "token file missing",
        document(**user(tokenFile="token")),
        "cannot read tokenFile FOLDER/token of user 'reader' in kubeconfig FILE: No such file or directory; "
        "copy the file there, or write its content into the kubeconfig with: kubectl config view --raw --flatten",
    ),
    (
        "token with a space",
        document(**user(token="s3cret more")),
        "cannot log in with kubeconfig FILE: the token of user 'reader' holds characters that no token has, "
        "such as spaces or line ends",
    ),
    (
        "proxy is no URL",
        document(**cluster(**{"proxy-url": "ftp://me:s3cret@proxy.example.org"})),
        "cannot use the proxy of cluster 'home' in kubeconfig FILE: ftp://proxy.example.org is no URL of a proxy, "
        "or the package PySocks is missing",
    ),
]


@pytest.mark.parametrize(("content", "expected"), [pytest.param(*rest, id=name) for name, *rest in MISTAKES])
def test_each_mistake_has_its_sentence(tmp_path: Path, content: t.Any, expected: str) -> None:
    found = message(tmp_path / "kubeconfig", content)
    assert found == expected
    assert "s3cret" not in found


def test_an_unknown_context_lists_those_that_exist(tmp_path: Path) -> None:
    contexts = [{"name": name, "context": {"cluster": "home", "user": "reader"}} for name in ("lab", "attic")]
    assert message(tmp_path / "kubeconfig", document(contexts=contexts), context="cellar") == (
        "cannot use context 'cellar' of kubeconfig FILE: there is no such context; it has attic, lab"
    )
    assert message(tmp_path / "kubeconfig", document(contexts=[]), context="cellar") == (
        "cannot use context 'cellar' of kubeconfig FILE: there is no such context; it has no contexts at all"
    )


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert message(tmp_path, None) == "cannot read kubeconfig FILE: Is a directory; check its path and its permissions"


def test_a_file_without_read_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: t.Any, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", deny)
    assert message(tmp_path / "kubeconfig", None) == (
        "cannot read kubeconfig FILE: Permission denied; check its path and its permissions"
    )


def test_a_key_that_does_not_belong_to_its_certificate(tmp_path: Path, pki: Pki) -> None:
    start = "cannot use the client certificate and key of user 'reader' in kubeconfig FILE: "
    for certificate, key, expected in (
        (pki.admin.pem, pki.server.key_pem, f"{start}they are no PEM, or do not belong together; {ONLY_ONE}"),
        (b"hello", pki.admin.key_pem, f"{start}they are no PEM, or do not belong together; {ONLY_ONE}"),
        (pki.admin.pem, pki.admin.private(b"password"), f"{start}the key is encrypted; {ONLY_ONE}"),
    ):
        fields = {
            "client-certificate-data": base64.b64encode(certificate).decode(),
            "client-key-data": base64.b64encode(key).decode(),
        }
        assert message(tmp_path / "kubeconfig", document(**user(**fields))) == expected


def test_paths_are_relative_to_the_kubeconfig(tmp_path: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "ca.crt").write_bytes(b"# a comment\n" + pki.ca.pem + pki.other_ca.pem)
    (tmp_path / "token").write_text("good-token\n", encoding="utf-8")
    path = tmp_path / "kubeconfig"
    content = document(**cluster(**{"certificate-authority": "pki/ca.crt"}), **user(tokenFile="token"))
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    monkeypatch.chdir("/")
    context = read_context(connection(path))
    assert context.secret() == "good-token"
    assert context.content("cluster", "certificate-authority") == b"# a comment\n" + pki.ca.pem + pki.other_ca.pem
    with Client(connection(path), Ledger()) as client:
        assert client.whom.endpoint == "https://192.0.2.10:6443"


def test_secrets_do_not_show_when_a_context_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(document(**user(token="s3cret"))), encoding="utf-8")
    assert "s3cret" not in repr(read_context(connection(path)))


def test_of_several_files_in_the_environment_the_first_that_exists_counts(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("{}", encoding="utf-8")
    several = f"{tmp_path}/absent:{path}:{tmp_path}/other"
    assert Connection.from_options({"kubeconfig": several}).kubeconfig == str(path)
    assert Connection.from_options({"kubeconfig": f"{tmp_path}/a:{tmp_path}/b"}).kubeconfig == f"{tmp_path}/a"


def test_without_any_kubeconfig_that_of_kubectl_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert Connection.from_options({"kubeconfig": None}).kubeconfig == "/home/someone/.kube/config"


@pytest.mark.parametrize("value", [0, -1, "soon", 10_000])
def test_a_timeout_that_is_none(value: t.Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Connection.from_options({"name": "lab", "timeout": value})
    assert str(caught.value) == f"cannot use timeout '{value}' of kubernetes 'lab': it is no number of seconds from 1 to 3600"


def test_a_noun_that_does_not_exist() -> None:
    with pytest.raises(
        ConfigError, match=r"cannot gather 'pod' from kubernetes 'lab': there is no such thing; choose from version, "
    ):
        Connection.from_options({"name": "lab", "gather": ["pod"]})
