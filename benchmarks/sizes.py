"""Modules past 300 lines and functions past 40, longest first. A measure, not a rule (docs/architecture.md)."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("departments", "tasks", "indicators", "chengkou_kepu", "tests")
MODULE, FUNCTION = 300, 40


def measured():
    """(lines, what, limit) of every module and function but those of migrations."""
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        source, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
        yield source.count("\n"), f"{name}", MODULE
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                yield node.end_lineno - node.lineno + 1, f"{name}:{node.lineno} {node.name}", FUNCTION


if __name__ == "__main__":
    sizes = list(measured())
    for lines, what, limit in sorted(sizes, reverse=True):
        if lines > limit:
            print(f"{lines:5}  {what}")
    modules = sum(limit == MODULE for *_, limit in sizes)
    print(f"{modules} 个模块，{len(sizes) - modules} 个函数。")
