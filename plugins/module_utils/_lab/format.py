# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The format number of lab.json."""

from __future__ import annotations

FORMAT = 1
MAKE_AGAIN = "run the audit again, or its second half with --tags report"
