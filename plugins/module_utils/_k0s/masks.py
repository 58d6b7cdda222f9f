# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Takes secrets, and what changes from start to start, out of what k0s tells of itself."""

from __future__ import annotations

import typing as t

from .._evidence.redaction import Redactor

Tree = dict[str, t.Any]

_STATUS = ("Version", "Role", "SingleNode", "Workloads", "Args", "WorkerToAPIConnectionStatus", "K0sVars")


def masked_status(status: t.Mapping[str, t.Any], redactor: Redactor) -> Tree:
    """The answer of k0s status without its configuration, process numbers and fields that k0s never fills in."""
    kept = {key: status[key] for key in _STATUS if key in status}
    if not kept.get("Workloads"):
        # On a controller without workloads it says "no success" and means "not tried".
        kept.pop("WorkerToAPIConnectionStatus", None)
    paths = kept.pop("K0sVars", None)
    words = kept.pop("Args", None)
    masked: Tree = redactor.tree(kept)
    if isinstance(words, list):
        masked["Args"] = masked_words([str(word) for word in words], redactor)
    if isinstance(paths, t.Mapping):
        # Where k0s keeps things, and one number that is new with each start.
        masked["K0sVars"] = {key: value for key, value in paths.items() if key != "InvocationID"}
    return masked


def masked_words(words: t.Sequence[str], redactor: Redactor) -> list[str]:
    """A command line. Words that hold a command line themselves, such as --kubelet-extra-args="--a b", are looked into."""
    return [_masked_inner(word, redactor) for word in redactor.arguments(words)]


def _masked_inner(word: str, redactor: Redactor) -> str:
    name, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    if " " not in value:
        return word
    return name + equals + " ".join(redactor.arguments(value.split(" ")))


def masked_config(config: t.Mapping[str, t.Any], redactor: Redactor) -> Tree:
    """The configuration of a controller: its database login, arguments of components, and logins of chart repositories."""
    masked: Tree = redactor.tree(config)
    repositories = _below(masked, "spec", "extensions", "helm").get("repositories")
    for repository in repositories if isinstance(repositories, list) else []:
        for key in ("username", "password"):
            if isinstance(repository, dict) and isinstance(repository.get(key), str) and repository[key]:
                repository[key] = redactor.mask(repository[key])
    return masked


def _below(tree: t.Mapping[str, t.Any], *path: str) -> Tree:
    """The mapping below a path of keys, an empty one when there is none."""
    node: t.Any = tree
    for key in path:
        node = node.get(key) if isinstance(node, t.Mapping) else None
    return t.cast("Tree", node) if isinstance(node, dict) else {}
