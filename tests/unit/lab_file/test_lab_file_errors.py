# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sentence about a lab file that cannot be used, word by word, and no secret in any of them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from ansible.parsing.vault import VaultLib, VaultSecretsContext

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.plugin_utils._lab_file import audit_options

from .conftest import SECRETS, Lab

COPY = "copy inventory/lab.example.yml to it and edit it"
VAULT = "the vault password is missing or wrong; use --vault-password-file or --ask-vault-pass"
NO_VARIABLES = (
    "values here may use lookups and !vault, not variables; "
    "for an environment variable write {{ lookup('ansible.builtin.env', 'NAME') }}"
)
LINE_2 = "cannot read inventory/lab.yml: line 2 is not valid YAML"


def message(lab: Lab, text: str | None, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        lab.load(text, **environ)
    # A cause would be printed below the message, with the line of the file.
    assert caught.value.__cause__ is None
    return str(caught.value)


def proxmox(*lines: str, without: str = "") -> str:
    """A lab file with one Proxmox entry; lines replace those with the same key."""
    base = {
        "name": "name: home",
        "api_host": "api_host: h",
        "api_user": "api_user: a@pve",
        "api_token_id": "api_token_id: t",
        "api_token_secret": "api_token_secret: s3cret",
    }
    base.update({line.split(":")[0]: line for line in lines})
    base = {key: line for key, line in base.items() if key not in without.split()}
    return "proxmox:\n- " + "\n  ".join(base.values()) + "\n"


UNREADABLE = [
    ("", f"cannot read inventory/lab.yml: it is empty; {COPY}"),
    ("# nothing\n---\n", f"cannot read inventory/lab.yml: it is empty; {COPY}"),
    ("- proxmox", "cannot read inventory/lab.yml: it must be a mapping with keys such as proxmox, is a list"),
    ("proxmox", "cannot read inventory/lab.yml: it must be a mapping with keys such as proxmox, is text"),
    (
        "a:\n  - b\n c: d",
        "cannot read inventory/lab.yml: line 3 is not valid YAML: did not find expected key",
    ),
    (
        "proxmox:\n  - api_password: {{ secret }}\n",
        f"{LINE_2}: a value that holds {{{{ }}}} must be in quotes",
    ),
    (
        "proxmox:\n  - api_password: !s3cret",
        f"{LINE_2}: it holds an unknown tag; put a value that begins with ! in quotes",
    ),
    (
        "proxmox:\n  - api_password: *s3cret",
        f"{LINE_2}: it holds an unknown alias; put a value that begins with * in quotes",
    ),
    ("a: \x01", "cannot read inventory/lab.yml: it holds characters that YAML does not allow"),
    (
        "proxmox:\n  - name: home\n    api_password: s3cret\n    api_password: s3cret2\n",
        "inventory/lab.yml: line 4: key 'api_password' is there twice; keep one",
    ),
]


@pytest.mark.parametrize(("text", "expected"), UNREADABLE)
def test_what_cannot_be_read(lab: Lab, capfd: pytest.CaptureFixture[str], text: str, expected: str) -> None:
    assert message(lab, text) == expected
    assert "s3cret" not in "".join(capfd.readouterr())


def test_a_missing_file(lab: Lab) -> None:
    assert message(lab, None) == f"cannot read inventory/lab.yml: there is no such file; {COPY}"


def test_a_folder(lab: Lab) -> None:
    lab.path.mkdir(parents=True)
    assert message(lab, None) == "cannot read inventory/lab.yml: it is a folder; give the path of the lab file"


def test_a_file_without_permission(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.write("plugin: x")

    def refuse(path: Path) -> t.NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert message(lab, None) == "cannot read inventory/lab.yml: Permission denied"


def test_bytes_that_are_no_text(lab: Lab) -> None:
    lab.write("")
    lab.path.write_bytes(b"plugin: \xff\xfe")
    assert message(lab, None) == "cannot read inventory/lab.yml: it is not UTF-8 text"


def test_an_encrypted_file_without_its_password(lab: Lab) -> None:
    text = VaultLib(SECRETS).encrypt("plugin: x", SECRETS[0][1]).decode()
    assert message(lab, text) == f"cannot read inventory/lab.yml: it is encrypted, and {VAULT}"


KEYS = [
    ("proxmocks: []", "unknown key 'proxmocks' at the top level; did you mean 'proxmox'?"),
    ("kubernetes_: []", "unknown key 'kubernetes_' at the top level; did you mean 'kubernetes'?"),
    ("on_eror: fail", "unknown key 'on_eror' at the top level; did you mean 'on_error'?"),
    ("1: x", "unknown key '1' at the top level; valid keys are "),
    (proxmox("api_hots: h", without="api_host"), "unknown key 'api_hots' in proxmox entry 'home'; did you mean 'api_host'?"),
    (
        proxmox("password: h"),
        "unknown key 'password' in proxmox entry 'home'; did you mean 'api_password'?",
    ),
    ("proxmox: [{zzz: h}]", "unknown key 'zzz' in proxmox entry 1; valid keys are api_host, api_password, api_token_id, "),
    (
        "kubernetes: [{name: lab, kubeconfg: x}]",
        "unknown key 'kubeconfg' in kubernetes entry 'lab'; did you mean 'kubeconfig'?",
    ),
    ("k0s: {shh: true}", "unknown key 'shh' in k0s; did you mean 'ssh'?"),
    (
        "k0s: {hosts: [{name: c, adress: x}]}",
        "unknown key 'adress' in k0s host 'c'; did you mean 'address'?",
    ),
    ("repository: {paht: x}", "unknown key 'paht' in repository; did you mean 'path'?"),
    (proxmox() + "audit: {fail: []}", "unknown key 'fail' in audit; did you mean 'fail_on'?"),
    (
        proxmox() + "audit: {zzz: []}",
        "unknown key 'zzz' in audit; valid keys are banner, dir, docs_dir, fail_on, profile, rules_dirs",
    ),
]


@pytest.mark.parametrize(("text", "expected"), KEYS)
def test_unknown_keys(lab: Lab, text: str, expected: str) -> None:
    said = message(lab, text)
    assert said == f"inventory/lab.yml: {expected}" or (
        expected.endswith(" ") and said.startswith(f"inventory/lab.yml: {expected}")
    )


VALUES = [
    ("plugin: homelab.deepdive.hosts", "plugin: must be homelab.deepdive.lab, is 'homelab.deepdive.hosts'"),
    ("plugin: homelab.deepdive.lab", "names nothing to read; add at least one of proxmox, kubernetes, k0s hosts, repository"),
    ("k0s: {ssh: true}", "names nothing to read; add at least one of proxmox, kubernetes, k0s hosts, repository"),
    ("proxmox: {name: home}", "proxmox: must be a list of entries, is a mapping; put '- ' before its first key"),
    ("proxmox: yes", "proxmox: must be a list of entries, is true or false"),
    ("proxmox: [home]", "proxmox entry 1: must be a mapping, is text"),
    ("proxmox: [[home]]", "proxmox entry 1: must be a mapping, is a list"),
    (proxmox(without="name"), "proxmox entry 1: name is missing; give each entry a name of its own"),
    (proxmox("name: 12"), "proxmox entry 1, name: must be text, is a number; put it in quotes"),
    (
        proxmox("name: ../home"),
        "proxmox entry '../home', name: may hold letters, digits, dot, dash and underscore, and starts with a letter or digit",
    ),
    (
        proxmox("name: .home"),
        "proxmox entry '.home', name: may hold letters, digits, dot, dash and underscore, and starts with a letter or digit",
    ),
    (proxmox() + proxmox().split("\n", 1)[1], "proxmox: the name 'home' is there twice; give each entry a name of its own"),
    (
        proxmox(without="api_host"),
        "proxmox entry 'home': api_host is missing; write the address of a Proxmox host, or a list of them",
    ),
    (
        proxmox("api_host: []"),
        "proxmox entry 'home': api_host is missing; write the address of a Proxmox host, or a list of them",
    ),
    (proxmox("api_host: {a: b}"), "proxmox entry 'home', api_host: must be text or a list of texts, is a mapping"),
    (proxmox("api_host: [1]"), "proxmox entry 'home', api_host: must be text, is a number; put it in quotes"),
    (proxmox("api_host: https://h"), "proxmox entry 'home', api_host: must be host or host:port, without https:// and path"),
    (proxmox(without="api_user"), "proxmox entry 'home': api_user is missing; write the user with its realm, such as audit@pve"),
    (proxmox("api_user: audit"), "proxmox entry 'home', api_user: lacks the realm; write it with its realm, such as audit@pve"),
    (
        proxmox("api_token_id: b@pve!t"),
        "proxmox entry 'home', api_token_id: is a token of another user than api_user; write only the part after the '!'",
    ),
    (proxmox(without="api_token_id"), "proxmox entry 'home': api_token_id is missing; api_token_secret needs it"),
    (proxmox(without="api_token_secret"), "proxmox entry 'home': api_token_secret is missing; api_token_id needs it"),
    (
        proxmox(without="api_token_id api_token_secret"),
        "proxmox entry 'home': has no way to log in; write api_token_id and api_token_secret, or api_password",
    ),
    (
        proxmox("api_password: s3cret"),
        "proxmox entry 'home': has both a token and api_password; keep one of them, the token if you can",
    ),
    (proxmox("api_token_secret: 12345"), "proxmox entry 'home', api_token_secret: must be text, is a number; put it in quotes"),
    (proxmox("api_token_secret: ''"), "proxmox entry 'home', api_token_secret: is empty; give it a value, or remove the line"),
    (
        proxmox("api_token_secret: \"{{ lookup('ansible.builtin.env', 'NO_SUCH') }}\""),
        "proxmox entry 'home', api_token_secret: is empty; set the environment variable NO_SUCH",
    ),
    (proxmox("timeout: soon"), "proxmox entry 'home', timeout: must be a number of seconds above 0"),
    (proxmox("timeout: 0"), "proxmox entry 'home', timeout: must be a number of seconds above 0"),
    (proxmox("timeout: .nan"), "proxmox entry 'home', timeout: must be a number of seconds above 0"),
    (proxmox("timeout: true"), "proxmox entry 'home', timeout: must be a number of seconds above 0"),
    (proxmox("validate_certs: maybe"), "proxmox entry 'home', validate_certs: must be true or false, is text"),
    (proxmox("gather: guests"), "proxmox entry 'home', gather: must be a list of texts, is text"),
    (proxmox("ca_path: a", "fingerprint: b"), "proxmox entry 'home': has both ca_path and fingerprint; keep one of them"),
    (
        proxmox("ca_path: a", "validate_certs: false"),
        "proxmox entry 'home': has ca_path and switches validate_certs off; keep ca_path and remove validate_certs",
    ),
    (
        proxmox("fingerprint: 'AB:CD'"),
        "proxmox entry 'home', fingerprint: must be a SHA-256 fingerprint, 32 pairs of hexadecimal digits with colons between",
    ),
    ("kubernetes: [{name: lab}]", "kubernetes entry 'lab': kubeconfig is missing; write the path of a kubeconfig file"),
    ("k0s: []", "k0s: must be a mapping, is a list"),
    ("k0s: {ssh: 7}", "k0s, ssh: must be true or false, is a number"),
    ("k0s: {port: 70000}", "k0s, port: must be a port, a number from 1 to 65535"),
    ("k0s: {hosts: all}", "k0s, hosts: must be auto or a list of hosts, is text"),
    ("k0s: {hosts: [{address: a}]}", "k0s host 1: name is missing; give each host a name of its own"),
    ("k0s: {hosts: [a, a]}", "k0s hosts: the name 'a' is there twice; give each entry a name of its own"),
    ("k0s: {hosts: [{name: a, connection: telnet}]}", "k0s host 'a', connection: must be ssh or local, is 'telnet'"),
    ("k0s: {hosts: [{name: a, data_dir: rel}]}", "k0s host 'a', data_dir: must be an absolute path on the host"),
    ("repository: ~/src", "repository: must be a mapping, is text"),
    ("repository: {}", "repository: path is missing; write the path of the checkout that Argo CD follows"),
    ("repository: {path: a, url_aliases: u}", "repository, url_aliases: must be a list of texts, is text"),
    (
        "repository: {path: a, name: a/b}",
        "repository, name: may hold letters, digits, dot, dash and underscore, and starts with a letter or digit",
    ),
    (proxmox() + "audit: [fail_on]", "audit: must be a mapping, is a list"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values_that_cannot_be_used(lab: Lab, monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    said = message(lab, text)
    assert said == f"inventory/lab.yml: {expected}"
    assert "s3cret" not in said
    assert "12345" not in said


TEMPLATES = [
    ("{{ my_secret }}", f"uses the variable 'my_secret'; {NO_VARIABLES}"),
    ("{{ my.secret }}", f"uses the variable 'my'; {NO_VARIABLES}"),
    ("{{ hostvars['a'].b }}", f"uses the variable 'hostvars'; {NO_VARIABLES}"),
    ("{{ lookup('no.such.lookup') }}", "cannot be resolved: The lookup plugin 'no.such.lookup' was not found."),
    ("{{ 'a' | }}", "cannot be resolved: Syntax error in template: expected token 'name', got 'end of print statement'"),
    (
        "{{ lookup('ansible.builtin.env', 'NO_SUCH', default=undef()) }}",
        "cannot be resolved: The environment variable 'NO_SUCH' is not set.",
    ),
]


@pytest.mark.parametrize(("template", "expected"), TEMPLATES)
def test_templates_that_cannot_be_rendered(lab: Lab, monkeypatch: pytest.MonkeyPatch, template: str, expected: str) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    text = proxmox(f'api_token_secret: "{template}"')
    assert message(lab, text) == f"inventory/lab.yml: proxmox entry 'home', api_token_secret: {expected}"


def test_a_lookup_that_fails_tells_why_and_no_secret(lab: Lab) -> None:
    text = proxmox("api_token_secret: \"{{ lookup('ansible.builtin.file', '/no/such?password=s3cret') }}\"")
    said = message(lab, text)
    assert said.startswith("inventory/lab.yml: proxmox entry 'home', api_token_secret: cannot be resolved: The lookup plugin ")
    assert "s3cret" not in said


@pytest.mark.parametrize("context", [None, VaultSecretsContext([])])
def test_a_vault_value_without_its_password(lab: Lab, monkeypatch: pytest.MonkeyPatch, context: VaultSecretsContext | None) -> None:
    monkeypatch.setattr(VaultSecretsContext, "_current", context)
    lines = VaultLib(SECRETS).encrypt("s3cret", SECRETS[0][1]).decode().splitlines()
    text = proxmox("api_token_secret: !vault |\n" + "\n".join(" " * 6 + line for line in lines))
    assert message(lab, text) == f"inventory/lab.yml: proxmox entry 'home', api_token_secret: cannot be decrypted: {VAULT}"


def test_options_of_the_audit_come_from_its_argument_specs(tmp_path: Path) -> None:
    specs = tmp_path / "argument_specs.yml"
    options = "{audit_dir: {type: path}, audit_lab_file: {type: path}, other: {type: str}, audit_fail_on: {type: list}}"
    specs.write_text(f"argument_specs: {{main: {{options: {options}}}}}")
    assert audit_options(specs) == {"dir": {"type": "path"}, "fail_on": {"type": "list"}}


def test_argument_specs_that_are_gone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^cannot read .*/x.yml: No such file or directory; install the collection again$"):
        audit_options(tmp_path / "x.yml")
