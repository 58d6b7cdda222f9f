#!/bin/sh
# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes a user, a role and an API token that may read what the audit reads and change nothing.
# Run it as root on one host of the cluster: Proxmox VE 8 or 9. See README.md beside it.
#
#   -a   on Proxmox VE 8: also read addresses from guest agents (see README.md before you do)

set -eu

user=audit@pve
token=deepdive
role=HomelabAudit
privileges="VM.Audit Sys.Audit Datastore.Audit SDN.Audit Pool.Audit"

major=$(pveversion | sed -n 's|^pve-manager/\([0-9]*\)\..*|\1|p')
if [ "${major:-0}" -ge 9 ]; then
    privileges="$privileges VM.GuestAgent.Audit"
elif [ "${1:-}" = -a ]; then
    privileges="$privileges VM.Monitor"
fi

if pveum role list --output-format json | grep -q "\"$role\""; then
    pveum role modify "$role" --privs "$privileges"
else
    pveum role add "$role" --privs "$privileges"
fi

# Without a password the user can act through its token only.
if ! pveum user list --output-format json | grep -q "\"$user\""; then
    pveum user add "$user" --comment "read-only audit, API token only"
fi

# A token with privilege separation has what both it and its user have, so both get the role.
pveum acl modify / --users "$user" --roles "$role"
pveum user token add "$user" "$token" --privsep 1 --expire "$(date -d '+1 year' +%s)" --comment "read-only audit" --output-format json
pveum acl modify / --tokens "$user!$token" --roles "$role"
