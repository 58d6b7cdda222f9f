# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Argo CD Applications and Kustomize files, as the files of a repository declare them."""

from __future__ import annotations

import posixpath
import re
import typing as t

from .._evidence.redaction import Redactor
from .nodes import Mapping, Node, Scalar, Sequence

_TRUE = frozenset(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"))
_FALSE = frozenset(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"))
_KUSTOMIZATION = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# A patch or an object that stands there itself, where a path could stand.
_INLINE = re.compile(r"[\n{}]|:\s")
_FLUX = "kustomize.toolkit.fluxcd.io/"
# Written by name in a source; where none is, Argo CD looks at the files of the folder.
_KINDS = {"helm": "Helm", "kustomize": "Kustomize", "directory": "Directory", "plugin": "Plugin"}

Row = dict[str, t.Any]


def is_application(version: str, kind: str) -> bool:
    """Whether an object is an Application of Argo CD."""
    return version.startswith("argoproj.io/") and kind == "Application"


def is_kustomization(path: str, document: Mapping) -> bool:
    """Whether Kustomize reads a file as its own; it goes by the name of the file."""
    return posixpath.basename(path) in _KUSTOMIZATION and not (document.text("apiVersion") or "").startswith(_FLUX)


def application_row(path: str, document: Mapping, redactor: Redactor) -> Row:
    """One Application; texts that the file does not have are None."""
    automated = document.get("spec", "syncPolicy", "automated")
    several = [source for source in _list(document.get("spec", "sources")) if isinstance(source, Mapping)]
    single = document.get("spec", "source")
    sources = several or ([single] if isinstance(single, Mapping) else [])
    return {
        "path": path,
        "namespace": document.text("metadata", "namespace"),
        "name": document.text("metadata", "name") or "",
        "project": document.text("spec", "project"),
        "destination": {
            "server": _shown(document.text("spec", "destination", "server"), redactor),
            "name": document.text("spec", "destination", "name"),
            "namespace": document.text("spec", "destination", "namespace"),
        },
        "sources": [_source_row(source, redactor) for source in sources],
        "automated": isinstance(automated, Mapping) and flag(automated.get("enabled")) is not False,
        "self_heal": flag(document.get("spec", "syncPolicy", "automated", "selfHeal")) is True,
        "prune": flag(document.get("spec", "syncPolicy", "automated", "prune")) is True,
        "finalizers": texts(document.get("metadata", "finalizers")),
    }


def _source_row(source: Mapping, redactor: Redactor) -> Row:
    """kind: the tool that is named; None leaves it to the files. value_files: of Helm, as written."""
    named = [kind for key, kind in _KINDS.items() if isinstance(source.get(key), Mapping)]
    directory = source.get("directory")
    return {
        "repo_url": _shown(source.text("repoURL"), redactor),
        "path": source.text("path"),
        "chart": source.text("chart"),
        "target_revision": source.text("targetRevision"),
        "ref": source.text("ref"),
        "kind": named[0] if named else None,
        "value_files": [redactor.url(entry) for entry in texts(source.get("helm", "valueFiles"))],
        "directory": {
            "recurse": flag(directory.get("recurse")) is True,
            "include": directory.text("include"),
            "exclude": directory.text("exclude"),
        }
        if isinstance(directory, Mapping)
        else None,
    }


def kustomization_row(path: str, document: Mapping, redactor: Redactor) -> Row:
    """resources: what it builds on, files, folders or addresses. files: what else it reads."""
    resources = [entry for key in ("resources", "bases", "components", "crds") for entry in texts(document.get(key))]
    files = [
        entry
        for key in ("patchesStrategicMerge", "generators", "transformers", "validators", "configurations")
        for entry in texts(document.get(key))
    ]
    for key, name in (("patches", "path"), ("patchesJson6902", "path"), ("replacements", "path"), ("helmCharts", "valuesFile")):
        files += [entry.text(name) or "" for entry in _list(document.get(key)) if isinstance(entry, Mapping)]
    for key in ("configMapGenerator", "secretGenerator"):
        for entry in _list(document.get(key)):
            if isinstance(entry, Mapping):
                files += [file.partition("=")[2] or file for file in texts(entry.get("files"))]
                files += [*texts(entry.get("envs")), entry.text("env") or ""]
    return {
        "path": path,
        "resources": [redactor.url(entry) for entry in resources if not _INLINE.search(entry)],
        "files": sorted({redactor.url(file) for file in files if file and not _INLINE.search(file)}),
    }


def flag(node: Node | None) -> bool | None:
    """A truth value as Kubernetes reads it; None for anything else."""
    if not isinstance(node, Scalar) or not node.plain or node.value not in _TRUE | _FALSE:
        return None
    return node.value in _TRUE


def texts(node: Node | None) -> list[str]:
    """The texts of a list."""
    return [item.value for item in _list(node) if isinstance(item, Scalar)]


def _list(node: Node | None) -> list[t.Any]:
    return node.items if isinstance(node, Sequence) else []


def _shown(url: str | None, redactor: Redactor) -> str | None:
    return redactor.text(url) if url else None
