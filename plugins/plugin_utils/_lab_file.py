# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Reads the lab file for the playbook and the inventory plugin: one reader, one set of rules, one set of words.

Only the sections below are templated, leaf by leaf and without variables, so that the same file means the same in both. What a
lookup gives is data: it is never templated again.
"""

from __future__ import annotations

import os
import secrets
import typing as t
from pathlib import Path

import yaml
from ansible.errors import AnsibleError, AnsibleFileNotFound, AnsibleUndefinedVariable
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import EncryptedString
from ansible.template import Templar, trust_as_template

from ..module_utils._errors import ConfigError
from ..module_utils._evidence.redaction import Redactor
from ._lab_entry import Entry, check_keys, kind_of
from ._lab_sections import SECTION_KEYS, Section, k0s_section, kubernetes_section, proxmox_section, repository_section

PLUGIN = "homelab.deepdive.lab"
PLUGIN_OPTIONS = (
    "plugin",
    "on_error",
    "address_preference",
    "strict",
    "compose",
    "groups",
    "keyed_groups",
    "use_extra_vars",
    "leading_separator",
    "cache",
    "cache_plugin",
    "cache_timeout",
    "cache_connection",
    "cache_prefix",
)
SECTIONS = (*SECTION_KEYS, "audit")

AuditOptions = t.Mapping[str, t.Mapping[str, t.Any]]


_ARGUMENT_SPECS = Path(__file__).resolve().parents[2] / "roles" / "audit" / "meta" / "argument_specs.yml"


def audit_options(path: Path = _ARGUMENT_SPECS) -> AuditOptions:
    """The options of role audit without their prefix: {name: {type, elements, ...}}, from its argument_specs."""
    try:
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"cannot read {path}: {exc.strerror}; install the collection again") from exc
    options = specs["argument_specs"]["main"]["options"]
    return {name[len("audit_") :]: spec for name, spec in options.items() if name.startswith("audit_") and name != "audit_lab_file"}


def load_lab_file(
    path: str, loader: DataLoader, templar: Templar, audit: AuditOptions, environ: t.Mapping[str, str] | None = None
) -> dict[str, t.Any]:
    """The lab file at ``path``, checked and normalised; ConfigError with the file, entry and key for anything wrong.

    path: relative to the current directory. audit: valid keys of the audit section with their argument specs. Returns
    {lab_file: absolute path, proxmox: [...], kubernetes: [...], k0s: {...}, repository: {...} or None, audit: {...}} as plain
    values that hold secrets in clear text: give them to no task without no_log.
    """
    absolute = os.path.abspath(os.path.expanduser(path))
    content = _read(path, absolute, loader)
    check_keys(path, "at the top level", content, (*SECTIONS, *PLUGIN_OPTIONS))
    if content.get("plugin", PLUGIN) != PLUGIN:
        raise ConfigError(f"{path}: plugin: must be {PLUGIN}, is '{content['plugin']}'")
    templates = _Templates(path, os.path.dirname(absolute), templar)
    section = Section(path, os.path.dirname(absolute), content, templates.resolve, os.environ if environ is None else environ)
    lab: dict[str, t.Any] = {
        "lab_file": absolute,
        "proxmox": proxmox_section(section),
        "kubernetes": kubernetes_section(section),
        "k0s": k0s_section(section),
        "repository": repository_section(section),
        "audit": _audit_section(section, audit),
    }
    k0s_alone = lab["k0s"]["hosts"] != "auto" and lab["k0s"]["hosts"]
    if not (lab["proxmox"] or lab["kubernetes"] or lab["repository"] or k0s_alone):
        raise ConfigError(f"{path}: names nothing to read; add at least one of proxmox, kubernetes, k0s hosts, repository")
    return lab


def _read(path: str, absolute: str, loader: DataLoader) -> dict[t.Any, t.Any]:
    """The top level mapping, with templates trusted and vault values still encrypted."""
    text = _read_text(path, absolute, loader)
    _check_yaml(path, text)
    try:
        # show_content keeps lines of the file, which may hold a secret, out of warnings and errors.
        content = loader.load(trust_as_template(text), file_name=absolute, show_content=False)
    except AnsibleError as exc:
        mark = getattr(exc.__cause__, "problem_mark", None)
        raise _invalid_yaml(path, text, mark, "it holds an unknown tag; put a value that begins with ! in quotes") from None
    if content is None:
        raise ConfigError(f"cannot read {path}: it is empty; copy inventory/lab.example.yml to it and edit it")
    if not isinstance(content, dict):
        raise ConfigError(f"cannot read {path}: it must be a mapping with keys such as proxmox, is {kind_of(content)}")
    return content


def _read_text(path: str, absolute: str, loader: DataLoader) -> str:
    cause = ""
    if os.path.isdir(absolute):
        cause = "it is a folder; give the path of the lab file"
    else:
        try:
            text = loader.get_text_file_contents(absolute)
            text.encode()
            return text
        except AnsibleFileNotFound:
            cause = "there is no such file; copy inventory/lab.example.yml to it and edit it"
        except UnicodeEncodeError:
            cause = "it is not UTF-8 text"
        except AnsibleError as exc:
            error = exc.__cause__
            encrypted = "it is encrypted, and the vault password is missing or wrong; use --vault-password-file or --ask-vault-pass"
            cause = f"{error.strerror}" if isinstance(error, OSError) else encrypted
    raise ConfigError(f"cannot read {path}: {cause}")


def _check_yaml(path: str, text: str) -> None:
    """ConfigError for what is no YAML, and for a key that is there twice, which YAML readers take in silence."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(str(text), Loader=loader)
    except yaml.composer.ComposerError as exc:
        raise _invalid_yaml(
            path, text, exc.problem_mark, "it holds an unknown alias; put a value that begins with * in quotes"
        ) from None
    except yaml.MarkedYAMLError as exc:
        raise _invalid_yaml(path, text, exc.problem_mark, exc.problem or "it cannot be read") from None
    except yaml.YAMLError:
        raise ConfigError(f"cannot read {path}: it holds characters that YAML does not allow") from None
    _check_duplicates(path, root, set())


