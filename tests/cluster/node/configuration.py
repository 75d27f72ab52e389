"""The files that the node's programs read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from tests.cluster.node.place import ADDRESS, BRIDGE, DNS_SERVICE, FIRST_POD, NAME, PODS, Place

PAUSE: Final = "localhost/pause:1"
COREDNS: Final = "localhost/coredns:1"

_CONTAINERD: Final = """\
version = 3
root = "{home}/containerd/root"
state = "{home}/containerd/state"
[grpc]
  address = "{socket}"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "{pause}"
[plugins.'io.containerd.cri.v1.runtime']
  enable_selinux = false
  # A machine that is a container itself may not lower a process's score.
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["{bin}"]
  conf_dir = "{home}/settings/cni"
[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = "runc"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = "{bin}/runc"
  SystemdCgroup = false
"""


def write(place: Place) -> None:
    """Write them all into the folder of settings."""
    folder = place.settings
    (folder / "cni").mkdir(parents=True)
    (folder / "resolv.conf").touch()
    (folder / "cni" / "10-bridge.conflist").write_text(json.dumps(_network(place)))
    _yaml(folder / "kubelet.yaml", _kubelet(place))
    _yaml(folder / "kube-proxy.yaml", _proxy(place))
    paths = {"home": place.home, "bin": place.bin, "socket": place.containerd_socket}
    (folder / "containerd.toml").write_text(_CONTAINERD.format(pause=PAUSE, **paths))


def _yaml(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document))


def _network(place: Place) -> dict[str, Any]:
    pods = {"subnet": PODS, "rangeStart": FIRST_POD, "gateway": ADDRESS}
    addresses = {
        "type": "host-local",
        "dataDir": str(place.home / "addresses"),
        "ranges": [[pods]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "hairpinMode": True}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [{**bridge, "ipam": addresses}, ports],
    }


def _kubelet(place: Place) -> dict[str, Any]:
    pairs = place.certificates
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pairs / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{place.containerd_socket}",
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%"},
        "failCgroupV1": False,
        "failSwapOn": False,
        "imageGCHighThresholdPercent": 100,
        "podLogsDir": str(place.home / "pod-logs"),
        "resolvConf": str(place.settings / "resolv.conf"),
        "seccompDefault": True,
        "tlsCertFile": str(pairs / "kubelet.crt"),
        "tlsPrivateKeyFile": str(pairs / "kubelet.key"),
    }


def _proxy(place: Place) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(place.certificates / "kube-proxy.kubeconfig")},
        "clusterCIDR": PODS,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "hostnameOverride": NAME,
        # The limits of connection tracking belong to the machine, which may not let us set them.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
        "nodePortAddresses": ["127.0.0.0/8", f"{ADDRESS}/32"],
    }
