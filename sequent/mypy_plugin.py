"""Teaches mypy what ``@container`` makes of a class; listed under ``plugins`` in mypy's configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy.checker import TypeChecker
from mypy.nodes import (
    ARG_NAMED_OPT,
    Argument,
    AssignmentStmt,
    CallExpr,
    ClassDef,
    Decorator,
    DictExpr,
    Expression,
    IndexExpr,
    MemberExpr,
    NameExpr,
    RefExpr,
    StrExpr,
    TypeInfo,
    Var,
)
from mypy.plugin import (
    AttributeContext,
    CheckerPluginInterface,
    ClassDefContext,
    MethodContext,
    MethodSigContext,
    Plugin,
)
from mypy.plugins.common import add_attribute_to_class, add_method_to_class
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    NoneType,
    Type,
    TypeOfAny,
    TypeType,
    UnionType,
    get_proper_type,
)

_KEY = "sequent"
_DECORATOR = "sequent.dsl.containers.container.container"
_STEP = "sequent.dsl.steps.step.Step"
_REPEATED_STEP = "sequent.dsl.steps.step.RepeatedStep"
_NODES = "sequent.dsl.containers.container_nodes"
_ONE_RESULT = f"{_NODES}.BodyWithOneResult"
_CONTAINER = f"{_NODES}.Container"
_REPEATED = frozenset({_REPEATED_STEP, f"{_NODES}.RepeatedContainer"})
_PARAM = "sequent.dsl.parameters.param.param"
_WORDS = "sequent.dsl.references.reference_words"
_DECLARED = frozenset({f"{_WORDS}.item", f"{_WORDS}.previous", _PARAM})
_OUTER = f"{_WORDS}.outer"
_DOOR = f"{_WORDS}.Outer."
_AGAIN = frozenset(
    f"sequent.dsl.containers.container.{decorator}.__call__"
    for decorator in ("ContainerDecorator", "RepeatContainerDecorator")
)


class ContainerPlugin(Plugin):
    """Containers can be required, run, called with parameters and asked for results; ``outer`` is followed."""

    def get_class_decorator_hook_2(self, fullname: str) -> Callable[[ClassDefContext], bool] | None:
        return _teach if fullname == _DECORATOR else None

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return _result_type if fullname.endswith(".result") else None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        return _result_or_type if fullname.endswith(".result_or") else None

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        if fullname in _AGAIN:
            return _again_signature
        return _returned_signature if fullname.endswith(".returned") else None

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return _outer_type if fullname.startswith(_DOOR) else None


def _teach(context: ClassDefContext) -> bool:
    kind = context.api.named_type_or_none(f"{_NODES}.ContainerType")
    run = context.api.named_type_or_none("sequent.dsl.containers.flow_run.BoundRun")
    if kind is None or run is None:
        return False
    info = context.cls.info
    info.declared_metaclass = info.metaclass_type = kind
    given = context.reason.arg_names if isinstance(context.reason, CallExpr) else []
    said = {"repeats": "repeats" in given, "hosts": "hosts" in given}
    info.metadata[_KEY] = {**said, "params": _names_of_params(context.cls)}
    add_attribute_to_class(context.api, context.cls, "run", run)
    add_method_to_class(context.api, context.cls, "__init__", _parameters(context.cls), NoneType())
    return True


def _parameters(body: ClassDef) -> list[Argument]:
    """Return the values that the body takes from outside, by name."""
    found: list[Argument] = []
    for statement in body.defs.body:
        if not isinstance(statement, AssignmentStmt) or statement.type is None:
            continue
        name = statement.lvalues[0]
        if isinstance(name, NameExpr) and _is_taken(statement.rvalue):
            variable = Var(name.name, statement.type)
            found.append(Argument(variable, statement.type, None, ARG_NAMED_OPT))
    return found


def _names_of_params(body: ClassDef) -> list[str]:
    return [
        statement.lvalues[0].name
        for statement in body.defs.body
        if isinstance(statement, AssignmentStmt)
        and isinstance(statement.lvalues[0], NameExpr)
        and isinstance(statement.rvalue, CallExpr)
        and isinstance(statement.rvalue.callee, RefExpr)
        and statement.rvalue.callee.fullname == _PARAM
    ]


def _is_taken(value: Expression) -> bool:
    while not (isinstance(value, RefExpr) and value.fullname == _OUTER):
        if isinstance(value, CallExpr) and isinstance(value.callee, RefExpr) and value.callee.fullname in _DECLARED:
            return True
        if isinstance(value, CallExpr):
            value = value.callee
        elif isinstance(value, IndexExpr):
            value = value.base
        elif isinstance(value, MemberExpr):
            value = value.expr
        else:
            return False
    return True


def _result_type(context: AttributeContext) -> Type:
    info = _class_of(context.type)
    found = _result_of(info, context.api) if info is not None else None
    return context.default_attr_type if found is None else found


def _result_or_type(context: MethodContext) -> Type:
    info = _class_of(context.type)
    given = _given_by(info, context.api) if info is not None else None
    if info is None or given is None or not context.arg_types[0]:
        return context.default_return_type
    either = UnionType.make_union([given, context.arg_types[0][0]])
    return _list_of(either, context.api) if _is_repeated(info) else either


def _returned_signature(context: MethodSigContext) -> FunctionLike:
    """Return the signature of ``returned``: it takes values of the result's type; any if the container repeats."""
    info = _class_of(context.type)
    found = _result_of(info, context.api) if info is not None else None
    return context.default_signature if found is None else _changed(context.default_signature, arg_types=[found])