def _check_duplicates(path: str, node: yaml.Node | None, seen: set[int]) -> None:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[t.Any] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                raise ConfigError(f"{path}: line {key.start_mark.line + 1}: key '{key.value}' is there twice; keep one")
            keys.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            _check_duplicates(path, value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_duplicates(path, item, seen)


def _invalid_yaml(path: str, text: str, mark: yaml.Mark | None, problem: str) -> ConfigError:
    """problem: what the YAML reader said, without any text of the file."""
    if mark is None:
        return ConfigError(f"cannot read {path}: it is not valid YAML: {problem}")
    lines = text.splitlines()
    if mark.line < len(lines) and "{{" in lines[mark.line]:
        problem = "a value that holds {{ }} must be in quotes"
    return ConfigError(f"cannot read {path}: line {mark.line + 1} is not valid YAML: {problem}")


class _Templates:
    """Turns the values of a section into plain data: renders templates, decrypts, and drops all tags."""

    def __init__(self, path: str, folder: str, templar: Templar) -> None:
        self._path = path
        # No variables: the inventory plugin has none. The search path only tells the file lookups where to start.
        self._templar = templar.copy_with_new_env(available_variables={"ansible_search_path": [folder]})
        self._redactor = Redactor(secrets.token_bytes(32))

    def resolve(self, where: str, key: str, value: t.Any) -> t.Any:
        """The plain value of one key; ConfigError when it cannot be rendered."""
        if isinstance(value, t.Mapping):
            return {str(name): self.resolve(where, key, leaf) for name, leaf in value.items()}
        if isinstance(value, list):
            return [self.resolve(where, key, leaf) for leaf in value]
        try:
            return plain(self._templar.template(value))
        except AnsibleError as exc:
            # Not chained: the cause would show the line of the file.
            raise ConfigError(f"{self._path}: {where}, {key}: {self._cause(value, exc)}") from None

    def _cause(self, value: t.Any, exc: AnsibleError) -> str:
        if isinstance(value, EncryptedString):
            return "cannot be decrypted: the vault password is missing or wrong; use --vault-password-file or --ask-vault-pass"
        said = str(exc)
        if isinstance(exc, AnsibleUndefinedVariable) and said.endswith(" is undefined"):
            return (
                f"uses the variable {said[: -len(' is undefined')]}; values here may use lookups and !vault, not variables; "
                "for an environment variable write {{ lookup('ansible.builtin.env', 'NAME') }}"
            )
        return f"cannot be resolved: {self._redactor.text(said)}"


def plain(value: t.Any) -> t.Any:
    """Plain Python values without the tags of ansible-core, so that nothing that came out of a lookup is a template."""
    if isinstance(value, t.Mapping):
        return {str(key): plain(leaf) for key, leaf in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(leaf) for leaf in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def _audit_section(section: Section, options: AuditOptions) -> dict[str, t.Any]:
    """Variables of role audit without their prefix. Types are checked by the role, which knows them."""
    entry = section.mapping("audit", "audit", section.content.get("audit"), options)
    return {key: _audit_path(entry, key, value, options[key]) for key, value in entry.values.items()}


def _audit_path(entry: Entry, key: str, value: t.Any, spec: t.Mapping[str, t.Any]) -> t.Any:
    """Where a path leads; other values stay."""
    if "path" not in (spec.get("type"), spec.get("elements")):
        return value
    if isinstance(value, list):
        return [_audit_path(entry, key, item, {"type": "path"}) for item in value]
    return os.path.normpath(os.path.join(entry.folder, os.path.expanduser(value))) if isinstance(value, str) and value else value
