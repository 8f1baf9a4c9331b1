"""What the main pages and the saving of a long return cost, on the real plan with the demo content (SQLite).

Medians of some rounds through the test client, one unmeasured round before; the ratio to the login page is the
figure to compare between machines and versions.   benchmarks/pages.py [ROUNDS]
"""

import os
import sys
import tempfile
import warnings
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

import django
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html

ROOT = Path(__file__).resolve().parent.parent
PLAN = "/plans/chengkou-2021-2025/"
NEXT = "2024Q1"
PAGES = (
    ("总览，首个季度", "kexie", f"{PLAN}?period=2022Q4"),
    ("总览，五个季度之后", "kexie", f"{PLAN}?period=2023Q4"),
    ("重点工作一览", "kexie", f"{PLAN}tasks/?period=2023Q4"),
    ("重点工作一项", "kexie", f"{PLAN}tasks/3/?period=2023Q4"),
    ("单位一览", "kexie", f"{PLAN}departments/?period=2023Q4"),
    ("指标一览", "kexie", f"{PLAN}indicators/?period=2023Q4"),
    ("审核", "kexie", f"{PLAN}review/?period=2023Q4"),
    ("填报页，38 项", "kexie_tb", f"{PLAN}filing/{NEXT}/"),
    ("汇总表", "kexie", f"{PLAN}exports/summary.xlsx?period=2023Q4"),
    ("责任分解表", "kexie", f"{PLAN}exports/responsibility-table.xlsx?period=2023Q4"),
)


def prepare(database):
    """A database of its own with the plan, the demo and one more open quarter; settings as in production."""
    os.environ.pop("DEBUG", None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "chengkou_kepu.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "for-this-benchmark-only",
        "ALLOWED_HOSTS": "testserver",
        "SECURE_SSL_REDIRECT": "0",
        "DEMO_PASSWORD": "for-this-benchmark-only",
    }
    sys.path.insert(0, str(ROOT))
    warnings.filterwarnings("ignore", "No directory at", UserWarning)
    django.setup()
    quiet = StringIO()
    call_command("migrate", stdout=quiet)
    call_command("collectstatic", interactive=False, stdout=quiet)
    call_command("import_plan", str(ROOT / "fixtures/plan/000_5b31e1cc3ff236a8.txt"), stdout=quiet)
    call_command("load_demo", stdout=quiet)
    call_command("open_period", NEXT, stdout=quiet)


def signed_in(username):
    client = Client()
    if username:
        from departments.models import User

        client.force_login(User.objects.get(username=username))
    return client


def asking(username, address):
    """A function that asks for the page as that user."""
    client = signed_in(username)

    def ask():
        response = client.get(address)
        assert response.status_code == 200, f"{address}: {response.status_code}"
        b"".join(response)

    return ask


def saving():
    """(a function that saves all 38 lines of 县科协 with the texts prepared, a function that prepares new texts)."""
    client, address, numbers = signed_in("kexie_tb"), f"{PLAN}filing/{NEXT}/", count()
    typed = {}

    def prepare_texts():
        page = html.fromstring(client.get(address).content.decode())
        fields = page.xpath("//*[@form='return' or ancestor::form[@id='return']][@name][not(self::button)]")
        typed.clear()
        typed.update({f.name: f.value for f in fields if f.get("type") != "checkbox" and f.value is not None})
        lines = [name for name in typed if name.startswith("line-") and name.endswith("-progress")]
        assert len(lines) == 38, len(lines)
        typed.update(dict.fromkeys(lines, f"举办活动{next(numbers)}场。"))

    def save():
        response = client.post(address, typed | {"verb": "save"})
        assert response.status_code == 302, "not saved"

    return save, prepare_texts


def measured(work, rounds, before=lambda: None):
    """(median milliseconds, number of queries) of `work`; `before` each round is not measured."""
    before()
    with CaptureQueriesContext(connection) as queries:
        work()
    asked = len(queries)
    times = []
    for _ in range(rounds):
        before()
        start = perf_counter()
        work()
        times.append((perf_counter() - start) * 1000)
    return median(times), asked


def report(rounds):
    yardstick, _ = measured(asking(None, "/login/"), rounds)
    print(f"登录页 {yardstick:.1f} 毫秒（{rounds} 轮的中位数）\n{'毫秒':>6} {'比登录页':>6} {'查询':>3}")
    works = [(name, asking(username, address), lambda: None) for name, username, address in PAGES]
    for name, work, before in [*works, ("保存 38 项", *saving())]:
        time, queries = measured(work, rounds, before)
        print(f"{time:8.1f} {time / yardstick:8.1f} 倍 {queries:4}  {name}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place) / "benchmark.sqlite3")
        report(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
        connection.close()
