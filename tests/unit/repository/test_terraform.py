# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, variables, modules and instances of Terraform and OpenTofu; what cannot be told; files that mean harm."""

from __future__ import annotations

import json
import sys
import time
import typing as t

import pytest

from ansible_collections.homelab.deepdive.plugins.module_utils._repository import collect as collect_module
from ansible_collections.homelab.deepdive.plugins.module_utils._repository import terraform_files, values

from .conftest import Checkout

VM = 'resource "proxmox_virtual_environment_vm" "a" {\n  name = "%s"\n%s}\n'


def names(checkout: Checkout, files: t.Mapping[str, str]) -> list[t.Any]:
    """Names of the guests, or the fields that cannot be told."""
    checkout.write(files)
    nouns = checkout.nouns()
    assert nouns["terraform_problems"] == []
    return [row.get("name", row["unresolved"]) for row in nouns["terraform_guests"]]


def problems(checkout: Checkout, files: t.Mapping[str, str | bytes]) -> list[tuple[str, str]]:
    checkout.write(files)
    nouns = checkout.nouns()
    assert nouns["terraform_guests"] == []
    return [(row["path"], row["detail"]) for row in nouns["terraform_problems"]]


DEFAULT = 'variable "n" {\n  default = "default"\n}\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "default"),
        ({"terraform.tfvars": 'n = "tfvars"'}, "tfvars"),
        ({"terraform.tfvars": 'n = "tfvars"', "terraform.tfvars.json": '{"n": "json"}'}, "json"),
        ({"terraform.tfvars": 'n = "tfvars"', "a.auto.tfvars": 'n = "a"', "b.auto.tfvars.json": '{"n": "b"}'}, "b"),
        ({"terraform.tfvars.example": 'n = "example"', "prod.tfvars": 'n = "prod"'}, "default"),
        ({"terraform.tfvars": "n = var.other"}, ["name"]),
    ],
)
def test_where_variables_have_their_values_from(checkout: Checkout, files: dict[str, str], expected: t.Any) -> None:
    assert names(checkout, {"main.tf": DEFAULT + VM % ("${var.n}", ""), **files}) == [expected]


@pytest.mark.parametrize(
    ("declared", "name", "expected"),
    [
        ('variable "x" {}', "${var.x}", ["name"]),
        ("", "${var.x}", ["name"]),
        ('variable "x" {\n default = "a"\n sensitive = true\n}', "${var.x}", ["name"]),
        ('variable "root_password" {\n default = "a"\n}', "${var.root_password}", ["name"]),
        ('locals {\n x = "l-${local.y}"\n y = "m"\n}', "${local.x}", "l-m"),
        ("locals {\n x = local.y\n y = local.x\n}", "${local.x}", ["name"]),
        ("locals {\n x = local.gone\n}", "${local.x}", ["name"]),
        (
            'variable "x" {\n type = object({ a = optional(string, "d"), b = optional(number) })\n default = {}\n}',
            "${var.x.a}${var.x.b == null}",
            "dtrue",
        ),
        (
            'variable "x" {\n type = map(object({ l = list(object({ a = optional(string, "d") })) }))\n'
            " default = { k = { l = [{}] } }\n}",
            "${var.x.k.l[0].a}",
            "d",
        ),
        ("", "${path.module}-${path.root}", ".-."),
        ("", "${terraform.workspace}", ["name"]),
        ("", "${path.cwd}", ["name"]),
    ],
)
def test_variables_and_locals(checkout: Checkout, declared: str, name: str, expected: t.Any) -> None:
    assert names(checkout, {"main.tf": f"{declared}\n{VM % (name, '')}"}) == [expected]


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ("count = 2", [("[0]", "w0"), ("[1]", "w1")]),
        ("count = 0", []),
        ('count = "1"', [("[0]", "w0")]),
        ('for_each = toset(["b", "a"])', [('["a"]', "wa"), ('["b"]', "wb")]),
        ('for_each = { x = 1, "q\\"q" = 2 }', [('["q\\"q"]', 'wq"q'), ('["x"]', "wx")]),
    ],
)
def test_instances(checkout: Checkout, repeat: str, expected: list[tuple[str, str]]) -> None:
    what = "count.index" if "count" in repeat else "each.key"
    checkout.write({"main.tf": VM % (f"w${{{what}}}", f"  {repeat}\n")})
    rows = checkout.nouns()["terraform_guests"]
    assert [(row["address"].removeprefix("proxmox_virtual_environment_vm.a"), row["name"]) for row in rows] == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"infra/main.tofu": VM % ("tofu", ""), "infra/main.tf": VM % ("tf", "")}, ["tofu"]),
        ({"a/main.tf": VM % ("a", ""), "b/main.tf": VM % ("b", "")}, ["a", "b"]),
        ({".terraform/modules/x/main.tf": VM % ("a", "")}, []),
        ({"main.tf": VM % ('${file("name.txt")}', ""), "name.txt": "n1"}, ["n1"]),
        ({"x/main.tf": VM % ('${file("${path.module}/name.txt")}', ""), "x/name.txt": "n1"}, ["n1"]),
        ({"x/main.tf": VM % ('${file("../name.txt")}', ""), "name.txt": "n1"}, ["n1"]),
        ({"main.tf": VM % ('${file("../secret")}', "")}, [["name"]]),
        ({"main.tf": VM % ('${file("/etc/hostname")}', "")}, [["name"]]),
        ({"main.tf": "\ufeff" + VM % ("bom", "")}, ["bom"]),
        ({"main.tf": (VM % ("crlf", "")).replace("\n", "\r\n")}, ["crlf"]),
    ],
)
def test_files(checkout: Checkout, files: dict[str, str], expected: list[t.Any]) -> None:
    assert names(checkout, files) == expected


