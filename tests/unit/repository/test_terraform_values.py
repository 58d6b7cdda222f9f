# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions of Terraform: what they give, and that hostile ones cost little."""

from __future__ import annotations

import time
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._repository.evaluate import Evaluator, Scope
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.hcl import MAX_CHARACTERS, HclError, read_body
from ansible_collections.homelab.deepdive.plugins.module_utils._repository.values import Unknown, Work, WorkError

NAMES: dict[tuple[str, str], t.Any] = {
    ("var", "n"): 3,
    ("var", "text"): "a-b",
    ("var", "list"): ["b", "a", "b"],
    ("var", "map"): {"y": 2, "x": 1},
    ("var", "rows"): [{"name": "a", "ip": ["10.0.0.1"]}, {"name": "b", "ip": []}],
    ("var", "null"): None,
    ("var", "gone"): Unknown("var.gone has no value in the repository"),
}
FILES = {
    "vms.yaml": "- {name: a, cores: 2}\n- &b {name: b, on: true}\n- {<<: *b, name: c, t: '1', f: 1.5, z: ~}\n",
    "x.json": '{"a": [1]}',
}


def scope() -> Scope:
    return Scope(lambda root, name: NAMES.get((root, name), Unknown(f"{root}.{name} is known to Terraform only")), FILES.get)


def value(text: str) -> t.Any:
    return Evaluator(Work()).evaluate(read_body(f"value = {text}\n").attributes["value"], scope())


