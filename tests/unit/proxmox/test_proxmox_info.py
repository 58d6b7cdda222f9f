# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module, and that its documentation and its options say the same."""

from __future__ import annotations

import json
import typing as t

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.homelab.deepdive.plugins.doc_fragments.attributes import ModuleDocFragment as Attributes
from ansible_collections.homelab.deepdive.plugins.doc_fragments.proxmox import ModuleDocFragment as Fragment
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.client import PACKAGES
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.collect import NOUNS
from ansible_collections.homelab.deepdive.plugins.module_utils._proxmox.options import connection_spec
from ansible_collections.homelab.deepdive.plugins.modules import proxmox_info


def run(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        proxmox_info.main()
    return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out))


def module_options(cluster: t.Any, **other: t.Any) -> dict[str, t.Any]:
    options = {**cluster.options(), **other}
    return {name: value for name, value in options.items() if value is not None and name != "name"}


def test_reads(cluster: t.Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, _ansible_check_mode=True, **module_options(cluster))
    assert result["changed"] is False
    assert sorted(result["proxmox"]) == sorted(NOUNS)
    assert len(result["proxmox"]["guests"]) == 6
    assert (result["gaps"], result["requests_count"]) == ([], len(cluster.seen()))
    assert "1c5e0f1a-secret" not in json.dumps({key: value for key, value in result.items() if key != "invocation"})


def test_environment(cluster: t.Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXMOX_HOST", f"127.0.0.1:1,{cluster.address}")
    monkeypatch.setenv("PROXMOX_USER", "audit@pve")
    monkeypatch.setenv("PROXMOX_TOKEN_ID", "deepdive")
    monkeypatch.setenv("PROXMOX_TOKEN_SECRET", "1c5e0f1a-secret")
    monkeypatch.setenv("PROXMOX_CA_PATH", str(cluster.certificates.ca))
    result = run(capsys, gather=["storages"])
    assert sorted(result["proxmox"]) == ["storages", "version"]


def test_gaps(cluster: t.Any, capsys: pytest.CaptureFixture[str]) -> None:
    cluster.pve.set_node_offline("south")
    result = run(capsys, **module_options(cluster))
    assert result["gaps"] == [
        {
            "what": "hosts/south",
            "reason": "unreachable",
            "detail": "cannot read host south: the cluster says that it is offline",
            "remedy": "start south, or look at its network",
        }
    ]


def test_failures(cluster: t.Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, **module_options(cluster, api_token_id="nobody"))
    name = cluster.address
    assert result["failed"] is True
    assert result["msg"] == (
        f"cannot log in to proxmox '{name}' as audit@pve!nobody: no such token 'nobody' for user 'audit@pve'; "
        "pveum user token add audit@pve nobody --privsep 1, and write the secret that it prints into api_token_secret"
    )
    assert [gap["what"] for gap in result["gaps"]] == ["source"]
    result = run(capsys, **module_options(cluster, api_user="audit"))
    assert result["msg"] == f"cannot log in to proxmox '{name}': api_user 'audit' has no realm; write audit@pve or audit@pam"


def test_the_fragment_documents_the_options() -> None:
    documented = yaml.safe_load(Fragment.DOCUMENTATION)
    spec = connection_spec()
    assert sorted(documented["options"]) == sorted(spec)
    for name, option in documented["options"].items():
        told = {key: option.get(key) for key in ("type", "elements", "default", "required", "choices")}
        assert told == {key: spec[name].get(key) for key in told}, name
        fallback = spec[name].get("fallback")
        text = " ".join(option["description"])
        assert (f"E({fallback[1][0]})" in text) if fallback else "E(" not in text, name
    assert documented["requirements"] == [package.replace(">=", " >= ") for package in PACKAGES]


def test_secrets_are_marked() -> None:
    marked = {name for name, option in connection_spec().items() if option.get("no_log")}
    assert marked == {"api_password", "api_token_secret"}


def test_attributes() -> None:
    attributes = yaml.safe_load(Attributes.DOCUMENTATION)["attributes"]
    assert {name: value["support"] for name, value in attributes.items()} == {
        "check_mode": "full",
        "diff_mode": "N/A",
        "idempotent": "full",
    }


def test_the_return_names_every_noun() -> None:
    assert sorted(yaml.safe_load(proxmox_info.RETURN)["proxmox"]["contains"]) == sorted(NOUNS)
