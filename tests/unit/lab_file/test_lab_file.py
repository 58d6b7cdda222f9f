# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab file becomes: normalised values, paths, environment, templates and vault."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.parsing.vault import VaultLib
from ansible.template import Templar

from ansible_collections.homelab.deepdive.plugins.plugin_utils._lab_file import load_lab_file, plain

from .conftest import SECRETS, Lab

FULL = """
plugin: homelab.deepdive.lab
strict: true
compose: {x: "{{ inventory_hostname }}"}
proxmox:
  - name: home
    api_host: [192.0.2.11, "192.0.2.12:8006"]
    api_user: audit@pve
    api_token_id: deepdive
    api_token_secret: "{{ lookup('ansible.builtin.env', 'LAB_TOKEN') }}"
    ca_path: pve-root-ca.pem
    timeout: 20
    gather: [guests]
  - {name: other, api_host: "[2001:db8::1]:8006", api_user: root@pam, api_password: "pw", validate_certs: false}
kubernetes:
  - {name: lab, kubeconfig: ~/.kube/lab.conf, context: lab}
k0s:
  ssh: true
  user: admin
  private_key_file: keys/id
  hosts:
    - ctrl-1
    - name: here
      connection: local
      become: false
      data_dir: /srv/k0s
      k0s_binary: /opt/k0s
      status_socket: /run/x.sock
      recording: rec
    - {name: ctrl-2, address: 192.0.2.31, port: 2222, user: other}
repository: {path: ../src/homelab, url_aliases: ["https://git.example.org/lab.git"]}
audit: {fail_on: [high, gap], banner: "MY LAB", dir: out, docs_dir: ../docs, rules_dirs: [rules, /abs/rules]}
"""
PROXMOX = "proxmox: [{name: home, api_host: h, api_user: a@pve, api_token_id: t, api_token_secret: s}]\n"


def test_a_whole_file(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TOKEN", "s3cret")
    folder = str(lab.folder)
    host = {
        "become": True,
        "connection": "ssh",
        "data_dir": None,
        "gather": None,
        "k0s_binary": None,
        "port": None,
        "recording": None,
    }
    host |= {"private_key_file": f"{folder}/inventory/keys/id", "status_socket": None, "timeout": None, "user": "admin"}
    local = {"name": "here", "address": "here", "connection": "local", "become": False, "recording": f"{folder}/inventory/rec"}
    local |= {"data_dir": "/srv/k0s", "k0s_binary": "/opt/k0s", "status_socket": "/run/x.sock"}
    proxmox = {"api_password": None, "ca_path": None, "fingerprint": None, "gather": None, "timeout": None, "validate_certs": True}
    assert lab.load(FULL) == {
        "lab_file": f"{folder}/inventory/lab.yml",
        "proxmox": [
            proxmox
            | {"name": "home", "api_host": ["192.0.2.11", "192.0.2.12:8006"], "api_user": "audit@pve", "api_token_id": "deepdive"}
            | {
                "api_token_secret": "s3cret",
                "ca_path": f"{folder}/inventory/pve-root-ca.pem",
                "timeout": 20.0,
                "gather": ["guests"],
            },
            proxmox
            | {"name": "other", "api_host": ["[2001:db8::1]:8006"], "api_user": "root@pam", "api_token_id": None}
            | {"api_token_secret": None, "api_password": "pw", "validate_certs": False},
        ],
        "kubernetes": [
            {"name": "lab", "kubeconfig": "/home/someone/.kube/lab.conf", "context": "lab", "timeout": None, "gather": None}
        ],
        "k0s": {
            "ssh": True,
            "hosts": [
                host | {"name": "ctrl-1", "address": "ctrl-1"},
                host | local,
                host | {"name": "ctrl-2", "address": "192.0.2.31", "port": 2222, "user": "other"},
            ],
            "user": "admin",
            "port": None,
            "private_key_file": f"{folder}/inventory/keys/id",
            "become": True,
            "timeout": None,
            "gather": None,
        },
        "repository": {
            "name": "homelab",
            "path": f"{folder}/src/homelab",
            "url_aliases": ["https://git.example.org/lab.git"],
            "gather": None,
        },
        "audit": {
            "fail_on": ["high", "gap"],
            "banner": "MY LAB",
            "dir": f"{folder}/inventory/out",
            "docs_dir": f"{folder}/docs",
            "rules_dirs": [f"{folder}/inventory/rules", "/abs/rules"],
        },
    }


def test_what_is_not_configured(lab: Lab) -> None:
    loaded = lab.load(PROXMOX)
    assert loaded["kubernetes"] == []
    assert loaded["repository"] is None
    assert loaded["audit"] == {}
    assert loaded["k0s"] == {
        "ssh": False,
        "hosts": "auto",
        "user": None,
        "port": None,
        "private_key_file": None,
        "become": True,
        "timeout": None,
        "gather": None,
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("~/src/homelab", "homelab"),
        ("/srv/my lab!", "my-lab-"),
        ("/srv/.dotted", "dotted"),
        ("/", "repository"),
        ("/srv/_ä", "repository"),
    ],
)
def test_the_name_of_the_repository_is_a_safe_folder_name(lab: Lab, path: str, name: str) -> None:
    repository = lab.load(f"repository: {{path: '{path}'}}")["repository"]
    assert repository["name"] == name
    assert repository["path"] == path.replace("~", "/home/someone")


