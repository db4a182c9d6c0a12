"""The candidate's program inside a child: importing its files, and naming what goes wrong in it.

Nothing here is a boundary: the program shares this process and may change any of it. The boundary is the
sandbox, the system-call filter and the trusted worker, which believes nothing but well-formed frames. What is
here makes an honest mistake readable. Standard library only.
"""

from __future__ import annotations

import builtins
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

STANDARD_IMPORTS = (
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "functools",
    "heapq",
    "itertools",
    "math",
    "typing",
)
"""Modules that every candidate may import, besides `interface` and what its problem lists."""

Described = tuple[str, str]
"""The kind of a failure, and its reason."""

_TEXT_CHARS = 200
_NAME_CHARS = 80
_TRACEBACK_STEPS = 2000
_TYPE_NAME = type.__dict__["__name__"]
_TRACEBACK = BaseException.__dict__["__traceback__"]
_ARGUMENTS = BaseException.__dict__["args"]
_BUILT_IN_ERRORS = frozenset(
    found for found in vars(builtins).values() if isinstance(found, type) and issubclass(found, BaseException)
)


class ForbiddenImport(ImportError):
    """The program imports a module that its problem does not allow."""


class Program:
    """The files of one program, importable as modules named after their paths."""

    def __init__(self, frame: Mapping[str, Any]) -> None:
        """Keep a program frame: `files`, `entry_file`, `entry_name` and `imports`."""
        self.files: dict[str, str] = dict(frame["files"])
        self.entry_file: str = frame["entry_file"]
        self.entry_name: str = frame["entry_name"]
        self.modules = {_module_name(path): path for path in self.files}
        self._code: dict[str, types.CodeType] = {}
        own = {name.partition(".")[0] for name in self.modules}
        self.allowed = frozenset((*STANDARD_IMPORTS, "interface", *frame["imports"], *own))

    def compile(self) -> None:
        """Compile every file, and run none. What is wrong with one is said where it is imported."""
        for path in self.files:
            with suppress(BaseException):
                self.code(path)

    def code(self, path: str) -> types.CodeType:
        """Return one file, compiled.

        Raises:
            SyntaxError: it is no Python, or the parser gives up.
        """
        if path not in self._code:
            self._code[path] = _compiled(self.files[path], path)
        return self._code[path]

    def load(self) -> Any:
        """Import the entry file and return the entry.

        Raises:
            BaseException: whatever the program raises.
            NameError: the file does not define the entry.
        """
        sys.meta_path.insert(0, _Finder(self))
        module = importlib.import_module(_module_name(self.entry_file))
        entry = vars(module).get(self.entry_name)
        if entry is None:
            raise NameError(f"{self.entry_file} does not define {self.entry_name}")
        return entry

    def describe(self, error: BaseException) -> Described:
        """Return kind and reason of a failure without running any code of the program.

        `str(error)` or the name of its class may hang; so only what C descriptors return is read, and only
        exact built-in errors with plain arguments are quoted.
        """
        cls = type(error)
        name = _exact(_TYPE_NAME.__get__(cls))[:_NAME_CHARS]
        said = _quoted(error) if cls in _BUILT_IN_ERRORS or cls is ForbiddenImport else ""
        where = f" ({place})" if (place := self._place(error)) else ""
        return _kind(cls), f"{name}{': ' if said else ''}{said}{where}"

    def _place(self, error: BaseException) -> str:
        """Return the innermost line of the program that the error went through."""
        if type(error) is SyntaxError and type(error.filename) is str and type(error.lineno) is int:
            return f"{error.filename[:_NAME_CHARS]}, line {error.lineno}"
        place = ""
        step: types.TracebackType | None = _TRACEBACK.__get__(error)
        for _ in range(_TRACEBACK_STEPS):
            if step is None:
                break
            path = step.tb_frame.f_code.co_filename
            if type(path) is str and path in self.files:
                place = f"{path}, line {step.tb_lineno}"
            step = step.tb_next
        return place


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the program's own files, and gives them an `__import__` that refuses what is not allowed."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._builtins = {**vars(builtins), "__import__": _guarded(program.allowed)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a file of the program, and none for anything else."""
        file = self._program.modules.get(fullname)
        if file is None:
            return None
        package = file.endswith("__init__.py")
        return importlib.machinery.ModuleSpec(fullname, self, origin=file, is_package=package)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Let the import system make the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run one file of the program."""
        assert module.__spec__ is not None  # noqa: S101  (the import system sets it)
        path = str(module.__spec__.origin)
        module.__dict__["__builtins__"] = self._builtins
        exec(self._program.code(path), module.__dict__)  # noqa: S102  (it is what we are for)


def _compiled(source: str, path: str) -> types.CodeType:
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError:
        raise
    except (ValueError, MemoryError, RecursionError, OverflowError, SystemError) as error:
        # The parser gives up in many ways on text that is nested too deeply or holds null bytes.
        raise SyntaxError(f"the parser gives up: {type(error).__name__}", (path, 0, 0, "")) from None


def _guarded(allowed: frozenset[str]) -> Any:
    real = builtins.__import__

    def guarded(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Iterable[str] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        if level == 0 and name.partition(".")[0] not in allowed:
            raise ForbiddenImport(
                f"import of {name} is not allowed; allowed are {', '.join(sorted(allowed))}"
            )
        return real(name, globals, locals, tuple(fromlist or ()), level)

    return guarded


def _kind(cls: type) -> str:
    if cls in (SyntaxError, IndentationError, TabError):
        return "syntax"
    if cls is ForbiddenImport:
        return "forbidden"
    # numpy raises a subclass of MemoryError; `type.__subclasscheck__` calls nothing of the program.
    return "memory" if type.__subclasscheck__(MemoryError, cls) else "exception"


def _quoted(error: BaseException) -> str:
    arguments = _ARGUMENTS.__get__(error)
    if type(error) in (SyntaxError, IndentationError, TabError):
        arguments = arguments[:1]
    if type(arguments) is not tuple or any(type(each) not in (str, int) for each in arguments):
        return ""
    text = ", ".join(each if type(each) is str else _digits(each) for each in arguments[:4])
    return text[:_TEXT_CHARS]


def _digits(number: int) -> str:
    return str(number) if number.bit_length() <= 64 else "a large int"


def _exact(text: str) -> str:
    """Return an exact `str`, also of a subclass, without calling a method of it."""
    return str.__getitem__(text, slice(0, _TEXT_CHARS))


def _module_name(path: str) -> str:
    name = path.removesuffix(".py").replace("/", ".")
    return name.removesuffix(".__init__")