def _outer_type(context: AttributeContext) -> Type:
    """Return the type of a name in the nearest class around; report an error if none has it."""
    name = context.context
    checker = context.api
    if not isinstance(name, MemberExpr) or not isinstance(checker, TypeChecker):
        return context.default_attr_type
    classes = [part for part in checker.scope.stack if isinstance(part, TypeInfo) and _KEY in part.metadata]
    around = classes[:-1]
    for info in reversed(around):
        symbol = info.names.get(name.name)
        if symbol is None:
            continue
        if isinstance(symbol.node, TypeInfo):
            return TypeType(Instance(symbol.node, []))
        variable = symbol.node.var if isinstance(symbol.node, Decorator) else symbol.node
        return (variable.type if isinstance(variable, Var) else None) or context.default_attr_type
    if around:
        # A reused outermost container may take values from the containers around it.
        known = sorted({found for info in around for found in info.names if not found.startswith("_")})
        checker.fail(f'Nothing further out is called "{name.name}"; there are: {", ".join(known)}', name)
    return context.default_attr_type


def _again_signature(context: MethodSigContext) -> FunctionLike:
    """Return the signature of a container's reuse: it gives what the first gives, with the same parameters."""
    checker, made_by = context.api, getattr(context.context, "callee", None)
    named = context.args[0][0] if context.args and context.args[0] else None
    info = named.node if isinstance(named, RefExpr) else None
    signature = context.default_signature
    takes_class = isinstance(get_proper_type(signature.arg_types[0]), TypeType)
    if not takes_class or not isinstance(checker, TypeChecker) or not isinstance(info, TypeInfo):
        return signature
    if _KEY in info.metadata and isinstance(made_by, CallExpr) and "kwargs" in made_by.arg_names:
        _check_given(info, made_by.args[made_by.arg_names.index("kwargs")], checker)
    given = _given_by(info, checker) if _KEY in info.metadata else None
    made = get_proper_type(signature.ret_type)
    module, _, name = _ONE_RESULT.rpartition(".")
    gives = checker.modules[module].names[name].node
    if given is None or not isinstance(made, Instance) or not isinstance(gives, TypeInfo):
        return signature
    # Not the class itself: a step of its instances is the plain function.
    return _changed(
        signature,
        variables=[],
        arg_types=[TypeType(Instance(info, []))],
        ret_type=Instance(made.type, [Instance(gives, [given])]),
    )


def _changed(signature: CallableType, **changes: Any) -> CallableType:
    return signature.copy_modified(**changes)  # pyright: ignore[reportUnknownMemberType]  mypy does not tell them


def _check_given(info: TypeInfo, kwargs: Expression, checker: TypeChecker) -> None:
    known = info.metadata[_KEY]["params"]
    for key, _ in kwargs.items if isinstance(kwargs, DictExpr) else ():
        if isinstance(key, StrExpr) and key.value not in known:
            checker.fail(f'"{info.name}" has no parameter "{key.value}"; there are: {", ".join(known)}', key)


def _class_of(kind: Type) -> TypeInfo | None:
    """Return the container of whose class an attribute is read."""
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


def _result_of(info: TypeInfo, api: CheckerPluginInterface) -> Type | None:
    """Return the type of a container's result; with several hosts, a dict by host."""
    if info.metadata[_KEY]["hosts"]:
        return AnyType(TypeOfAny.explicit)
    given = _given_by(info, api)
    return _list_of(given, api) if given is not None and _is_repeated(info) else given


def _given_by(info: TypeInfo, api: CheckerPluginInterface) -> Type | None:
    """Return the type of the result of a name in a container's body: a step, a container, or a reused one."""
    symbol = info.names.get("result")
    if symbol is None:
        return None
    named = get_proper_type(symbol.type)
    inner = _class_of(named) if named is not None else None
    if inner is not None:
        return _result_of(inner, api)
    if not isinstance(named, Instance):
        return None
    given: Type | None = None
    if named.type.has_base(_STEP):
        given = named.args[-1]
    elif named.type.has_base(_CONTAINER):
        body = get_proper_type(named.args[0])
        given = body.args[0] if isinstance(body, Instance) and body.type.fullname == _ONE_RESULT else None
    return _list_of(given, api) if given is not None and named.type.fullname in _REPEATED else given


def _list_of(kind: Type, api: CheckerPluginInterface) -> Type:
    return api.named_generic_type("builtins.list", [kind])


def plugin(version: str) -> type[Plugin]:
    """Return the plugin; mypy calls this function."""
    del version
    return ContainerPlugin
