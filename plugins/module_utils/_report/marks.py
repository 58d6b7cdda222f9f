# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""Which strings Ansible would run as a template when it reads them from a file of variables."""

from __future__ import annotations

# What opens an expression, a block and a comment; a mark in the middle of a string opens one too.
_MARKS = ("{{", "{%", "{#")


def template_marks(text: str) -> bool:
    """Whether the text must be written as !unsafe, because Ansible would evaluate a part of it."""
    return any(mark in text for mark in _MARKS)
