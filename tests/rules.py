"""Rules about the program's own code, as functions from one module to its faults.

They hold the chain of layers, one home for each library, and what security forbids. `test_architecture.py`
applies them to the tree, and plants a fault for each.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

LAYERS = (
    {"cli"},
    {"ui", "demo"},
    {"engine"},
    {"sync"},
    {"store", "imap", "pop3", "smtp", "mime", "config"},
    {"net"},
    {"model"},
)
"""A layer imports only what stands below it here; those in one set never import each other."""
NARROW = {
    "ui": ("tui_mail.engine", "tui_mail.model"),
    "demo": ("tui_mail.mime", "tui_mail.imap.wire", "tui_mail.net", "tui_mail.model"),
}
"""Layers that may import less than the chain allows."""
HOMES = {
    "textual": "tui_mail.ui",
    "rich": "tui_mail.ui",
    "aiosqlite": "tui_mail.store",
    "sqlite3": "tui_mail.store",
    "keyring": "tui_mail.config",
    "platformdirs": "tui_mail.config",
    "ssl": "tui_mail.net.tls",
    "email": "tui_mail.mime",
    "selectolax": "tui_mail.mime",
    "markdown_it": "tui_mail.mime",
    "poplib": "tui_mail.pop3",
    "smtplib": "tui_mail.smtp",
    "aiosmtpd": "tui_mail.demo",
    "imaplib": "nowhere",
}
BY_TEXT = "tui_mail.cli"
"""The one module that imports what a text names: the command that was asked for, and no other."""
SHELL = "tui_mail.config.command"
"""The one module that runs a shell: for a command string that the user wrote in the configuration."""
SQL_CALLS = {"execute", "executemany", "executescript", "all", "one", "run", "many", "insert_rows"}
SQL_FROM_CODE = {
    ("tui_mail.store.connection", "into"): "constants of its callers, which are looked at themselves",
    ("tui_mail.store.connection", "', '.join([row] * number)"): "the same",
    ("tui_mail.store.database", "durability"): "FULL or NORMAL, from two calls in the same class",
    ("tui_mail.store.folders", "columns"): "names of columns, checked against a constant set just before",
    ("tui_mail.store.effects", "unread"): "constants, and one for the kind of view; its values are bound",
    ("tui_mail.store.journal", "_CHOSEN[which]"): "one of the constants of the module",
    ("tui_mail.store.copies", "shown"): "as in places, which made it",
    ("tui_mail.store.places", "shown"): "a constant for the kind of view; its values are bound",
}
"""What goes into SQL and is no constant, by module; the value says why nobody's text gets there."""


