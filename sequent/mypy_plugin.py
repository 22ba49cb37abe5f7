"""Teaches mypy what ``@container`` makes of a class; to be named under ``plugins`` in mypy's configuration."""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import (
    ARG_NAMED_OPT,
    Argument,
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Expression,
    MemberExpr,
    NameExpr,
    RefExpr,
    TypeInfo,
    Var,
)
from mypy.plugin import AttributeContext, ClassDefContext, Plugin
from mypy.plugins.common import add_attribute_to_class, add_method_to_class
from mypy.types import CallableType, Instance, NoneType, Type, TypeType, get_proper_type

_KEY = "sequent"
_DECORATOR = "sequent.dsl.containers.container"
_STEP = "sequent.dsl.steps.Step"
_DECLARED = frozenset({"sequent.dsl.sources.item", "sequent.dsl.parameters.param"})
_OUTER = "sequent.dsl.sources.outer"


class ContainerPlugin(Plugin):
    """Containers can be required, run, made with their parameters, and asked for their result."""

    def get_class_decorator_hook_2(self, fullname: str) -> Callable[[ClassDefContext], bool] | None:
        return _teach if fullname == _DECORATOR else None

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return _result_type if fullname.endswith(".result") else None


def _teach(context: ClassDefContext) -> bool:
    kind = context.api.named_type_or_none("sequent.dsl.containers.ContainerType")
    run = context.api.named_type_or_none("sequent.dsl.containers.BoundRun")
    if kind is None or run is None:
        return False
    info = context.cls.info
    info.declared_metaclass = info.metaclass_type = kind
    is_repeated = isinstance(context.reason, CallExpr) and "repeats" in context.reason.arg_names
    info.metadata[_KEY] = {"repeats": is_repeated}
    add_attribute_to_class(context.api, context.cls, "run", run)
    add_method_to_class(context.api, context.cls, "__init__", _parameters(context.cls), NoneType())
    return True


def _parameters(body: ClassDef) -> list[Argument]:
    """What the body takes from outside, each by its name."""
    found: list[Argument] = []
    for statement in body.defs.body:
        if not isinstance(statement, AssignmentStmt) or statement.type is None:
            continue
        name = statement.lvalues[0]
        if isinstance(name, NameExpr) and _is_taken(statement.rvalue):
            variable = Var(name.name, statement.type)
            found.append(Argument(variable, statement.type, None, ARG_NAMED_OPT))
    return found


def _is_taken(value: Expression) -> bool:
    if isinstance(value, CallExpr):
        return isinstance(value.callee, RefExpr) and value.callee.fullname in _DECLARED
    while isinstance(value, MemberExpr) and value.fullname != _OUTER:
        value = value.expr
    return isinstance(value, RefExpr) and value.fullname == _OUTER


def _result_type(context: AttributeContext) -> Type:
    info = _class_of(context.type)
    given = _given_by(info) if info is not None else None
    if info is None or given is None:
        return context.default_attr_type
    return context.api.named_generic_type("builtins.list", [given]) if _is_repeated(info) else given


def _class_of(kind: Type) -> TypeInfo | None:
    """The container whose class is asked for an attribute."""
    proper = get_proper_type(kind)
    made: Type | None = None
    if isinstance(proper, CallableType):
        made = proper.ret_type
    elif isinstance(proper, TypeType):
        made = proper.item
    found = get_proper_type(made) if made is not None else None
    return found.type if isinstance(found, Instance) and _KEY in found.type.metadata else None


def _is_repeated(info: TypeInfo) -> bool:
    return bool(info.metadata[_KEY]["repeats"])


def _given_by(info: TypeInfo) -> Type | None:
    """The result type of the step that a container's body names."""
    symbol = info.names.get("result")
    if symbol is None or symbol.type is None:
        return None
    named = get_proper_type(symbol.type)
    if isinstance(named, Instance) and named.type.fullname == _STEP:
        return named.args[-1]
    return None


def plugin(version: str) -> type[Plugin]:
    """What mypy looks for."""
    del version
    return ContainerPlugin
