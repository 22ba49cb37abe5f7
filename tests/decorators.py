"""Decorators as people write them, or as libraries have them; in a module that lacks the names of the flows."""

import asyncio
import contextlib
import functools
import inspect


def logged(function):
    @functools.wraps(function)
    def inner(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    return inner


def of_anything(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


def by_position(function):
    """A wrapper that takes nothing by name."""

    @functools.wraps(function)
    def inner(me, *values):
        return function(me, *values)

    return inner


def by_name(function):
    @functools.wraps(function)
    def inner(self, **kwargs):
        return function(self, **kwargs)

    return inner


def tried(*, times):
    """As the libraries of retries have it: a decorator with options, and attributes on what it makes."""

    def decorate(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            for _ in range(times - 1):
                with contextlib.suppress(ValueError):
                    return function(*args, **kwargs)
            return function(*args, **kwargs)

        inner.statistics = {}
        inner.retry_with = lambda **options: tried(**options)(function)
        return inner

    return decorate


class Counted:
    """A class as a decorator."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.function = function
        self.count = 0

    def __call__(self, *args, **kwargs):
        self.count += 1
        return self.function(*args, **kwargs)


class Bound(Counted):
    """The same, which can be a method."""

    def __get__(self, instance, owner):
        return self if instance is None else functools.partial(self, instance)


class Within(contextlib.ContextDecorator):
    def __enter__(self):
        return self

    def __exit__(self, *what):
        return False


def signed(function):
    """A wrapper that shows its parameters by __signature__ alone."""

    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    inner.__signature__ = inspect.signature(function)
    return inner


def awaited(function):
    """Makes a coroutine function of a plain one."""

    @functools.wraps(function)
    async def inner(*args, **kwargs):
        await asyncio.sleep(0)
        return function(*args, **kwargs)

    return inner


def waiting(function):
    """Wraps a coroutine function."""

    @functools.wraps(function)
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)

    return inner


def collected(function):
    """Makes a list of what a generator gives."""

    @functools.wraps(function)
    def inner(*args, **kwargs):
        return list(function(*args, **kwargs))

    return inner


class Proxy:
    """As libraries have it that let a wrapper pass for what it wraps."""

    def __init__(self, function):
        self.__dict__["__wrapped__"] = function

    @property
    def __class__(self):
        return type(self.__wrapped__)

    def __getattr__(self, name):
        return getattr(self.__wrapped__, name)

    def __call__(self, *args, **kwargs):
        return self.__wrapped__(*args, **kwargs)


def generated(function):
    """As libraries have it that generate wrappers, and give them all that the function has."""

    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    functools.update_wrapper(inner, function)
    inner.__defaults__ = function.__defaults__
    inner.__kwdefaults__ = function.__kwdefaults__
    inner.__signature__ = inspect.signature(function)
    return inner


def silent(function):
    """A wrapper that does not say whom it wraps."""

    def inner(self, *args, **kwargs):
        return function(self, *args, **kwargs)

    return inner


class Silent:
    """The same, as a class."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)


DECORATORS = {
    "wraps": logged,
    "wraps, of anything": of_anything,
    "wraps, by position": by_position,
    "wraps, by name": by_name,
    "wraps, two deep": lambda function: logged(of_anything(function)),
    "wraps, three deep": lambda function: tried(times=2)(Counted(logged(function))),
    "with options": tried(times=3),
    "a class": Counted,
    "a class with __get__": Bound,
    "a class within a wrapper": lambda function: logged(Counted(function)),
    "a context": Within(),
    "a context's function": lambda function: contextlib.contextmanager(lambda: iter([None]))()(function),
    "__signature__": signed,
    "a proxy": Proxy,
    "a proxy of a wrapper": lambda function: Proxy(logged(function)),
    "a generated wrapper": generated,
    "a coroutine": awaited,
    "singledispatch": functools.singledispatch,
    "partial": functools.partial,
    "partial, told whom it wraps": lambda function: functools.update_wrapper(functools.partial(function), function),
    "partialmethod": functools.partialmethod,
    "staticmethod of a wrapper": lambda function: staticmethod(logged(function)),
}
"""By name; each takes a method with self and one further parameter."""
CACHES = {"lru_cache": functools.lru_cache, "lru_cache, with a size": functools.lru_cache(maxsize=2)}
"""What they call must take what can be hashed."""
