"""Finds mistakes about other hosts: hosts within hosts, and steps without a process of their own."""

from __future__ import annotations

from sequent.compiler.problems import Problems
from sequent.compiler.tree import TreeNode
from sequent.model.hosts import hosts_in
from sequent.model.references import Literal
from sequent.model.spec import ContainerSpec
from sequent.model.status import Construct
from sequent.model.work import NoWork, QuestionWork

_WHERE = {Construct.THREAD: "in a thread of the driver", Construct.INVOKE: "in the process of the driver itself"}


def check_hosts(node: TreeNode, default: Construct, problems: Problems) -> None:
    """Check that a step has the hosts of one node, itself or a container around it, and runs there in a process."""
    around = next((container for container in node.around if "hosts" in container.spec.values), None)
    if around is not None and "hosts" in node.spec.values:
        problems.add(
            "nested-hosts",
            f"{node.shown} has {_hosts_of(node)} inside {around.shown}, "
            f"which has {_hosts_of(around)}{_line_of(around)}",
            path=node.text,
            place=node.place_of("hosts"),
            hint="name hosts in one of the two: the steps of a container run on its hosts",
        )
        return
    holder = node if "hosts" in node.spec.values else around
    if holder is None or not holder.is_copied or isinstance(node.spec, ContainerSpec):
        return
    construct = node.spec.task_construct or default
    if construct in _WHERE and not isinstance(node.spec.work, NoWork | QuestionWork):
        problems.add(
            "hosts-construct",
            f"{node.shown} has {_hosts_of(holder)}, and runs {_WHERE[construct]}, which is on no other host",
            path=node.text,
            place=node.place_of("task_construct"),
            hint='give it task_construct="process", or leave hosts= out',
        )


def _hosts_of(node: TreeNode) -> str:
    hosts = node.spec.values["hosts"]
    return f"hosts {hosts_in(hosts.text)}" if isinstance(hosts, Literal) else "hosts that are known only while running"


def _line_of(node: TreeNode) -> str:
    place = node.place_of("hosts")
    return f" ({place})" if place else ""
