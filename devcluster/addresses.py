"""Names and addresses inside a node's network namespace.

They are constants: no other network reaches into the namespace, so nothing can collide with them,
and two clusters on one machine have the same ones. From outside, a cluster is reached on two ports
of 127.0.0.1 (see ``places.py``), which the node's first process forwards.
"""

from __future__ import annotations

from typing import Final

NODE: Final = "devcluster"
BRIDGE: Final = "devc0"
NODE_ADDRESS: Final = "10.88.0.1"  # the bridge's own: the kernel may lack the `dummy` device
POD_NETWORK: Final = "10.88.0.0/16"
SERVICE_NETWORK: Final = "10.96.0.0/16"
API_SERVICE: Final = "10.96.0.1"
DNS_SERVICE: Final = "10.96.0.10"

API_PORT: Final = 6443
ETCD_PORT: Final = 2379
ETCD_PEER_PORT: Final = 2380
KUBELET_PORT: Final = 10250
KUBELET_HEALTH_PORT: Final = 10248
PROXY_HEALTH_PORT: Final = 10256
CONTROLLER_MANAGER_PORT: Final = 10257
SCHEDULER_PORT: Final = 10259
REGISTRY_PORT: Final = 5000

# The host part of our images' names. containerd is told to find it at the local registry; no such
# host exists elsewhere, so a name that was not loaded is never looked for on the Internet.
REGISTRY: Final = "sqlflow.local"