def test_json_files(checkout: Checkout) -> None:
    document = {
        "//": "a comment",
        "variable": {"n": {"default": 2}},
        "locals": {"node": "pve"},
        "resource": {
            "proxmox_virtual_environment_vm": {
                "web": {
                    "count": "${var.n}",
                    "name": 'w${count.index}-${"x"}',
                    "node_name": "${local.node}",
                    "cpu": {"cores": 2},
                    "disk": [{"size": 4}, {"size": 5}],
                    "initialization": [{"ip_config": [{"ipv4": [{"address": "192.0.2.1/24"}]}]}],
                }
            }
        },
    }
    checkout.write({"main.tf.json": json.dumps(document)})
    rows = checkout.nouns()["terraform_guests"]
    assert [(row["name"], row["host"], row["cpu_count"], row["disk_bytes"], row["ip"], row["line"]) for row in rows] == [
        ("w0-x", "pve", 2, 9 * 1024**3, "192.0.2.1", None),
        ("w1-x", "pve", 2, 9 * 1024**3, "192.0.2.1", None),
    ]


USE = """
module "vm" {
  source   = "../modules/vm"
  for_each = { a = 2, b = 4 }
  name     = each.key
  cores    = each.value
}
"""
INSIDE = """
variable "name" {}
variable "cores" {
  default = 1
}
locals {
  cores = var.cores
}
"""
MODULE = {
    "live/main.tf": USE,
    "modules/vm/main.tf": INSIDE + VM % ("vm-${var.name}", "  cpu { cores = local.cores }\n  node_name = path.module\n"),
}


def test_modules_of_the_repository(checkout: Checkout) -> None:
    checkout.write(MODULE)
    rows = checkout.nouns()["terraform_guests"]
    assert [(row["address"], row["root"], row["path"], row["name"], row["cpu_count"], row["host"]) for row in rows] == [
        (f'module.vm["{key}"].proxmox_virtual_environment_vm.a', "live", "modules/vm/main.tf", f"vm-{key}", cores, "../modules/vm")
        for key, cores in (("a", 2), ("b", 4))
    ]


