# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module, and that its documentation and its options say the same."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from unit.kubernetes.fake_api import FakeApi

from ansible_collections.homelab.deepdive.plugins.doc_fragments.kubernetes import ModuleDocFragment as Fragment
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.client import PACKAGES
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.kinds import Object
from ansible_collections.homelab.deepdive.plugins.module_utils._kubernetes.options import NOUNS, connection_spec
from ansible_collections.homelab.deepdive.plugins.modules import kubernetes_info


def run(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> Object:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        kubernetes_info.main()
    return t.cast("Object", json.loads(capsys.readouterr().out))


def test_reads(api: FakeApi, options: Object, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(capsys, _ansible_check_mode=True, kubeconfig=options["kubeconfig"])
    assert (result["changed"], result["gaps"], result["requests_count"]) == (False, [], len(api.requests))
    assert (result["version"], result["identity"]) == ("v1.34.4+k0s", None)
    assert set(result["kubernetes"]) == set(NOUNS)
    assert "good-token" not in json.dumps(result)


@pytest.mark.parametrize("variable", ["K8S_AUTH_KUBECONFIG", "KUBECONFIG"])
def test_environment(api: FakeApi, options: Object, capsys: t.Any, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, options["kubeconfig"])
    assert set(run(capsys, gather=["nodes"])["kubernetes"]) == {"version", "nodes"}
    monkeypatch.setenv("K8S_AUTH_CONTEXT", "attic")
    assert "cannot use context 'attic' of kubeconfig" in run(capsys)["msg"]


def test_gaps(api: FakeApi, options: Object, capsys: pytest.CaptureFixture[str]) -> None:
    api.always["/api/v1/nodes"] = lambda handler: handler.status(403)
    result = run(capsys, kubeconfig=options["kubeconfig"])
    assert [gap["what"] for gap in result["gaps"]] == ["nodes"]
    assert "nodes" not in result["kubernetes"]
    assert "failed" not in result


def test_failures(api: FakeApi, options: Object, capsys: pytest.CaptureFixture[str]) -> None:
    api.token = "another"
    result = run(capsys, kubeconfig=options["kubeconfig"])
    assert result["failed"] is True
    assert result["msg"] == (
        f"cannot log in to kubernetes '{Path(options['kubeconfig']).name}': the API server at {api.url} refused the credentials "
        "of context 'lab': expired or unknown token; "
        "make a new kubeconfig with roles/audit/files/permissions/kubernetes/make-kubeconfig.sh"
    )
    assert [gap["what"] for gap in result["gaps"]] == ["source"]
    result = run(capsys, kubeconfig="/does/not/exist")
    assert result["msg"].startswith("cannot read kubeconfig /does/not/exist: there is no such file; ")
    assert result["gaps"] == []


def test_the_fragment_documents_the_options() -> None:
    documented = yaml.safe_load(Fragment.DOCUMENTATION)
    spec = connection_spec()
    assert sorted(documented["options"]) == sorted(spec)
    for name, option in documented["options"].items():
        told = {key: option.get(key) for key in ("type", "elements", "default", "required", "choices")}
        assert told == {key: spec[name].get(key) for key in told}, name
        text = str(option["description"])
        fallback = spec[name].get("fallback")
        named = fallback[1] if fallback else []
        assert all(f"E({variable})" in text for variable in named), name
        assert bool(named) == ("E(" in text), name
    assert documented["requirements"] == [package.replace(">=", " >= ") for package in PACKAGES]


def test_no_option_is_a_secret() -> None:
    assert not [name for name, option in connection_spec().items() if option.get("no_log")]
