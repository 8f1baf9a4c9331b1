"""The rules of the house (docs/architecture.md), each held by a guard and each guard shown to catch an offender."""

import ast
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "departments",
    "tasks",
    "indicators",
    "chengkou_kepu",
    "tests",
)  # each may import what stands before it
PLAN_SHA256 = "4e066c72a0a1ee376eabffabe179d6ecb308ce6852bc2b49d83320b7f76df395"
TOP_LEVEL = {
    "benchmarks", "chengkou_kepu", "departments", "docs", "fixtures", "indicators", "locale", "static", "tasks",
    "templates", "tests",
}  # fmt: skip
NOT_KEPT = {"build", "media", "staticfiles", "test-output"}
DRAWERS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "services",
    "service",
    "common",
    "misc",
    "signals",
    "receivers",
}
IN_TAG = r"<(?:[^<>{]|\{\{.*?\}\}|\{%.*?%\})*?"
INLINE = {
    "style attribute": re.compile(IN_TAG + r"\sstyle\s*=", re.I),
    "event attribute": re.compile(IN_TAG + r"\son[a-z]+\s*=", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc\s*=)", re.I),
    "javascript address": re.compile(r"""=\s*["']?\s*javascript:""", re.I),
}
ELSEWHERE = re.compile(r"""(?:https?:)?//(?!www\.w3\.org/)[\w-]+(?:\.[\w-]+)+""", re.I)
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}|<!--.*?-->", re.S)


