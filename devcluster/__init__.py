"""A real Kubernetes with Argo Workflows on one machine, to develop and test on.

Two flavours give the same cluster: the same components, images, namespaces and kubeconfig path.

* Where a Docker engine answers it is kind (``kind.py``, ``kind-config.yaml``).
* Elsewhere, as root on Debian, it is a *node*: a process that is the first of a PID, mount and
  network namespace of its own, with etcd, containerd and Kubernetes as its children. All that a
  node makes, processes, mounts, bridges and iptables chains, belongs to those namespaces, so the
  kernel itself takes it away when that one process ends, however it ends. See ``docs/adr``.

``python -m devcluster --help`` lists the commands.
"""
