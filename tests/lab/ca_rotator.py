# Copyright (c) 2026, homelab.deepdive contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for the certificate rotator of MetalLB: keeps its own authority in the conversion webhook of a CustomResourceDefinition.

As MetalLB does, it writes only when it finds something else there, and signs its writes with the field manager "MetalLB".
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab.certificates import make_certificates
from lab.kube_api import MERGE, KubeApi, KubeError, Object

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAME = "bgppeers.metallb.io"
_MANAGER = "MetalLB"
_WATCH_SECONDS = 600
_PAUSE = 1.0  # seconds before another try


def keep(api: KubeApi, definition: Object, authority: str) -> None:
    """Write the authority (base64 of PEM) into a CustomResourceDefinition with a webhook unless it is there."""
    client = definition["spec"].get("conversion", {}).get("webhook", {}).get("clientConfig")
    if client is not None and client.get("caBundle") != authority:
        change = {"spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": authority}}}}}
        api.call("PATCH", f"{_CRDS}/{_NAME}?fieldManager={_MANAGER}", change, MERGE)


def watch(kubeconfig: Path, authority: str) -> None:
    """Keep it until the server ends the watch."""
    query = f"watch=1&fieldSelector=metadata.name={_NAME}&timeoutSeconds={_WATCH_SECONDS}"
    with KubeApi(kubeconfig, timeout=2 * _WATCH_SECONDS) as watching:
        for event in watching.watch(f"{_CRDS}?{query}"):
            if event["type"] in ("ADDED", "MODIFIED"):
                # Minutes pass between two writes; the server has closed an old connection by then.
                with KubeApi(kubeconfig) as api:
                    keep(api, event["object"], authority)


def main() -> None:
    """Until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kubeconfig", type=Path)
    kubeconfig = parser.parse_args().kubeconfig
    with tempfile.TemporaryDirectory() as folder:
        authority = base64.b64encode(make_certificates(Path(folder), "metallb").ca.read_bytes()).decode()
    while True:
        try:
            watch(kubeconfig, authority)
        except (OSError, KubeError) as exc:
            print(exc, flush=True)
            time.sleep(_PAUSE)


if __name__ == "__main__":
    main()
