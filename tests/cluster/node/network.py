"""The pods' bridge, and the rules that lead packets to the enforcer of NetworkPolicies."""

import subprocess
from pathlib import Path
from typing import Final

from tests.cluster.node.place import ADDRESS, BRIDGE, PODS, POLICY_QUEUE

_CHAIN: Final = "VITRINE-POLICY"
_HOOKS: Final = (
    # What the kernel and root's own programs send, the kubelet's probes among them, is not policed.
    ("POSTROUTING", "-m", "owner", "--uid-owner", "0", "-j", "ACCEPT"),
    ("POSTROUTING", "-j", _CHAIN),
    ("INPUT", "-i", BRIDGE, "-j", _CHAIN),
)
_LEFT_BY_KUBELET: Final = ("KUBE-FIREWALL", "KUBE-KUBELET-CANARY", "KUBE-IPTABLES-HINT")


def up() -> None:
    """Make the bridge and the rules. Raises CalledProcessError where one cannot be made."""
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    _run("ip", "link", "add", BRIDGE, "type", "bridge")
    _run("ip", "address", "add", f"{ADDRESS}/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")
    queue = ("-j", "NFQUEUE", "--queue-num", str(POLICY_QUEUE))
    _mangle("-N", _CHAIN)
    _mangle("-A", _CHAIN, "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT")
    _mangle("-A", _CHAIN, "-s", PODS, *queue)
    _mangle("-A", _CHAIN, "-d", PODS, *queue)
    for hook in _HOOKS:
        _mangle("-A", *hook)


def down(kube_proxy: Path) -> None:
    """Remove whatever is there of them and of what the node's programs added."""
    subprocess.run([kube_proxy, "--cleanup"], capture_output=True, check=False)
    for hook in _HOOKS:
        _attempt("iptables", "-w", "-t", "mangle", "-D", *hook)
    for table in ("filter", "mangle", "nat"):
        for chain in (_CHAIN, *_LEFT_BY_KUBELET):
            for hook in ("INPUT", "OUTPUT"):
                _attempt("iptables", "-w", "-t", table, "-D", hook, "-j", chain)
            _attempt("iptables", "-w", "-t", table, "-F", chain)
            _attempt("iptables", "-w", "-t", table, "-X", chain)
    _attempt("ip", "link", "delete", BRIDGE)


def _mangle(*arguments: str) -> None:
    _run("iptables", "-w", "-t", "mangle", *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def _attempt(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)
