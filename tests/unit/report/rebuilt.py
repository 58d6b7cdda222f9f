# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of k0s clusters, and rebuild_vars.yml read back."""

from __future__ import annotations

import typing as t

import yaml
from unit.report.builders import Item, full_lab, node

from ansible_collections.homelab.deepdive.plugins.module_utils._report.rebuild import rebuild_files

MASK = "«masked:0123abcd»"


class Loader(yaml.SafeLoader):
    """Reads !unsafe text as plain text."""


Loader.add_constructor("!unsafe", lambda loader, value: loader.construct_scalar(value))


def controller(name: str = "c1", **fields: t.Any) -> Item:
    """A controller that a k0s host told of."""
    return {
        "id": f"controller/lab//{name}",
        "name": name,
        "cluster": "lab",
        "addresses": ["192.0.2.101"],
        "k0s_version": "v1.30.2+k0s.0",
        "config_args": ["controller"],
        "k0s_config": {"kind": "ClusterConfig", "spec": {}},
        "runs_workloads": False,
        **fields,
    }


def without(entity: Item, *fields: str) -> Item:
    """The entity without what was not read."""
    return {name: value for name, value in entity.items() if name not in fields}


def k0s_lab(*controllers: Item, nodes: t.Sequence[Item] | None = (), cluster: Item | None = None, **changes: t.Any) -> Item:
    """A lab with one cluster. nodes: None when they were not read. cluster: fields of its kube_clusters entry."""
    base = full_lab()["kube_clusters"][0]
    lab = full_lab(
        controllers=list(controllers),
        nodes=None if nodes is None else list(nodes),
        kube_clusters=[{**base, "parts": [], **(cluster or {})}],
        **changes,
    )
    return lab


def worker(name: str = "w1", **fields: t.Any) -> Item:
    """A node whose k0s host was read."""
    told = {"config_args": ["worker"], "k0s_version": "v1.30.2+k0s.0", "labels": {}}
    return node(name, **{**told, **fields})


def text_of(lab: Item, banner: str = "", name: str = "rebuild_vars.yml") -> str:
    """One of the files."""
    (found,) = [file.text for file in rebuild_files(lab, banner) if file.name == name]
    return found


def variables(lab: Item, name: str = "rebuild_vars.yml") -> Item:
    """One of the files, loaded. Every null in it must be accounted for."""
    loaded = yaml.load(text_of(lab, name=name), Loader)  # a safe loader
    missing = {one["what"] for one in loaded["rebuild_missing"]}
    assert nulls({key: value for key, value in loaded.items() if key != "rebuild_missing"}) <= missing
    return t.cast("Item", loaded)


def nulls(value: t.Any, place: str = "") -> set[str]:
    """Places of all nulls, as rebuild_missing names them."""
    if value is None:
        return {place}
    if isinstance(value, dict):
        return {found for key, inner in value.items() for found in nulls(inner, f"{place}.{key}".lstrip("."))}
    if isinstance(value, list):
        names = [inner.get("name", index) if isinstance(inner, dict) else index for index, inner in enumerate(value)]
        return {found for name, inner in zip(names, value, strict=True) for found in nulls(inner, f"{place}[{name}]")}
    return set()


def missing_of(lab: Item, start: str = "") -> dict[str, str]:
    """What is missing, by what; only what begins so."""
    return {one["what"]: one["why"] for one in variables(lab)["rebuild_missing"] if one["what"].startswith(start)}
