# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client over real TLS: certificates, logins and hosts in turn."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
import typing as t
from pathlib import Path

import pytest
from lab.certificates import make_certificates

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import (
    ConfigError,
    SourceError,
)
from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.ledger import Ledger
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox import transport
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.client import Client
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.connection import Connection

PRINT = "openssl x509 -noout -fingerprint -sha256 -in /etc/pve/local/pve-ssl.pem"
TRUST = f"set ca_path to the file /etc/pve/pve-root-ca.pem of the host, or fingerprint to what this prints there: {PRINT}"
REACH = "check that the host is on, that api_host is right and that no firewall blocks the port"
PVE_ITSELF = "check that api_host is the API of Proxmox VE itself, on port 8006"

Options = dict[str, t.Any]

pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


def connect(options: Options, ledger: Ledger | None = None) -> dict[str, t.Any]:
    with Client(Connection.from_options(options), ledger or Ledger(), 1.0) as client:
        return client.connect()


def failure(options: Options) -> SourceError:
    with pytest.raises(SourceError) as caught:
        connect(options)
    return caught.value


def fingerprint(certificate: Path) -> str:
    digits = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest().upper()
    return ":".join(digits[index : index + 2] for index in range(0, 64, 2))


def dead_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


# ---------------------------------------------------------------- certificates


def test_ca_path(cluster: t.Any) -> None:
    assert connect(cluster.options())["version"] == "9.1.4"


def test_ca_path_may_be_the_certificate_of_the_host(cluster: t.Any) -> None:
    assert connect(cluster.options(ca_path=str(cluster.certificates.certificate)))


def test_unknown_ca(cluster: t.Any) -> None:
    error = failure(cluster.options(ca_path=None))
    assert str(error) == f"cannot verify the certificate of {cluster.address}: unable to get local issuer certificate"
    assert (error.reason, error.remedy) == ("invalid", TRUST)
    assert cluster.seen() == []


