# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Every target works as the first command in a fresh clone: .venv is made where it is missing or out of date.
# PYTHON=/path/to/python3 chooses the Python, ARGS="-e audit_fail_on=gap" goes to ansible-playbook, GATES="ruff mypy" chooses gates.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help audit test molecule molecule-all doctor pins clean lab-build lab-up lab-down lab-record lab-test

export PYTHON
# Somebody's own Python packages have no business in .venv.
unexport PYTHONPATH PYTHONHOME

BED := .venv/bin/python tests/lab
# Ansible wants UTF-8 from the locale, and reads ansible.cfg from a folder that everybody may write to only where it is named.
WITH := LC_ALL=C.UTF-8 ANSIBLE_CONFIG="$${ANSIBLE_CONFIG:-$(CURDIR)/ansible.cfg}"

ifeq ($(wildcard inventory/lab.yml),)
LAB := the demo lab, which is made up and served by this machine alone
LAST := This was the demo lab. For your own copy inventory/lab.example.yml to inventory/lab.yml and edit it.
AUDIT := .venv/bin/python tests/lab/demo.py run
else
LAB := the lab of inventory/lab.yml
LAST := This was the lab of inventory/lab.yml.
AUDIT := .venv/bin/ansible-playbook audit.yml
endif

define ready
	@python=$$(sh tests/gates/python.sh) && "$$python" tests/gates/doctor.py --quick && "$$python" tests/gates/venv.py $(1)
endef

help:
	@echo 'make audit       audit inventory/lab.yml or, where there is none, the demo lab; ARGS="..." goes to ansible-playbook'
	@echo 'make doctor      check what breaks a plain clone, and name the command that mends it'
	@echo 'make test        everything that needs no compiler, container or root; GATES="ruff mypy" runs some of it'
	@echo 'make lab-build   build the servers of the real test bed (needs Go; once, into a cache outside this folder)'
	@echo 'make lab-up      start the real test bed on loopback; make lab-down stops it'
	@echo 'make lab-test    audit the real test bed and judge the audit by the logs of its servers'
	@echo 'make lab-record  record the real test bed anew for the demo lab'
	@echo 'make molecule    run the roles on real nodes in containers (needs root, podman, mmdebstrap, Go); SCENARIOS="k0s_single"'
	@echo 'make molecule-all  the same, and what takes longer: a virtual machine'
	@echo 'make pins        write requirements/*.txt anew; PYTHONS="python3.11 python3.13" names the interpreters'
	@echo 'make clean       remove .venv and .cache'

audit:
	@echo 'Audit of $(LAB).'
	$(call ready,audit)
	@$(WITH) $(AUDIT) $(ARGS); code=$$?; echo '$(LAST)'; exit $$code

test:
	$(call ready,test)
	@$(WITH) .venv/bin/python tests/gates/run.py $(GATES)

doctor:
	@python=$$(sh tests/gates/python.sh 2>/dev/null) || python=python3; \
	command -v "$$python" >/dev/null || exec sh tests/gates/python.sh; \
	"$$python" tests/gates/doctor.py

PYTHONS := python3.11 python3.12 python3.13
pins:
	@python=$$(sh tests/gates/python.sh) && "$$python" tests/gates/pins.py $(PYTHONS)

clean:
	rm -rf .venv .cache

molecule:
	$(call ready,molecule)
	@python=$$(sh tests/gates/python.sh) && "$$python" tests/lab/build_servers.py --for molecule
	@.venv/bin/python molecule/run.py $(SCENARIOS)

molecule-all:
	$(call ready,molecule)
	@python=$$(sh tests/gates/python.sh) && "$$python" tests/lab/build_servers.py --for molecule
	@.venv/bin/python molecule/run.py --all

lab-build:
	@python=$$(sh tests/gates/python.sh) && "$$python" tests/lab/build_servers.py

lab-up lab-down:
	$(call ready,test)
	@$(BED)/bed.py $(@:lab-%=%)

lab-record:
	$(call ready,test)
	@$(WITH) $(BED)/record.py

lab-test:
	$(call ready,test)
	@$(WITH) .venv/bin/pytest tests/lab