@dataclass(frozen=True)
class Module:
    """One file of Python."""

    name: str
    """Dotted, a package without `__init__`."""
    source: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The file as syntax."""
        return ast.parse(self.source)

    @cached_property
    def lines(self) -> list[str]:
        """The file as text, without leading blanks."""
        return [line.strip() for line in self.source.splitlines()]

    @property
    def layer(self) -> str:
        """The part below `tui_mail` that it belongs to; the program's entry counts as cli."""
        part = (*self.name.split("."), "")[1]
        return "cli" if part == "__main__" else part

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of all that is imported anywhere in the file: `from a import b` is `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        parts = self.name.split(".")
        kept = parts[: len(parts) - node.level + self.is_package] if node.level else []
        return ".".join([*kept, *filter(None, [node.module])])

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the last part of the called name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, _last_name(node.func)


Rule = Callable[[Module], Iterator[str]]


def layers(module: Module) -> Iterator[str]:
    """Imports point to the right."""
    ranks = {name: rank for rank, names in enumerate(LAYERS) for name in names}
    if module.layer and module.layer not in ranks:
        yield f"{module.name}: {module.layer} is no layer"
        return
    for line, name in module.imports():
        target = Module(name, "").layer if name.startswith("tui_mail.") else ""
        if target not in ranks or target == module.layer:
            continue
        too_far = not any(_within(name, home) for home in NARROW.get(module.layer, ("tui_mail",)))
        if not module.layer or ranks[target] <= ranks[module.layer] or too_far:
            yield f"{module.name}:{line} imports {name}"


def homes(module: Module) -> Iterator[str]:
    """Each library has one home."""
    for line, name in module.imports():
        home = HOMES.get(name.split(".")[0])
        if home is not None and not _within(module.name, home):
            yield f"{module.name}:{line} imports {name}, whose home is {home}"


def local_imports(module: Module) -> Iterator[str]:
    """An import inside a function names its reason in a comment on its line or above it."""
    for function in ast.walk(module.tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        inner = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
        covered = {
            line for node in inner for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        for node in inner:
            above = node.lineno - 1
            while above in covered:
                above -= 1
            last = module.lines[_end(node) - 1]
            if "#" not in last and not module.lines[above - 1].startswith("#"):
                yield f"{module.name}:{node.lineno} imports inside {function.name} without a reason"


def imports_by_text(module: Module) -> Iterator[str]:
    """What is imported can be read off the code."""
    for call, name in module.calls():
        if name in {"import_module", "__import__"} and module.name != BY_TEXT:
            yield f"{module.name}:{call.lineno} imports what a text names"


def shells(module: Module) -> Iterator[str]:
    """No shell, but for what the user wrote."""
    if module.name == SHELL:
        return
    for call, name in module.calls():
        asked = any(word.arg == "shell" and not _is_false(word.value) for word in call.keywords)
        if asked or name in {"create_subprocess_shell", "system", "popen", "getoutput", "getstatusoutput"}:
            yield f"{module.name}:{call.lineno} runs a shell"


def prints(module: Module) -> Iterator[str]:
    """Only the command line writes to the terminal."""
    for call, name in module.calls():
        if name == "print" and isinstance(call.func, ast.Name) and module.layer != "cli":
            yield f"{module.name}:{call.lineno} prints"


def default_policies(module: Module) -> Iterator[str]:
    """Received mail is read with compat32: `policy.default` takes gigabytes for one header."""
    for line, name in module.imports():
        if name == "email.policy.default":
            yield f"{module.name}:{line} imports policy.default"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "default" and _last_name(node.value) == "policy":
            yield f"{module.name}:{node.lineno} uses policy.default"


def composed_sql(module: Module) -> Iterator[str]:
    """SQL is made of constants and whole numbers; values are bound."""
    if module.layer != "store":
        return
    for scope in ast.walk(module.tree):
        if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        local = _locals(scope)
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and node.args and _is_sql_call(node.func):
                written = node.args[:2] if _last_name(node.func) == "insert_rows" else node.args[:1]
                for piece in chain.from_iterable(_pieces_from_outside(one, local) for one in written):
                    if (module.name, piece) not in SQL_FROM_CODE:
                        yield f"{module.name}:{node.lineno} puts {piece} into SQL"


RULES: tuple[Rule, ...] = (
    layers,
    homes,
    local_imports,
    imports_by_text,
    shells,
    prints,
    default_policies,
    composed_sql,
)


def _is_sql_call(called: ast.expr) -> bool:
    return isinstance(called, ast.Attribute) and called.attr in SQL_CALLS


def _locals(scope: ast.AST) -> dict[str, list[ast.expr]]:
    """What a function's names stand for, where that can be read off: assignments, loops over a literal."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(name)], value=value):
                found.setdefault(name, []).append(value)
            case ast.For(target=ast.Name(name), iter=ast.Tuple(elts=values)):
                found.setdefault(name, []).extend(values)
    return found


def _pieces_from_outside(text: ast.expr, local: Mapping[str, list[ast.expr]]) -> Iterator[str]:
    """What a text is put together from, but literals, constants and whole numbers."""
    match text:
        case ast.Name(name) if name in local:
            rest = {key: values for key, values in local.items() if key != name}
            for value in local[name]:
                yield from _pieces_from_outside(value, rest)
        case ast.JoinedStr(values):
            for value in values:
                if isinstance(value, ast.FormattedValue) and not _is_number(value):
                    yield from _interpolated(value.value, local)
        case ast.BinOp(left, ast.Add(), right):
            yield from _interpolated(left, local)
            yield from _interpolated(right, local)
        case ast.BinOp() | ast.Call(func=ast.Attribute(attr="format" | "join" | "replace")):
            yield ast.unparse(text)


def _interpolated(value: ast.expr, local: Mapping[str, list[ast.expr]]) -> Iterator[str]:
    """The piece itself, unless it can be followed to constants."""
    match value:
        case ast.Name(name) if name in local:
            constant = all(isinstance(one, ast.Constant) for one in local[name])
            yield from () if constant else (name,)
        case ast.JoinedStr() | ast.BinOp():
            yield from _pieces_from_outside(value, local)
        case _ if not _is_constant(value):
            yield ast.unparse(value)


def _is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) or _last_name(value).lstrip("_").isupper()


def _is_number(value: ast.FormattedValue) -> bool:
    return value.format_spec is not None and ast.unparse(value.format_spec) == "f'd'"


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _within(name: str, home: str) -> bool:
    return name == home or name.startswith(f"{home}.")