def test_the_result_is_plain_data(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_TOKEN", "s3cret")

    def types(value: t.Any) -> set[type]:
        if isinstance(value, dict):
            return {type(value)}.union(*(types(leaf) | {type(key)} for key, leaf in value.items()))
        return {type(value)}.union(*map(types, value)) if isinstance(value, list) else {type(value)}

    loaded = lab.load(FULL)
    assert types(loaded) == {dict, list, str, int, float, bool, type(None)}
    assert json.loads(json.dumps(loaded)) == loaded


def test_plain_makes_text_of_what_json_does_not_know(lab: Lab) -> None:
    assert lab.load(PROXMOX + "audit: {banner: 2026-01-02, profile: 1.5}")["audit"] == {"banner": "2026-01-02", "profile": 1.5}
    assert plain((1, {"a": (True, None)})) == [1, {"a": [True, None]}]


@pytest.mark.parametrize("user", ["api_user: a@pve,", ""])
def test_a_token_id_may_hold_its_user(lab: Lab, user: str) -> None:
    entry = lab.load(f"proxmox: [{{name: home, api_host: h, {user} api_token_id: 'a@pve!t', api_token_secret: s}}]")["proxmox"][0]
    assert (entry["api_user"], entry["api_token_id"]) == ("a@pve", "t")


# --- environment ---------------------------------------------------------------------------------------------------


def test_an_entry_is_completed_from_the_environment(lab: Lab) -> None:
    environ = {"PROXMOX_HOST": "pve", "PROXMOX_USER": "a@pve", "PROXMOX_TOKEN_ID": "t", "PROXMOX_TOKEN_SECRET": "s"}
    entry = lab.load("proxmox: [{name: home, api_host: mine}]", **environ, PROXMOX_CA_PATH="~/ca.pem")["proxmox"][0]
    assert {key: entry[key] for key in ("name", "api_host", "api_user", "api_token_id", "api_token_secret", "ca_path")} == {
        "name": "home",
        "api_host": ["mine"],
        "api_user": "a@pve",
        "api_token_id": "t",
        "api_token_secret": "s",
        "ca_path": "/home/someone/ca.pem",
    }


def test_sections_that_are_absent_come_from_the_environment(lab: Lab) -> None:
    environ = {"PROXMOX_HOST": "pve", "PROXMOX_USER": "a@pve", "PROXMOX_PASSWORD": "p", "PROXMOX_VALIDATE_CERTS": "no"}
    loaded = lab.load("plugin: homelab.deepdive.lab", **environ, K8S_AUTH_KUBECONFIG="k.conf", K8S_AUTH_CONTEXT="c")
    assert [(e["name"], e["api_host"], e["api_password"], e["validate_certs"]) for e in loaded["proxmox"]] == [
        ("proxmox", ["pve"], "p", False)
    ]
    assert [(e["name"], e["kubeconfig"], e["context"]) for e in loaded["kubernetes"]] == [
        ("kubernetes", str(lab.folder / "k.conf"), "c")
    ]


def test_an_empty_list_is_not_configured_whatever_the_environment_says(lab: Lab) -> None:
    loaded = lab.load("proxmox: []\nkubernetes: []\nrepository: {path: x}", PROXMOX_HOST="pve", KUBECONFIG="k.conf")
    assert (loaded["proxmox"], loaded["kubernetes"]) == ([], [])


def test_the_environment_is_ignored_where_there_are_several_entries(lab: Lab) -> None:
    entries = "{name: a, kubeconfig: a.conf}, {name: b, kubeconfig: b.conf}"
    loaded = lab.load(f"kubernetes: [{entries}]", K8S_AUTH_CONTEXT="c", KUBECONFIG="k.conf")["kubernetes"]
    assert [entry["context"] for entry in loaded] == [None, None]


@pytest.mark.parametrize(
    ("written", "environ", "expected"),
    [
        ("api_password: mine", {"PROXMOX_TOKEN_ID": "t", "PROXMOX_TOKEN_SECRET": "s"}, (None, None, "mine")),
        (
            "api_token_id: mine",
            {"PROXMOX_TOKEN_ID": "t", "PROXMOX_TOKEN_SECRET": "s", "PROXMOX_PASSWORD": "p"},
            ("mine", "s", None),
        ),
        ("timeout: 5", {"PROXMOX_TOKEN_ID": "t", "PROXMOX_TOKEN_SECRET": "s", "PROXMOX_PASSWORD": "p"}, ("t", "s", None)),
        ("timeout: 5", {"PROXMOX_TOKEN_ID": "t", "PROXMOX_PASSWORD": "p"}, (None, None, "p")),
    ],
)
def test_the_environment_adds_no_second_way_to_log_in(
    lab: Lab, written: str, environ: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    entry = lab.load(f"proxmox: [{{name: home, api_host: h, api_user: a@pve, {written}}}]", **environ)["proxmox"][0]
    assert (entry["api_token_id"], entry["api_token_secret"], entry["api_password"]) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("ca_path: /mine.pem", ("/mine.pem", True)), ("validate_certs: false", (None, False)), ("timeout: 5", ("/env.pem", True))],
)
def test_the_environment_adds_no_second_way_to_trust(lab: Lab, written: str, expected: tuple[str | None, bool]) -> None:
    text = f"proxmox: [{{name: home, api_host: h, api_user: a@pve, api_password: p, {written}}}]"
    entry = lab.load(text, PROXMOX_CA_PATH="/env.pem")["proxmox"][0]
    assert (entry["ca_path"], entry["validate_certs"]) == expected