COUNT = 'variable "n" {}\n' + VM % ("a", "  count = %s\n")
EACH = 'variable "n" {}\n' + VM % ("a", "  for_each = %s\n")
HOW_MANY = "line 2: cannot tell how many guests proxmox_virtual_environment_vm.a declares: "
NOT_HERE = "its source is not in the repository"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.tf": COUNT % "var.n"}, [("main.tf", f"{HOW_MANY}var.n has no value in the repository")]),
        ({"main.tf": COUNT % "1000000000"}, [("main.tf", f"{HOW_MANY}1000000000 are more than the 500 that are listed")]),
        (
            {"main.tf": COUNT % "local.x" + "locals {\n x = local.y\n y = local.x\n}\n"},
            [("main.tf", f"{HOW_MANY}local.x refers to itself")],
        ),
        ({"main.tf": COUNT % "true"}, [("main.tf", f"{HOW_MANY}a value is no number")]),
        ({"main.tf": EACH % "var.n"}, [("main.tf", f"{HOW_MANY}var.n has no value in the repository")]),
        ({"main.tf": EACH % "toset([var.n])"}, [("main.tf", f"{HOW_MANY}var.n has no value in the repository")]),
        ({"main.tf": EACH % "toset(range(501))"}, [("main.tf", f"{HOW_MANY}501 are more than the 500 that are listed")]),
        ({"main.tf": EACH % "3"}, [("main.tf", f"{HOW_MANY}a value is no list")]),
        ({"main.tf": "a = {"}, [("main.tf", "line 1: this is not valid HCL")]),
        ({"main.tf": b"a = \xff"}, [("main.tf", "it is no text")]),
        ({"main.tf.json": "{"}, [("main.tf.json", "this is not valid JSON")]),
        ({"main.tf.json": "[]"}, [("main.tf.json", "this is not a JSON object")]),
        ({"main.tf.json": "[" * 100_000}, [("main.tf.json", "this is not valid JSON")]),
        ({"main.tf": "", "override.tf": ""}, [("override.tf", "files that override others are not followed")]),
        ({"main.tf": "#" * 300_000}, [("main.tf", "longer than 262144 characters")]),
        (
            {"main.tf": 'module "m" {\n  source = "registry.example/a/b"\n}\n'},
            [("main.tf", f"line 1: cannot tell what module.m declares: {NOT_HERE}")],
        ),
        (
            {"main.tf": 'module "m" {\n  source = "../outside"\n}\n'},
            [("main.tf", f"line 1: cannot tell what module.m declares: {NOT_HERE}")],
        ),
        (
            {"main.tf": 'module "m" {\n  source = "./m"\n  count = data.x.y\n}\n', "m/main.tf": VM % ("a", "")},
            [("main.tf", "line 1: cannot tell how often module.m is used: data.x is known to Terraform only")],
        ),
        (
            {"a/main.tf": 'module "m" {\n  source = "../b"\n}\n', "b/main.tf": 'module "m" {\n  source = "../a"\n}\n'},
            [
                ("a", "cannot tell what this module declares: modules use each other in a circle"),
                ("b", "cannot tell what this module declares: modules use each other in a circle"),
            ],
        ),
    ],
)
def test_what_cannot_be_told(checkout: Checkout, files: dict[str, str | bytes], expected: list[tuple[str, str]]) -> None:
    assert problems(checkout, files) == expected


def test_values_that_cannot_be_read_leave_every_variable_open(checkout: Checkout) -> None:
    checkout.write({"main.tf": DEFAULT + VM % ("${var.n}", ""), "secret.auto.tfvars": b"\0GITCRYPT\0\xff"})
    nouns = checkout.nouns()
    assert [row["unresolved"] for row in nouns["terraform_guests"]] == [["name"]]
    assert nouns["terraform_problems"] == [{"path": "secret.auto.tfvars", "detail": "it is no text"}]


def test_a_file_that_cannot_be_read_leaves_the_others(checkout: Checkout) -> None:
    checkout.write({"bad.tf": "a = {", "main.tf": VM % ("a", "")})
    nouns = checkout.nouns()
    assert [row["name"] for row in nouns["terraform_guests"]] == ["a"]
    assert [row["path"] for row in nouns["terraform_problems"]] == ["bad.tf"]


