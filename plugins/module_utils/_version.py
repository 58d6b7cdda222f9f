# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the collection: may change in any release.
"""The version of the collection, for the evidence manifest; galaxy.yml says the same."""

from __future__ import annotations

VERSION = "0.1.0"