def test_of_several_paths_in_kubeconfig_the_first_that_exists(lab: Lab) -> None:
    (lab.folder / "b.conf").touch()
    assert lab.load("kubernetes: [{name: lab}]", KUBECONFIG="a.conf:b.conf")["kubernetes"][0]["kubeconfig"] == str(
        lab.folder / "b.conf"
    )
    assert lab.load(None, KUBECONFIG=":c.conf:d.conf")["kubernetes"][0]["kubeconfig"] == str(lab.folder / "c.conf")
    assert lab.load(None, KUBECONFIG="b.conf", K8S_AUTH_KUBECONFIG="e.conf")["kubernetes"][0]["kubeconfig"] == str(
        lab.folder / "e.conf"
    )


# --- templates and vault -------------------------------------------------------------------------------------------


def test_text_that_comes_out_of_a_lookup_is_never_a_template(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = lab.folder / "trap"
    hostile = f"{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}}"
    monkeypatch.setenv("HOSTILE", hostile)
    lookup = "{{ lookup('ansible.builtin.env', 'HOSTILE') }}"
    text = PROXMOX.replace("api_token_secret: s", f'api_token_secret: "{lookup}"') + f'audit: {{banner: "{lookup}"}}'
    loaded = lab.load(text)
    assert loaded["proxmox"][0]["api_token_secret"] == hostile
    assert loaded["audit"]["banner"] == hostile
    assert loaded["audit"]["banner"].__class__ is str
    assert not trap.exists()


def test_a_whole_section_may_come_from_a_lookup(lab: Lab) -> None:
    lab.write("repository: \"{{ lookup('ansible.builtin.file', 'repo.yml') | from_yaml }}\"")
    (lab.folder / "inventory" / "repo.yml").write_text("path: somewhere\nname: '{{ 1 + 1 }}'\n")
    with pytest.raises(Exception, match=r"^inventory/lab.yml: repository, name: may hold letters"):
        lab.load()
    (lab.folder / "inventory" / "repo.yml").write_text("path: somewhere\n")
    assert lab.load()["repository"]["path"] == str(lab.folder / "inventory" / "somewhere")


def test_values_as_lookups_write_them(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"T": "2.5", "P": "2222", "S": "yes"}.items():
        monkeypatch.setenv(name, value)
    env = {name: f"\"{{{{ lookup('ansible.builtin.env', '{name}') }}}}\"" for name in "TPS"}
    k0s = lab.load(f"{PROXMOX}k0s: {{ssh: {env['S']}, port: {env['P']}, timeout: {env['T']}}}")["k0s"]
    assert (k0s["ssh"], k0s["port"], k0s["timeout"]) == (True, 2222, 2.5)


def test_other_sections_are_not_templated(lab: Lab) -> None:
    lab.load(PROXMOX + "compose: {x: \"{{ lookup('ansible.builtin.pipe', 'false') }}\"}\ngroups: {y: \"{{ broken\"}\n")


def test_variables_of_the_play_are_not_seen(lab: Lab) -> None:
    text = PROXMOX.replace("name: home", 'name: "{{ lab_name }}"')
    with pytest.raises(Exception, match="uses the variable 'lab_name'"):
        lab.load(text, variables={"lab_name": "home"})


def test_vault_values_are_decrypted(lab: Lab, vault: t.Callable[[str], str]) -> None:
    value = "\n".join(" " * 6 + line for line in vault("p{{ 1 }}w").splitlines())
    text = f"proxmox:\n  - name: home\n    api_host: h\n    api_user: a@pve\n    api_password: !vault |\n{value}\n"
    secret = lab.load(text)["proxmox"][0]["api_password"]
    assert secret == "p{{ 1 }}w"
    assert secret.__class__ is str


def test_a_file_that_is_encrypted_as_a_whole(lab: Lab) -> None:
    lab.loader.set_vault_secrets(SECRETS)
    assert lab.load(VaultLib(SECRETS).encrypt(PROXMOX, SECRETS[0][1]).decode())["proxmox"][0]["api_token_secret"] == "s"


def test_yaml_aliases_are_followed(lab: Lab) -> None:
    loaded = lab.load("kubernetes:\n  - &a {name: a, kubeconfig: k, timeout: 5}\n  - {<<: *a, name: b}\n")["kubernetes"]
    assert [(entry["name"], entry["timeout"]) for entry in loaded] == [("a", 5.0), ("b", 5.0)]


def test_the_path_may_be_anywhere(lab: Lab) -> None:
    lab.write(PROXMOX)
    assert load_lab_file(str(lab.path), lab.loader, Templar(loader=lab.loader), {}, {})["lab_file"] == str(lab.path)
