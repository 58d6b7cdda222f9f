# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is masked, what stays readable, and that no place lets a planted secret through."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._evidence.redaction import Redactor, looks_random, secret_name

REDACTOR = Redactor(b"key of the tests")
# Random strings as generators of passwords make them: the kind that must go even without a telling name.
PLANTED = ["q7Rk2ZvX9mTb4LwP", "f3a9c1e7b2d84065a1b2", "Zk9/aB3+xQ7=Lm2Pw8sT", "0aB1cD2eF3gH4iJ5kL6mN7oP"]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("maxmindLicenseKey", True),
        ("LICENCE_KEY", True),
        ("licenseKeyRef", False),
        ("PASSWORD", True),
        ("DB_PASSWORD", True),
        ("dbPassword", True),
        ("DBPASSWORD", True),
        ("kine.dataSource", True),
        ("apikey", True),
        ("api-key", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("OPENVPN_PASS", True),
        ("sshkeys", True),
        ("WIREGUARD_PRIVATE_KEY", True),
        ("secretName", False),
        ("existingSecret", False),
        ("POSTGRES_PASSWORD_FILE", False),
        ("keyboard", False),
        ("compass", False),
        ("bypass", False),
        ("monkey", False),
        ("TZ", False),
        ("tokenizer", False),
    ],
)
def test_secret_names(name: str, secret: bool) -> None:
    assert secret_name(name) is secret


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("password=hunter2", "hunter2"),
        ("--db-password=hunter2 --verbose", "hunter2"),
        ("password: correct horse battery", "horse"),
        ('{"password": "hun ter2", "user": "x"}', "ter2"),
        ("export API_KEY='hun ter2'", "ter2"),
        ("password: |\n  hunter2\n  more2\nnext: kept", "more2"),
        ("https://user:hunter2@host/path", "hunter2"),
        ("https://user:hun@ter2@host/path", "ter2"),
        ("user:hunter2@tcp(db:3306)/x", "hunter2"),
        ("Authorization: Bearer abcdefghij", "abcdefghij"),
        ("curl -H 'X: Bearer abcdefghij'", "abcdefghij"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEabc\n-----END PRIVATE KEY-----", "MIIEabc"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEabc cut off", "MIIEabc"),
        ("see ghp_abcdefghijklmnop", "ghp_abcdefghijklmnop"),
        ("AGE-SECRET-KEY-1QQQQQQQQQQ", "1QQQQQ"),
        ("PVEAPIToken=a@pve!t=6f1e", "6f1e"),
        ("args=password=hunter2", "hunter2"),
        ("psql --password hunter2 -d x", "hunter2"),
        ('["psql", "--password", "hunter2"]', "hunter2"),
        ("psql -password 'hunter2'", "hunter2"),
        ("curl -u admin:hunter2 http://host", "hunter2"),
        ("curl --user=admin:hunter2 http://host", "hunter2"),
        ("sshpass -p hunter2 ssh host", "hunter2"),
        ("redis-cli -h db -a hunter2 ping", "hunter2"),
        ("mysqldump -u root -phunter2 db", "hunter2"),
        ("login root, password hunter2", "hunter2"),
        ("Passwort: hunter", "hunter"),
        ("- name: DB_PASSWORD\n  value: hunter2", "hunter2"),
        ('{"name":"DB_PASSWORD","value":"hun ter2"}', "ter2"),
        ("secrets:\n  main: hunter2\nnext: kept", "hunter2"),
        ("passwords:\n- hunter2\n- more\nnext: kept", "hunter2"),
        ("kind: Secret\nstringData:\n  any: hunter2", "hunter2"),
        ("mount -o ro //user:hunter2@nas/share", "hunter2"),
        *[(f"word {planted} word", planted) for planted in PLANTED],
    ],
)
def test_text_masks(text: str, gone: str) -> None:
    masked = REDACTOR.text(text)
    assert gone not in masked
    assert "«masked:" in masked


