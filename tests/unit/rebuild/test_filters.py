# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters as Ansible calls them."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

POOL = {"name": "lab", "addresses": ["192.0.2.240/29"]}
DETACHED = {"metadata": {"name": "pvc-1"}, "status": {"state": "detached"}}


def evaluated(expression: str, **variables: t.Any) -> t.Any:
    return Templar(loader=DataLoader(), variables=variables).template(trust_as_template(f"{{{{ {expression} }}}}"))


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("('v1.34.3+k0s.0' | homelab.deepdive.k0s_version_path('v1.34.4+k0s.0')).action", "upgrade"),
        ("(none | homelab.deepdive.k0s_version_path('v1.34.4+k0s.0')).action", "install"),
        ("('v1.30.2+k0s.0' | homelab.deepdive.k0s_version_path('v1.31.1+k0s.0', ['v1.30.14+k0s.0'])).stations | length", 2),
        ("('1.9.0' | homelab.deepdive.longhorn_version_path('1.12.1')).action", "refuse"),
        ("(['--profile=a'] | homelab.deepdive.k0s_flags_changed(['k0s', 'worker'])).changed", True),
        ("{'a': {'b': 1}} | homelab.deepdive.k0s_config_merge({'a': {'c': 2}}, {'a': {'b': none}})", {"a": {"c": 2}}),
        ("({} | homelab.deepdive.k0s_config_changed({'spec': {'images': {'a': 'b'}}})).changed", False),
        ("[pool] | homelab.deepdive.metallb_pool_problems(nodes=['192.0.2.31/24'])", []),
        ("[pool] | homelab.deepdive.metallb_pool_problems(same_subnet=false, service_count=9) | length", 1),
        ("(2 | homelab.deepdive.longhorn_replica_count(3)).count", 2),
        ("('2' | homelab.deepdive.longhorn_replica_count).count", 2),
        ("'3' | homelab.deepdive.longhorn_replica_counts", {"v1": 3, "v2": 3}),
        ("([volume] | homelab.deepdive.longhorn_volume_gate).verdict", "continue"),
        ("([volume] | homelab.deepdive.longhorn_volume_gate([], [], 'worker-1')).verdict", "continue"),
        ("[] | homelab.deepdive.default_storage_class_problems | length", 1),
        ("{'rebuild_format': 1, 'k0s_hosts': []} | homelab.deepdive.rebuild_problems | length", 1),
    ],
)
def test_filters(expression: str, result: t.Any) -> None:
    assert evaluated(expression, pool=POOL, volume=DETACHED) == result


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("5 | homelab.deepdive.k0s_flags_changed([])", "the wanted flags are neither a list of words nor a text"),
        ("'x' | homelab.deepdive.k0s_config_merge({})", "cannot merge the configuration of k0s: 'x' is no mapping"),
        ("{} | homelab.deepdive.k0s_config_changed(none)", "the actual one is no mapping"),
        ("0 | homelab.deepdive.longhorn_replica_count", "no node has storage"),
        (
            "[] | homelab.deepdive.rebuild_problems",
            "cannot use homelab.deepdive.rebuild_problems: the input is no mapping of variables",
        ),
        ("'x' | homelab.deepdive.longhorn_replica_counts", "cannot use default-replica-count 'x'"),
        (
            "none | homelab.deepdive.longhorn_volume_gate",
            "cannot use homelab.deepdive.longhorn_volume_gate: volumes is no list of objects with metadata; "
            "give it the resources of k8s_info",
        ),
        (
            "[volume] | homelab.deepdive.longhorn_volume_gate(engines=['x'])",
            "cannot use homelab.deepdive.longhorn_volume_gate: engines is no list of objects with metadata",
        ),
        (
            "{'resources': []} | homelab.deepdive.default_storage_class_problems",
            "cannot use homelab.deepdive.default_storage_class_problems: the input is no list of objects with metadata",
        ),
    ],
)
def test_filters_say_what_is_wrong(expression: str, message: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        evaluated(expression, volume=DETACHED)
    assert message in str(caught.value)