def test_ca_path_is_the_only_ca(cluster: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_certificates(tmp_path, "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cluster.certificates.ca))
    assert failure(cluster.options(ca_path=str(other.ca))).remedy == TRUST


def test_ca_bundle_of_the_environment_counts_without_ca_path(cluster: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(cluster.certificates.ca))
    assert connect(cluster.options(ca_path=None))


def test_name_mismatch(cluster: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *rest, **more: real("127.0.0.1", *rest, **more))
    host = f"pve.example:{cluster.pve.port}"
    error = failure(cluster.options(api_host=[host]))
    assert str(error) == (f"cannot verify the certificate of {host}: Hostname mismatch, certificate is not valid for 'pve.example'")
    assert error.remedy == "write a name or address that the certificate holds into api_host, or set fingerprint"


def test_fingerprint(cluster: t.Any) -> None:
    right = fingerprint(cluster.certificates.certificate)
    assert connect(cluster.options(ca_path=None, fingerprint=right))
    assert connect(cluster.options(ca_path=None, fingerprint=right, validate_certs=False))
    error = failure(cluster.options(ca_path=None, fingerprint="AB" * 32, validate_certs=False))
    assert str(error) == (
        f"cannot verify the certificate of {cluster.address}: its fingerprint is {right}, not the one that is configured"
    )
    assert error.remedy == (
        f"compare it with what this prints on the host: {PRINT}; each host of a cluster has its own, only ca_path fits all of them"
    )
    assert error.reason == "invalid"


def test_validate_certs_false_holds_against_the_environment(
    cluster: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(make_certificates(tmp_path, "other").ca))
    assert connect(cluster.options(ca_path=None, validate_certs=False))


def test_proxies_and_netrc_of_the_environment_are_not_used(cluster: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login root@pam password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{dead_port()}")
    assert connect(cluster.options())


def test_ca_path_mistakes(cluster: t.Any, tmp_path: Path) -> None:
    remedy = "ca_path must be a copy of /etc/pve/pve-root-ca.pem of the host"
    missing, garbage = tmp_path / "none.pem", tmp_path / "garbage.pem"
    garbage.write_text("no certificate here\n")
    with pytest.raises(ConfigError) as caught:
        connect(cluster.options(ca_path=str(missing)))
    assert str(caught.value) == f"cannot read ca_path {missing} of proxmox 'home': No such file or directory; {remedy}"
    for path in (garbage, cluster.certificates.key):
        with pytest.raises(ConfigError) as caught:
            connect(cluster.options(ca_path=str(path)))
        assert str(caught.value) == f"cannot use ca_path {path} of proxmox 'home': it holds no PEM certificate; {remedy}"


def test_one_context_for_all_connections(cluster: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = ssl.SSLContext.__new__
    monkeypatch.setattr(ssl.SSLContext, "__new__", lambda cls, *rest, **more: made.append(1) or real(cls, *rest, **more))
    with Client(Connection.from_options(cluster.options()), Ledger()) as client:
        client.connect()
        for repeat in range(5):
            assert client.rows("/cluster/status"), repeat  # Proxmox VE closes the connection after each of them
    assert len(made) == 1


# ---------------------------------------------------------------------- logins


def test_refused_logins(cluster: t.Any) -> None:
    unknown = failure(cluster.options(api_token_id="nobody"))
    assert str(unknown) == "cannot log in to proxmox 'home' as audit@pve!nobody: no such token 'nobody' for user 'audit@pve'"
    wrong = failure(cluster.options(api_token_secret="wrong-secret"))
    assert str(wrong) == "cannot log in to proxmox 'home' as audit@pve!deepdive: invalid token value!"
    expired = failure(cluster.token("expired"))
    assert str(expired) == "cannot log in to proxmox 'home' as audit@pve!expired: token 'expired' access expired"
    assert {unknown.reason, wrong.reason, expired.reason} == {"unauthorized"}
    assert expired.remedy == "pveum user token modify audit@pve expired --expire 0, or with a later time in seconds since 1970"


def test_password(cluster: t.Any) -> None:
    options = cluster.options(api_token_id=None, api_password="correct horse")
    ledger = Ledger()
    with Client(Connection.from_options(options), ledger) as client:
        client.connect()
        assert client.mapping("/access/permissions")["/"]["Sys.Audit"] == 1
    assert [(request.verb, request.path, request.identity) for request in ledger.requests] == [
        ("GET", "/access/permissions", "audit@pve"),
        ("POST", "/access/ticket", "audit@pve"),
        ("GET", "/version", "audit@pve"),
    ]
    error = failure({**options, "api_password": "wrong"})
    assert str(error) == "cannot log in to proxmox 'home' as audit@pve: authentication failure"


def test_second_factor(cluster: t.Any) -> None:
    cluster.pve.tfa = True
    with pytest.raises(ConfigError) as caught:
        connect(cluster.options(api_token_id=None, api_password="correct horse"))
    assert str(caught.value) == (
        "cannot log in to proxmox 'home' as audit@pve: the user has a second factor; "
        "use an API token: api_token_id and api_token_secret"
    )


# -------------------------------------------------------------- no connection


def test_connection_refused() -> None:
    port = dead_port()
    error = failure({"name": "home", "api_host": [f"127.0.0.1:{port}"], "api_user": "a@pve", "api_password": "x"})
    assert str(error) == f"cannot connect to 127.0.0.1:{port}: the connection was refused"
    assert (error.reason, error.remedy) == ("unreachable", REACH)


def test_name_does_not_resolve(cluster: t.Any) -> None:
    error = failure(cluster.options(api_host=["pve.invalid"]))
    assert str(error) == "cannot find pve.invalid: the name does not resolve"
    assert error.remedy == "write the address of the host into api_host, or repair the name service"


def test_no_answer_to_the_connection(cluster: t.Any) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        for turn in range(4):
            waiting.append(socket.socket())
            waiting[turn].setblocking(False)
            waiting[turn].connect_ex(("127.0.0.1", port))
        error = failure(cluster.options(api_host=[f"127.0.0.1:{port}"]))
        for one in waiting:
            one.close()
    assert str(error) == f"cannot connect to 127.0.0.1:{port}: no answer within 1 seconds"
    assert (error.reason, error.remedy) == ("timeout", REACH)


def test_plain_http(stub: t.Any) -> None:
    server = stub(lambda handler: handler.answer(200, b"{}"), tls=False)
    error = failure(server.options)
    assert str(error) == f"cannot speak TLS with {server.options['api_host'][0]}: wrong version number"
    assert (error.reason, error.remedy) == ("invalid", PVE_ITSELF)


@pytest.mark.parametrize(
    "body",
    [b"<html>login</html>", b"[]", b'{"version": "9"}', b"null", b"\xff\xfe", b""],
    ids=["html", "list", "bare", "null", "bytes", "empty"],
)
def test_an_answer_of_something_else(stub: t.Any, body: bytes) -> None:
    error = failure(stub(lambda handler: handler.answer(200, body)).options)
    assert str(error) == "cannot read /version: the answer of proxmox 'home' is not one of the Proxmox VE API"
    assert (error.reason, error.remedy) == ("invalid", PVE_ITSELF)


@pytest.mark.parametrize("body", [b'{"data": null}', b'{"data": []}', b'{"data": {"version": 9}}'])
def test_an_answer_of_another_form(stub: t.Any, body: bytes) -> None:
    error = failure(stub(lambda handler: handler.answer(200, body)).options)
    assert str(error) == "cannot read /version: the answer of proxmox 'home' has another form than expected"


def test_an_error_page_of_something_else(stub: t.Any) -> None:
    for body in (b"<html>", b"[]", b'"x"'):
        error = failure(stub(lambda handler, body=body: handler.answer(503, body)).options)
        assert str(error) == "cannot read /version: 503 Service Unavailable"
        assert error.reason == "unreachable"


def test_redirects_are_not_followed(stub: t.Any) -> None:
    elsewhere = stub(lambda handler: handler.answer(200, b'{"data": {"version": "9.1.4"}}'))
    target = f"https://{elsewhere.options['api_host'][0]}/api2/json/version"
    error = failure(stub(lambda handler: handler.answer(302, b"", Location=target)).options)
    assert str(error) == "cannot read /version: proxmox 'home' answers with a redirect"
    assert elsewhere.asked == []


def test_cookies_of_the_server_are_not_kept(cluster: t.Any, stub: t.Any) -> None:
    seen = []

    def behave(handler: t.Any) -> None:
        seen.append(handler.headers.get("Cookie"))
        handler.answer(200, b'{"data": {"version": "9.1.4"}}', **{"Set-Cookie": "PVEAuthCookie=theirs; path=/"})

    with Client(Connection.from_options(stub(behave).options), Ledger()) as client:
        client.connect()
        client.get("/version")
    assert seen == [None, None]


# ------------------------------------------------------- lost and slow answers


def _lose(times: int) -> t.Callable[[t.Any], None]:
    left = [times]

    def behave(handler: t.Any) -> None:
        if left[0]:
            left[0] -= 1
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        else:
            handler.answer(200, b'{"data": {"version": "9.1.4"}}')

    return behave


def test_a_lost_connection_is_tried_once_more(stub: t.Any) -> None:
    ledger = Ledger()
    server = stub(_lose(1))
    assert connect(server.options, ledger)["version"] == "9.1.4"
    assert [request.status for request in ledger.requests] == [None, 200]
    assert len(server.asked) == 2


def test_a_connection_lost_twice(stub: t.Any) -> None:
    server = stub(_lose(2))
    error = failure(server.options)
    assert str(error) == f"cannot read /version from {server.options['api_host'][0]}: the connection was lost twice"
    assert (error.reason, len(server.asked)) == ("unreachable", 2)


def test_a_cut_off_answer_is_tried_once_more(stub: t.Any) -> None:
    bodies = [b"999", None]

    def behave(handler: t.Any) -> None:
        if bodies.pop(0):
            handler.send_response(200)
            handler.send_header("Content-Length", "999")
            handler.end_headers()
            handler.wfile.write(b'{"da')
            handler.close_connection = True
        else:
            handler.answer(200, b'{"data": {"version": "9.1.4"}}')

    assert connect(stub(behave).options)["version"] == "9.1.4"


def test_time_outs_follow_the_endpoint(cluster: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert transport.answer_seconds("/nodes/north/status", 10) == 10
    assert transport.answer_seconds("/nodes/north/status", 4) == 4
    assert transport.answer_seconds("/nodes/north/qemu/100/agent/network-get-interfaces", 4) == 9
    assert transport.answer_seconds("/nodes/north/qemu/100/agent/network-get-interfaces", 60) == 60
    assert transport.answer_seconds("/storage", 10) == 30
    cluster.pve.slow["/version"] = 5
    error = failure(cluster.options(timeout=1))
    assert str(error) == f"cannot read /version from {cluster.address}: no answer within 1 seconds"
    assert (error.reason, error.remedy) == ("timeout", "when the host is only slow, set timeout to more seconds")


# --------------------------------------------------------------- hosts in turn


def test_the_next_host_answers(cluster: t.Any) -> None:
    dead = f"127.0.0.1:{dead_port()}"
    ledger = Ledger()
    with Client(Connection.from_options(cluster.options(api_host=[dead, cluster.address])), ledger) as client:
        client.connect()
        client.get("/cluster/status")
        assert str(client.address) == cluster.address
    assert [(request.path, request.status) for request in ledger.requests] == [
        ("/cluster/status", 200),
        ("/version", None),
        ("/version", 200),
    ]


def test_a_host_that_dies_while_reading(stub: t.Any) -> None:
    body = b'{"data": {"version": "9.1.4"}}'
    first = stub(lambda handler: handler.answer(200, body, Connection="close"))
    second = stub(lambda handler: handler.answer(200, body))
    both = {**first.options, "api_host": first.options["api_host"] + second.options["api_host"]}
    with Client(Connection.from_options(both), Ledger()) as client:
        client.connect()
        first.shutdown()
        first.server_close()
        assert client.get("/version") == client.get("/version") == {"version": "9.1.4"}
    assert (len(first.asked), len(second.asked)) == (1, 2)


def test_no_host_answers() -> None:
    ports = [dead_port(), dead_port()]
    options = {"name": "home", "api_host": [f"127.0.0.1:{port}" for port in ports], "api_user": "a@pve", "api_password": "x"}
    error = failure(options)
    assert str(error) == "; ".join(f"cannot connect to 127.0.0.1:{port}: the connection was refused" for port in ports)


def test_a_host_that_accepts_and_keeps_silent(stub: t.Any) -> None:
    silent = stub(lambda handler: time.sleep(2))
    good = stub(lambda handler: handler.answer(200, b'{"data": {"version": "9.1.4"}}'))
    both = {**silent.options, "api_host": silent.options["api_host"] + good.options["api_host"], "timeout": 1}
    assert connect(both) == {"version": "9.1.4"}


def test_a_refusal_is_not_asked_of_the_next_host(start: t.Any) -> None:
    first, second = start(), start()
    error = failure(first.options(api_host=[first.address, second.address], api_token_secret="wrong"))
    assert error.reason == "unauthorized"
    assert second.seen() == []


def test_an_api_that_is_gone_is_not_waited_for_again_and_again() -> None:
    options = {
        "name": "home",
        "api_host": [f"127.0.0.1:{dead_port()}"],
        "api_user": "a@pve",
        "api_token_id": "t",
        "api_token_secret": "s",
    }
    ledger = Ledger()
    with Client(Connection.from_options(options), ledger) as client:
        for turn in range(5):
            with pytest.raises(SourceError) as caught:
                client.get("/version")
            assert caught.value.reason == "unreachable", turn
    assert len(ledger.requests) == 3
    assert str(caught.value) == "cannot read /version: proxmox 'home' stopped answering"