def test_all_files_together_are_bounded(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_files, "_MAX_TOTAL", 60)
    assert problems(checkout, {"a.tf": "#" * 50, "b.tf": "#" * 50}) == [
        ("b.tf", "not read: all Terraform files together are longer than 60 characters")
    ]


def test_work_is_bounded(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "MAX_WORK", 500)
    code = "locals {\n x = [for a in range(90) : [for b in range(90) : a]]\n}\n" + VM % ("a", "  count = length(local.x)\n")
    assert problems(checkout, {"main.tf": code}) == [
        (".", "cannot tell what this and later folders declare: working it out takes too long")
    ]


def test_modules_that_multiply_are_bounded(checkout: Checkout) -> None:
    use = "".join(f'module "m{n}" {{\n  source = "../l%d"\n  count = 400\n}}\n' for n in range(3))
    files = {f"l{level}/main.tf": use % ((level + 1,) * 3) for level in range(12)}
    started = time.monotonic()
    found = problems(checkout, {**files, "l12/main.tf": VM % ("a", "")})
    assert time.monotonic() - started < 10
    assert any("modules are used too often or too deeply" in detail for path, detail in found)


def test_guests_that_multiply_are_bounded(checkout: Checkout) -> None:
    checkout.write({"main.tf": VM % ("a", "  count = 400\n") + (VM % ("b", "  count = 400\n")).replace('"a"', '"b"', 1)})
    nouns = checkout.nouns()
    assert len(nouns["terraform_guests"]) == 500
    detail = "line 5: cannot list all guests: there are more than 500"
    assert nouns["terraform_problems"] == [{"path": "main.tf", "detail": detail}]


@pytest.mark.parametrize(
    "code",
    [
        "\n".join(f"locals {{\n l{n} = [local.l{n + 1}, local.l{n + 1}]\n}}" for n in range(200)) + "\nlocals {\n l200 = 1\n}\n",
        "\n".join(f"locals {{\n l{n + 1} = [local.l{n}, local.l{n}]\n}}" for n in range(40)) + "\nlocals {\n l0 = 1\n}\n",
        "\n".join(f'locals {{\n l{n + 1} = "${{local.l{n}}}${{local.l{n}}}"\n}}' for n in range(60)) + '\nlocals {\n l0 = "x"\n}\n',
        "\n".join(f"locals {{\n l{n + 1} = local.l{n} * local.l{n}\n}}" for n in range(60)) + "\nlocals {\n l0 = 9\n}\n",
    ],
)
def test_locals_that_multiply_are_bounded(checkout: Checkout, code: str) -> None:
    reads = "".join(f"  x{n} = jsonencode(flatten([local.l{n}]))\n" for n in range(0, 60, 5))
    started = time.monotonic()
    checkout.write({"main.tf": code + VM % ("${jsonencode(local.l40)}", reads)})
    nouns = checkout.nouns()
    assert time.monotonic() - started < 10
    assert [row["unresolved"] for row in nouns["terraform_guests"]] == [["name"]]


# --- the package that reads HCL ------------------------------------------------------------------------------------


def test_without_the_package_terraform_files_are_a_gap(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect_module, "missing_packages", lambda: ["python-hcl2>=8.1.0,<9"])
    checkout.write({"main.tf": VM % ("a", ""), "a.yaml": "a: b"})
    found = checkout.collect()
    assert found.state == "partial"
    assert {"terraform_guests", "terraform_problems"}.isdisjoint(found.nouns)
    assert [file["path"] for file in found.nouns["files"]] == ["a.yaml", "main.tf"]
    assert [gap.to_dict() for gap in found.gaps] == [
        {
            "what": "terraform_guests",
            "reason": "unsupported",
            "detail": "cannot read the Terraform files of the repository: a Python package is missing",
            "remedy": f"run: {sys.executable} -m pip install 'python-hcl2>=8.1.0,<9'",
        }
    ]


def test_without_terraform_files_the_package_is_not_missed(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect_module, "missing_packages", lambda: ["python-hcl2>=8.1.0,<9"])
    checkout.write({"a.yaml": "a: b"})
    nouns = checkout.nouns()
    assert (nouns["terraform_guests"], nouns["terraform_problems"]) == ([], [])