VALUES: list[tuple[str, t.Any]] = [
    ("1", 1),
    ("-1.5", -1.5),
    ("2.0", 2.0),
    ("null", None),
    ('"a"', "a"),
    (r'"a\n\t\"\\\u00e9 $${no} %%{no}"', 'a\n\t"\\é ${no} %{no}'),
    ('"${var.n}"', 3),
    ('"w-${var.n + 1}-${true}"', "w-4-true"),
    ('"${var.text}${1.50}"', "a-b1.5"),
    ("<<-E\n    a\n      b\n  E", "a\n  b\n"),
    ("<<E\n  a\nE", "  a\n"),
    ("1 + 2 * 3 - 4 / 2", 5),
    ("(1 + 2) * 3 % 5", 4),
    ("-7 % 3", -1),
    ("7 / 2", 3.5),
    ('"4" * 2', 8),
    ("1 < 2 && 2 <= 2 && !(3 > 4) || false", True),
    ('1 == "1"', False),
    ("true == 1", False),
    ("[1, 2] == [1, 2]", True),
    ("{a = 1} != {a = 2}", True),
    ("var.null == null", True),
    ("var.n == null", False),
    ("var.n > 2 ? 1 : var.gone", 1),
    ("var.gone || true", True),
    ("false && var.gone", False),
    ("var.list[1]", "a"),
    ("var.list.0", "b"),
    ('var.map["x"]', 1),
    ("var.map.y", 2),
    ("var.rows[*].name", ["a", "b"]),
    ("var.rows.*.ip", [["10.0.0.1"], []]),
    ("var.rows[0].ip[0]", "10.0.0.1"),
    ("var.null[*]", []),
    ("var.n[*]", [3]),
    ("[for x in var.list : upper(x)]", ["B", "A", "B"]),
    ('[for i, x in var.list : i if x == "b"]', [0, 2]),
    ("{for k, v in var.map : v => k}", {"1": "x", "2": "y"}),
    ("{for i, x in var.list : x => i...}", {"a": [1], "b": [0, 2]}),
    ('[for k, v in var.map : "${k}${v}"]', ["x1", "y2"]),
    ('{a = 1, "b" : 2, (var.text) = 3, "${var.n}" = 4}', {"a": 1, "b": 2, "a-b": 3, "3": 4}),
    ("{\n  in = 1 # here\n  null = 2\n}", {"in": 1, "null": 2}),
    ("[\n  1,\n  # two\n  2,\n]", [1, 2]),
    ("max([1, 5]...)", 5),
    ("try(var.map.z, var.rows[9], 7)", 7),
    ("can(var.map.z)", False),
    ("can(var.map.x)", True),
    ('file("x.json")', '{"a": [1]}'),
    ('jsondecode(file("x.json")).a[0]', 1),
    (
        'yamldecode(file("vms.yaml"))',
        [
            {"name": "a", "cores": 2},
            {"name": "b", "on": True},
            {"name": "c", "on": True, "t": "1", "f": 1.5, "z": None},
        ],
    ),
    ('format("%s-%02d-%03d-%v-%%", "w", 1, "7", true)', "w-01-007-true-%"),
    ('format("%-4s|%5.1f", "a", 1)', "a   |  1.0"),
    ('cidrhost("192.0.2.0/24", 11)', "192.0.2.11"),
    ('cidrhost("192.0.2.0/24", -2)', "192.0.2.254"),
    ('cidrsubnet("10.0.0.0/8", 8, 2)', "10.2.0.0/16"),
    ('cidrnetmask("192.0.2.0/26")', "255.255.255.192"),
    ('join("-", [1, true, "a"])', "1-true-a"),
    ('split(",", "a,b")', ["a", "b"]),
    ('replace("a.b.c", ".", "-")', "a-b-c"),
    ('substr("hello", 1, 3)', "ell"),
    ('substr("hello", -2, -1)', "lo"),
    (
        '[lower("A"), title("a b"), trimspace(" a "), trim("xax", "x"), strrev("ab"), chomp("a\\n")]',
        ["a", "A B", "a", "a", "ba", "a"],
    ),
    ('[trimprefix("abc", "a"), trimsuffix("abc", "c"), startswith("abc", "a"), endswith("abc", "a")]', ["bc", "ab", True, False]),
    ('[abs(-2), ceil(1.2), floor(1.8), min(2, 1), pow(2, 3), signum(-4), parseint("ff", 16)]', [2, 2, 1, 1, 8, -1, 255]),
    ('[length("abc"), length(var.list), length(var.map)]', [3, 3, 2]),
    ("concat([1], [2, 3])", [1, 2, 3]),
    ('[contains(var.list, "a"), contains([1], "1")]', [True, False]),
    ("distinct(var.list)", ["b", "a"]),
    ("toset(var.list)", ["a", "b"]),
    ("flatten([1, [2, [3, []]]])", [1, 2, 3]),
    ('compact(["", "a", null])', ["a"]),
    ("element(var.list, 4)", "a"),
    ('index(var.list, "a")', 1),
    ("keys(var.map)", ["x", "y"]),
    ("values(var.map)", [1, 2]),
    ('lookup(var.map, "x", 9)', 1),
    ('lookup(var.map, "z", 9)', 9),
    ("merge(var.map, {x = 5}, null)", {"x": 5, "y": 2}),
    ("[range(3), range(1, 4), range(4, 1), range(0, 5, 2)]", [[0, 1, 2], [1, 2, 3], [4, 3, 2], [0, 2, 4]]),
    ('[reverse([1, 2]), slice([1, 2, 3], 1, 3), sort(["b", "a"])]', [[2, 1], [2, 3], ["a", "b"]]),
    ("[sum([1, 2]), one([]), one([4]), anytrue([false, true]), alltrue([])]", [3, None, 4, True, True]),
    ('zipmap(["a", "b"], [1, 2])', {"a": 1, "b": 2}),
    ('[setunion(["a"], ["b"]), setsubtract(["a", "b"], ["a"]), setintersection(["a", "b"], ["b"])]', [["a", "b"], ["b"], ["b"]]),
    ('setproduct(["a", "b"], [1])', [["a", 1], ["b", 1]]),
    ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
    ('[coalesce(null, "", "a"), coalescelist([], [1])]', ["a", [1]]),
    ('[tostring(1), tonumber("2"), tobool("true"), tolist(toset(["a"])), nonsensitive("a")]', ["1", 2, True, ["a"], "a"]),
    ("jsonencode({b = [1, true], a = null})", '{"a":null,"b":[1,true]}'),
    ('strcontains("abc", "b")', True),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values(text: str, expected: t.Any) -> None:
    found = value(text)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("var.gone", "var.gone has no value in the repository"),
        ("var.gone + 1", "var.gone has no value in the repository"),
        ('"x-${var.gone}"', "var.gone has no value in the repository"),
        ("var.gone.a[0].b", "var.gone has no value in the repository"),
        ("var.gone ? 1 : 2", "var.gone has no value in the repository"),
        ("upper(var.gone)", "var.gone has no value in the repository"),
        ('join(",", [1, var.gone])', "var.gone has no value in the repository"),
        ("try(var.gone, 1)", "var.gone has no value in the repository"),
        ("can(var.gone.a)", "var.gone has no value in the repository"),
        ("[1] == [var.gone]", "var.gone has no value in the repository"),
        ("data.http.ip.body", "data.http is known to Terraform only"),
        ("proxmox_vm_qemu.a.id", "proxmox_vm_qemu.a is known to Terraform only"),
        ("each", "each is known to Terraform only"),
        ('templatefile("a", {})', "the function templatefile is not followed"),
        ('sensitive("a")', "the function sensitive is not followed"),
        ("provider::local::direxists(1)", "the function provider::local::direxists is not followed"),
        ('file("/etc/passwd")', "a file is not in the repository"),
        ('"%{ if true }a%{ endif }"', "it is a template that is not followed"),
        ("<<E\n${var.n}\nE", "it is a template that is not followed"),
        ('replace("a", "/a/", "b")', "patterns are not followed"),
        ("1 / 0", "a number is divided by zero"),
        ('"a" + 1', "a value is no number"),
        ("true + 1", "a value is no number"),
        ("!1", "a value is neither true nor false"),
        ("[1][1]", "an index leads nowhere"),
        ("var.map.z", "an attribute does not exist"),
        ('"${var.list}-"', "a value is no text"),
        ("element([], 0)", "a list is empty"),
        ("upper()", "the function upper is used wrongly"),
        ("max()", "the function max is used wrongly"),
        ('cidrhost("192.0.2.0/24", 256)', "a network has no such address"),
        ('lookup({}, "a")', "a map has no such key"),
        ("coalesce(null)", "there is no value"),
        ('jsondecode("{")', "a text is no JSON"),
        ('yamldecode("a: b: c")', "a text is no YAML"),
    ],
)
def test_what_is_not_known_is_told(text: str, why: str) -> None:
    found = value(text)
    assert isinstance(found, Unknown)
    assert found.why == why