@pytest.mark.parametrize(
    "text",
    [
        "kube-prometheus-stack-grafana",
        "/var/lib/k0s/kubelet/plugins/kubernetes.io",
        "docker.io/library/nginx:1.25.3-alpine",
        "nginx:1.25@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "http://prometheus.monitoring.svc.cluster.local:9090/api/v1/query",
        "v1.34.4+k0s.0",
        "--leader-elect=true --port=7472 --log-level=info",
        "192.168.7.1,10.0.0.0/8",
        "password=",
        "password: null",
        "secretName: web-tls",
        "2026-02-27T18:00:00Z",
        "Europe/Amsterdam",
        "terminationGracePeriodSeconds: 30",
        "nodeLocalLoadBalancing and loadByIdAndName",
        "disk-pressure-eviction on task-runner-production",
        "Password manager of the family",
        "run as -u 1000:1000 with --port 8080 --leader-elect",
        'MountVolume.SetUp failed: secret "web-1-tls" not found',
        "//registry.example/team/web",
    ],
)
def test_text_stays_readable(text: str) -> None:
    assert REDACTOR.text(text) == text


def test_a_user_part_is_masked_once() -> None:
    assert re.fullmatch("https://«masked:[0-9a-f]{8}»@host/x", REDACTOR.text("https://me:pw123@host/x"))


def test_json_in_a_text_is_read_key_by_key() -> None:
    value = json.dumps(
        {"spec": {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "fast"}], "pin": {"token": 1234}}}
    )
    masked = REDACTOR.named("last-applied", value)
    assert "hunter2" not in masked
    assert "1234" not in masked
    assert "fast" in masked


@pytest.mark.parametrize(
    ("arguments", "gone", "kept"),
    [
        (["--token", "hunter2", "--port", "80"], "hunter2", "80"),
        (["--token=hunter2", "--port=80"], "hunter2", "--port=80"),
        (["-e", "DB_PASSWORD=hunter2"], "hunter2", "-e"),
        (["sh", "-c", "run --password hunter2x --x; PASSWORD=hunter2x true"], "PASSWORD=hunter2x", "sh"),
        (["--upstream=postgres://u:hunter2@db/x"], "hunter2", "@db/x"),
    ],
)
def test_arguments(arguments: list[str], gone: str, kept: str) -> None:
    masked = " ".join(REDACTOR.arguments(arguments))
    assert gone not in masked
    assert kept in masked


def test_equal_secrets_have_equal_masks_and_other_keys_other_masks() -> None:
    assert REDACTOR.mask("hunter2") == REDACTOR.mask("hunter2") != REDACTOR.mask("hunter3")
    assert REDACTOR.mask("hunter2") != Redactor(b"another key").mask("hunter2")
    assert re.fullmatch("«masked:[0-9a-f]{8}»", REDACTOR.mask("hunter2"))


@given(st.text(), st.sampled_from(PLANTED), st.text())
def test_a_random_secret_never_survives_in_text(before: str, planted: str, after: str) -> None:
    text = before + planted + after
    # The same string next to itself may hide in a sha256 digest only, which is identity.
    if "sha256:" not in text and "sha512:" not in text:
        assert planted not in REDACTOR.text(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1), st.text())
def test_a_named_secret_never_survives(value: str, after: str) -> None:
    masked = REDACTOR.named("DB_PASSWORD", value)
    assert (
        masked == value
        if value.strip().lower() in ("", "true", "false", "null", "none", "~", "{}", "[]")
        else value not in masked or len(value) < 9
    )


_LEAVES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@given(_LEAVES, st.sampled_from(PLANTED), st.text(max_size=8))
def test_a_random_secret_never_survives_in_a_tree(tree: object, planted: str, key: str) -> None:
    grown = {
        "first": tree,
        key: [planted, {"name": "MODE", "value": f"x {planted}"}, json.dumps({"a": planted})],
        "k " + planted: 1,
    }
    assert planted not in json.dumps(REDACTOR.tree(grown), ensure_ascii=False)


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = REDACTOR.text(text)
    assert REDACTOR.text(once) == once


def test_a_window_inside_a_long_dull_word_is_seen() -> None:
    assert looks_random("a" * 60 + PLANTED[0] + "b" * 60)
    assert not looks_random("a" * 200)


@pytest.mark.parametrize(
    "word", ["mysql ", "redis-cli -h x ", "--password ", "sshpass -p ", "curl -u a:", "secret:\n", "name: a\nvalue: b\n"]
)
def test_long_texts_of_command_lines_take_no_time(word: str) -> None:
    started = time.monotonic()
    REDACTOR.text(word * (100_000 // len(word)))
    assert time.monotonic() - started < 5
