# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

output "addresses" {
  description = "Addresses of the machines, for k0sctl.yaml"
  value = merge(
    { for name, guest in proxmox_virtual_environment_vm.raiden : name => guest.ipv4_addresses },
    { for guest in proxmox_virtual_environment_vm.aether_worker : guest.name => guest.ipv4_addresses },
  )
}
