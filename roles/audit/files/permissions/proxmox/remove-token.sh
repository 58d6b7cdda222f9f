#!/bin/sh
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Removes what make-token.sh made. Run it as root on one host of the cluster.

set -eu

pveum user token remove audit@pve deepdive
pveum user delete audit@pve
pveum role delete HomelabAudit