def modules(*rooms):
    """(path from the root, source) of every module of the rooms but migrations."""
    for path in sorted(p for room in rooms for p in (ROOT / room).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path.relative_to(ROOT), path.read_text()


def texts(folder, *suffixes):
    return [
        (path.relative_to(ROOT), path.read_text())
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in suffixes
    ]


def offences(guard, sources):
    return [f"{path}: {offence}" for path, source in sources for offence in guard(path, source)]


def imported(tree):
    """Dotted names the module reaches for: imports anywhere in it, and names handed to import_module and the like."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"[a-z_]+(\.\w+)+", node.value):
                yield node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get_model":
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def wrong_imports(path, source):
    later = ROOMS[ROOMS.index(path.parts[0]) + 1 :]
    return sorted({name for name in imported(ast.parse(source)) if name.split(".")[0] in later})


def drawers(path, source):
    names = [part.removesuffix(".py") for part in path.parts]
    itself = [path.stem] if path.stem == names[0] and len(names) > 1 else []
    return sorted(DRAWERS.intersection(names)) + itself


class ClockReads(ast.NodeVisitor):
    """Calls and references that read the clock outside a function that answers a request; `found` are line numbers."""

    NAIVE = {"today", "utcnow", "utcfromtimestamp"}

    def __init__(self):
        self.found, self.views = [], 0

    def visit_FunctionDef(self, node):
        answers = "request" in {arg.arg for arg in node.args.args}
        self.views += answers
        self.generic_visit(node)
        self.views -= answers

    def visit_Attribute(self, node):
        of = ast.unparse(node.value).rpartition(".")[2]
        naive = of in ("date", "datetime", "dt") and node.attr in self.NAIVE
        clock = (of, node.attr) in (("timezone", "now"), ("datetime", "now"), ("time", "time"))
        local = of == "timezone" and node.attr in ("localdate", "localtime") and self._reads(node)
        if naive or ((clock or local) and not (self.views and of == "timezone")):
            self.found.append(node.lineno)
        self.generic_visit(node)

    def visit_Call(self, node):
        node.func.called_with_moment = bool(node.args or node.keywords)
        self.generic_visit(node)

    def visit_ImportFrom(self, node):
        if node.module == "django.utils.timezone" and {"now", "localdate"} & {
            alias.name for alias in node.names
        }:
            self.found.append(node.lineno)

    def _reads(self, node):
        """localdate(at) and localtime(at) convert; without an argument they read the clock."""
        return not getattr(node, "called_with_moment", False)


def clock_reads(path, source):
    if "management" in path.parts:
        return []
    reads = ClockReads()
    reads.visit(ast.parse(source))
    return [f"line {number}" for number in reads.found]


def naive_dates(path, source):
    """Codes of ruff's rules against dates without a zone that the module breaks, under the project's settings."""
    name = str(ROOT / path)
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format=json", "--stdin-filename", name, "-"],
        input=source,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return [offence["code"] for offence in json.loads(found.stdout) if offence["code"].startswith("DTZ")]


def inline(path, source):
    return [name for name, pattern in INLINE.items() if pattern.search(COMMENT.sub("", source))]


def inline_in_python(path, source):
    """The same in markup written by Python code."""
    strings = [
        n.value
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    return sorted({name for text in strings for name in inline(path, text)})


def elsewhere(path, source):
    return ELSEWHERE.findall(source)


def test_rooms_import_only_leftwards():
    assert offences(wrong_imports, modules(*ROOMS[:-1])) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("departments/models.py", "from tasks.models import Task"),
        ("tasks/workflow.py", "def submit():\n    import indicators.models"),
        ("tasks/models/plan.py", "models.ForeignKey('indicators.Indicator', models.CASCADE)"),
        ("tasks/progress.py", "apps.get_model('indicators', 'Indicator')"),
        ("indicators/standing.py", "from chengkou_kepu import dashboard"),
        ("chengkou_kepu/demo/loading.py", "from tests import factories"),
    ],
)
def test_an_import_to_the_right_is_caught(path, source):
    assert offences(wrong_imports, [(Path(path), source)]) != []


def test_imports_to_the_left_and_within_a_room_are_free():
    sources = [
        (
            Path("tasks/workflow.py"),
            "from departments import audit\nfrom . import calendar\nfrom .models import Plan",
        ),
        (Path("chengkou_kepu/filing.py"), "import indicators.models, tasks.models\nreverse('tasks:list')"),
    ]
    assert offences(wrong_imports, sources) == []


def test_no_junk_drawers():
    assert offences(drawers, modules(*ROOMS[:-1])) == []


@pytest.mark.parametrize(
    "path", ["tasks/utils.py", "indicators/common/text.py", "tasks/tasks.py", "tasks/signals.py"]
)
def test_a_junk_drawer_is_caught(path):
    assert offences(drawers, [(Path(path), "")]) != []


def test_only_views_and_commands_read_the_clock():
    assert offences(clock_reads, modules(*ROOMS[:-1])) == []


@pytest.mark.parametrize(
    "source",
    [
        "at = timezone.now()",
        "def save(by):\n    return timezone.now()",
        "created_at = models.DateTimeField(default=timezone.now)",
        "def view(request):\n    return date.today()",
        "def view(request):\n    return datetime.datetime.now()",
        "datetime.utcnow()",
        "from django.utils.timezone import now",
        "def late(report):\n    return timezone.localdate() > report.due_on",
    ],
)
def test_a_read_of_the_clock_is_caught(source):
    assert offences(clock_reads, [(Path("tasks/workflow.py"), source)]) != []


@pytest.mark.parametrize("path", ["tasks/periods.py", "chengkou_kepu/management/commands/open_period.py"])
@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("import datetime\n\nday = datetime.date.today()\n", "DTZ011"),
        ("from datetime import date\n\nday = date.today()\n", "DTZ011"),
        ("from datetime import datetime\n\nat = datetime.now()\n", "DTZ005"),
        ("from datetime import datetime\n\nat = datetime.today()\n", "DTZ002"),
        ("from datetime import datetime\n\nat = datetime.utcnow()\n", "DTZ003"),
        ("from datetime import datetime\n\nat = datetime(2026, 1, 12, 23, 59)\n", "DTZ001"),
        ('from datetime import datetime\n\nat = datetime.strptime("2026", "%Y")\n', "DTZ007"),
    ],
)
def test_a_naive_date_is_refused_by_the_linter_everywhere(path, source, code):
    """Commands too, which may read the clock, but only the aware one."""
    assert naive_dates(path, source) == [code]


def test_an_aware_date_is_not():
    source = "from django.utils import timezone\n\nat = timezone.now()\n"
    assert naive_dates("chengkou_kepu/review.py", source) == []


def test_a_view_a_command_and_a_conversion_are_not():
    sources = [
        (Path("chengkou_kepu/review.py"), "def review(request, slug):\n    at = timezone.now()"),
        (Path("tasks/management/commands/send.py"), "at = timezone.now()"),
        (Path("tasks/calendar.py"), "def day(at):\n    return timezone.localdate(at)"),
    ]
    assert offences(clock_reads, sources) == []


def test_the_plan_document_is_byte_identical():
    document = (ROOT / "fixtures/plan/000_5b31e1cc3ff236a8.txt").read_bytes()
    assert hashlib.sha256(document).hexdigest() == PLAN_SHA256


def test_nothing_inline_in_pages():
    assert offences(inline, texts("templates", ".html")) == []
    assert offences(inline_in_python, modules(*ROOMS[:-1])) == []


@pytest.mark.parametrize(
    ("markup", "offence"),
    [
        ('<p class="a" style="color:red">', "style attribute"),
        ('<td {% if a > b %}class="x"{% endif %} style="width:{{ w }}%">', "style attribute"),
        ('<a\n  onclick="go()">', "event attribute"),
        ("<style>p{}</style>", "style element"),
        ("<script>go()</script>", "inline script"),
        ('<a href="javascript:go()">', "javascript address"),
    ],
)
def test_something_inline_is_caught(markup, offence):
    assert inline(Path("a.html"), markup) == [offence]
    assert inline_in_python(Path("a.py"), f"format_html({markup!r})") == [offence]


def test_a_script_of_our_own_and_data_attributes_are_not_inline():
    markup = (
        '<script src="{% static \'portal/portal.js\' %}" defer></script><p data-on="1">{# <p style="a"> #}'
    )
    assert inline(Path("a.html"), markup) == []


def test_pages_need_no_other_host():
    sources = texts("templates", ".html") + texts("static", ".css", ".js", ".svg")
    assert offences(elsewhere, sources) == []


@pytest.mark.parametrize("source", ['src="https://cdn.example.com/a.js"', "url(//fonts.example.cn/a.woff)"])
def test_another_host_is_caught(source):
    assert elsewhere(Path("a.html"), source) != []
    assert elsewhere(Path("a.svg"), '<svg xmlns="http://www.w3.org/2000/svg">') == []


def surplus(names):
    kept = {name for name in names if not name.startswith(".") and not name.endswith(".egg-info")}
    return sorted(kept - TOP_LEVEL - NOT_KEPT - {"deploy"})


def test_top_level_folders():
    names = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert sorted(TOP_LEVEL - names) == []
    assert surplus(names) == []
    assert surplus({"tasks", "core", ".venv"}) == ["core"]


@pytest.mark.parametrize("path", [path for path, _ in texts("templates", ".html", ".txt")], ids=str)
def test_template_compiles(path):
    assert get_template(str(path.relative_to("templates")))


@pytest.mark.django_db
def test_migrations_are_complete(capsys):
    call_command("makemigrations", check=True, dry_run=True)
    assert capsys.readouterr().out == "No changes detected\n"


def test_readme_names_every_setting_and_make_target():
    readme = (ROOT / "README.md").read_text()
    read = re.findall(
        r"""(?:environ\.get|flag)\(["'](\w+)""", (ROOT / "chengkou_kepu/settings.py").read_text()
    )
    targets = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)[0].split()
    assert [name for name in [*read, "DATABASE_URL", "DEMO_PASSWORD"] if f"`{name}`" not in readme] == []
    assert [
        name for name in targets if f"make {name}" not in readme and name not in ("help", "install")
    ] == []
