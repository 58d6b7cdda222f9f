# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

locals {
  datastore = "local-lvm"
  bridge    = "vmbr0"
  tags      = ["k0s", "production"]
  # The cloud image on each host.
  templates = {
    aether = 9010
    raiden = 9000
  }
}

resource "proxmox_virtual_environment_vm" "raiden" {
  for_each = var.raiden_guests

  name      = each.key
  vm_id     = each.value.vm_id
  node_name = "raiden"
  tags      = local.tags
  on_boot   = true

  clone {
    vm_id = local.templates.raiden
  }

  agent {
    enabled = true
  }

  cpu {
    cores = each.value.cores
    type  = "host"
  }

  memory {
    dedicated = each.value.memory
  }

  disk {
    datastore_id = local.datastore
    interface    = "scsi0"
    size         = each.value.disk_size
    discard      = "on"
    iothread     = true
    ssd          = true
  }

  network_device {
    bridge = local.bridge
  }

  startup {
    order = each.value.order
  }

  initialization {
    datastore_id = local.datastore

    ip_config {
      ipv4 {
        address = each.value.address
        gateway = var.gateway
      }
    }

    user_account {
      username = "ubuntu"
      password = var.guest_password
      keys     = [trimspace(file(pathexpand(var.ssh_public_key_file)))]
    }
  }

  operating_system {
    type = "l26"
  }
}

resource "proxmox_virtual_environment_vm" "aether_worker" {
  count = var.aether_worker_count

  name      = "k3s-worker-aether-${count.index}"
  vm_id     = 112 + count.index
  node_name = "aether"
  tags      = local.tags
  on_boot   = true

  clone {
    vm_id = local.templates.aether
  }

  agent {
    enabled = true
  }

  cpu {
    cores = 4
    type  = "host"
  }

  memory {
    dedicated = var.worker_memory
  }

  disk {
    datastore_id = local.datastore
    interface    = "scsi0"
    size         = 60
    discard      = "on"
    iothread     = true
    ssd          = true
  }

  network_device {
    bridge = local.bridge
  }

  startup {
    order = 3
  }

  initialization {
    datastore_id = local.datastore

    ip_config {
      ipv4 {
        address = "${cidrhost(var.lab_network, 212 + count.index)}/24"
        gateway = var.gateway
      }
    }

    user_account {
      username = "ubuntu"
      password = var.guest_password
      keys     = [trimspace(file(pathexpand(var.ssh_public_key_file)))]
    }
  }

  operating_system {
    type = "l26"
  }
}
