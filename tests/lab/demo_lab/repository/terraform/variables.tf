# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

variable "proxmox_endpoint" {
  description = "API of the Proxmox cluster"
  type        = string
  default     = "https://192.168.1.11:8006/"
}

# In terraform.tfvars, which is not in Git.
variable "proxmox_api_token" {
  description = "Token of root@pam!terraform"
  type        = string
  sensitive   = true
}

# In terraform.tfvars, too, since it tells how the house is wired.
variable "lab_network" {
  description = "Network of the virtual machines, in CIDR notation"
  type        = string
}

variable "gateway" {
  type    = string
  default = "192.168.1.1"
}

variable "guest_password" {
  description = "Password of the user ubuntu on the console"
  type        = string
  default     = "canary-tfvariable-whimbrel-2648"
}

variable "ssh_public_key_file" {
  type    = string
  default = "~/.ssh/id_ed25519.pub"
}

variable "worker_memory" {
  description = "Memory of a worker, in MiB"
  type        = number
  default     = 10240
}

variable "aether_worker_count" {
  description = "Number of workers on aether"
  type        = number
  default     = 2
}

variable "raiden_guests" {
  description = "Guests on raiden, by name"
  type = map(object({
    vm_id     = number
    cores     = number
    memory    = number
    disk_size = number
    address   = string
    order     = number
  }))
  default = {
    k3s-master-1 = { vm_id = 201, cores = 2, memory = 2048, disk_size = 20, address = "192.168.1.201/24", order = 2 }
    k3s-worker-1 = { vm_id = 211, cores = 4, memory = 10000, disk_size = 40, address = "192.168.1.211/24", order = 3 }
  }
}