def test_an_unknown_part_leaves_the_rest_known() -> None:
    assert value("{a = 1, b = var.gone}.a") == 1
    assert value("length([1, var.gone])") == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("range(0, 1000000000)", "a value is too large"),
        ("pow(10, 400)", "a number is too large"),
        ("999999999999999999 * 999999999999999999", "a number is too large"),
        ("9" * 100_000, "a number is too long"),
        ("1e999", "a number is too large"),
        ('format("%999d%9999999d", 1, 2)', "a format is not followed"),
        ("setproduct(range(300), range(300), range(300))", "a value is too large"),
        (f'replace("{"a" * 9000}", "a", "{"b" * 9000}")', "a value is too large"),
        (f'join("{"a" * 9000}", range(9000))', "a value is too large"),
        ("(1+" * 100 + "1" + ")" * 100, "expressions are nested too deeply"),
        ("[for x in range(99999) : [for y in range(99999) : y]]", None),
        ("-" + "(-" * 100 + "1" + ")" * 100, "expressions are nested too deeply"),
        (
            'yamldecode("'
            + "a: &a [x]\\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else '*a'] * 9)}]\\n" for n in range(12))
            + '")',
            None,
        ),
    ],
)
def test_hostile_expressions_end_soon(text: str, why: str | None) -> None:
    started = time.monotonic()
    try:
        found = value(text + "*1" if why == "a number is too large" else text)
    except WorkError:
        assert why is None
    else:
        if why is not None:
            assert isinstance(found, Unknown)
            assert found.why == why
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("a = ", "line 1: this is not valid HCL"),
        ("a = 1\nb {\n", "line 3: this is not valid HCL"),
        ("resource {{ }}", "line 1: this is not valid HCL"),
        ("a = <<E\nnever ends", "line 1: this is not valid HCL"),
        ("a = 'x'", "line 1: this is not valid HCL"),
        ("\x00", "line 1: this is not valid HCL"),
        ("a = " + "[" * 400 + "]" * 400, "line 1: nested deeper than 150 levels"),
        ("b {\n" * 400 + "}\n" * 400, "line 151: nested deeper than 150 levels"),
        ("a = <<E\n" + "\n" * 100_000 + "x\nE\n", "line 1: a very long stretch of white space"),
        ("#" * (MAX_CHARACTERS + 1), f"longer than {MAX_CHARACTERS} characters"),
    ],
)
def test_files_that_are_no_hcl(text: str, detail: str) -> None:
    started = time.monotonic()
    with pytest.raises(HclError) as caught:
        read_body(text)
    assert str(caught.value) == detail
    assert time.monotonic() - started < 5


LEAVES = st.one_of(
    st.integers(-9, 9).map(str),
    st.sampled_from(["var.n", "var.gone", "var.list", "var.map", "null", "true", '"a"', '""', "data.x.y", "var.rows[0]"]),
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "&&", "||"])
    functions = st.sampled_from(
        ["length", "upper", "flatten", "keys", "toset", "jsonencode", "max", "try", "can", "merge", "range", "nope"]
    )
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(functions, st.lists(inner, max_size=3)).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.tuples(inner, inner).map(lambda parts: f'{{a = {parts[0]}, ("b") = {parts[1]}}}'),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"[for x in {parts[0]} : {parts[1]} if x != null]"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
        inner.map(lambda part: f'"x${{{part}}}"'),
        inner.map(lambda part: f"({part})[*].a"),
    )


def plain(found: t.Any) -> bool:
    """Whether a value is made of what values are made of."""
    if isinstance(found, list):
        return all(plain(member) for member in found)
    if isinstance(found, dict):
        return all(isinstance(key, str) and plain(member) for key, member in found.items())
    return found is None or isinstance(found, (bool, int, float, str, Unknown))


@given(st.recursive(LEAVES, grown, max_leaves=8))
def test_any_expression_has_a_value_or_a_reason(text: str) -> None:
    first, second = value(text), value(text)
    assert plain(first)
    assert first == second


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.sampled_from(["+", "-", "*"]))
def test_arithmetic_is_that_of_whole_numbers(left: int, right: int, operator: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[operator]
    assert value(f"({left}) {operator} ({right})") == expected


@given(st.text(alphabet='ab"\\${}%[]()=<>-#/*\n:,.?!| ', max_size=60))
def test_any_text_is_hcl_or_a_problem(text: str) -> None:
    try:
        read_body(text)
    except HclError as exc:
        assert str(exc)
