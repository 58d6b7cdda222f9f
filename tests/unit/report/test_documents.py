# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people write into a generated document is theirs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.homelab.deepdive.plugins.module_utils._errors import ConfigError
from ansible_collections.homelab.deepdive.plugins.module_utils._report.documents import markers, merge

BEGIN, END = markers("inventory")
BLOCK = f"{BEGIN}\n\nnew\n\n{END}\n"


def merged(old: str | None, generated: str = "new") -> str:
    return merge(old, "inventory", generated, "Inventory", "docs/inventory.md")


def test_markers_are_comments_of_their_own_line() -> None:
    assert (BEGIN, END) == ("<!-- homelab.deepdive: begin inventory -->", "<!-- homelab.deepdive: end inventory -->")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            None,
            "# Inventory\n\nText outside of the two marker lines is kept; between them it is written anew by each audit.\n\n"
            + BLOCK,
        ),
        ("", BLOCK),
        (" \n", BLOCK),
        ("# Mine\n", f"# Mine\n\n{BLOCK}"),
        ("# Mine", f"# Mine\n\n{BLOCK}"),
        (f"a\n{BEGIN}\nold\n{END}\nb\n", f"a\n{BLOCK}b\n"),
        (f"a\n{BEGIN}\n{END}", f"a\n{BLOCK}"),
        (f"a\r\n{BEGIN}\r\nold\r\n{END}\r\nb\r\n", f"a\r\n{BLOCK}b\r\n"),
        (f"a\n  {BEGIN}  \nold\n\t{END}\nb", f"a\n{BLOCK}b"),
        (f"see {BEGIN} for more\n{BEGIN}\nold\n{END}\n", f"see {BEGIN} for more\n{BLOCK}"),
        (f"see {END} for more\n{BEGIN}\nold\n{END}\n", f"see {END} for more\n{BLOCK}"),
        (
            f"{BEGIN}\nold\n{END}\n<!-- homelab.deepdive: begin other -->\n",
            f"{BLOCK}<!-- homelab.deepdive: begin other -->\n",
        ),
    ],
)
def test_merge(old: str | None, new: str) -> None:
    assert merged(old) == new
    assert merged(new) == new


@pytest.mark.parametrize(
    ("old", "found"),
    [
        (f"{BEGIN}\nold\n", "1 begin and 0 end markers"),
        (f"old\n{END}\n", "0 begin and 1 end markers"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", "2 begin and 2 end markers"),
        (f"{BEGIN}\n{BEGIN}\n{END}\n", "2 begin and 1 end markers"),
        (f"{END}\nold\n{BEGIN}\n", "its end marker first"),
    ],
)
def test_markers_that_are_no_pair_are_told_exactly(old: str, found: str) -> None:
    words = (
        f"cannot update docs/inventory.md: it has {found}; "
        f"keep exactly one line '{BEGIN}' and one line '{END}' after it, or neither"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(words)}$"):
        merged(old)


@settings(deadline=None)
@given(before=st.text(), after=st.text(), first=st.text(), second=st.text())
def test_text_around_is_kept_byte_by_byte(before: str, after: str, first: str, second: str) -> None:
    old = f"{before}\n{BEGIN}\n{first}\n{END}\n{after}"
    assert merged(old, second) == f"{before}\n{BEGIN}\n\n{second.strip()}\n\n{END}\n{after}"
