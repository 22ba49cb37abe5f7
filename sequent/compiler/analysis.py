"""Analyses a specification: makes a tree in which every name is resolved, or finds all mistakes."""

from __future__ import annotations

from sequent.compiler.cycles import check_cycles
from sequent.compiler.hosts import check_hosts
from sequent.compiler.node_mistakes import check_ends, check_failures, check_process, check_requirement
from sequent.compiler.pickles import check_pickles
from sequent.compiler.pool_amounts import check_pool_amounts, check_pool_balances
from sequent.compiler.pool_deadlocks import check_pool_deadlocks
from sequent.compiler.problems import Problems
from sequent.compiler.resolve import Resolver
from sequent.compiler.returned_claims import check_returned_claims
from sequent.compiler.tree import Tree, plant
from sequent.model.spec import FlowSpec


def analyse(spec: FlowSpec) -> tuple[Tree, Resolver]:
    """Return the tree of a flow with every name resolved.

    Raises:
        InvalidFlowError: the flow has mistakes; the error has all of them, as they come in the flow.
    """
    problems = Problems()
    tree = plant(spec, problems)
    resolver = Resolver(tree, problems)
    for node in tree.nodes:
        resolver.look_up(node)
        check_ends(node, problems)
        check_process(node, spec.config.task_construct, problems)
        check_hosts(node, spec.config.task_construct, problems)
    check_cycles(tree.nodes, problems)
    for node in tree.nodes:
        if node.is_whole:
            check_requirement(node, problems)
            check_returned_claims(node, problems)
            check_failures(node, problems)
    check_pickles(tree, problems)
    check_pool_amounts(tree, problems)
    if all(node.is_whole for node in tree.nodes):
        check_pool_balances(tree, problems)
        check_pool_deadlocks(tree, problems)
    problems.raise_if_any()
    return tree, resolver
