"""The workbooks as LibreOffice opens and saves them: nothing is lost, and what it saved uploads as the original does."""

import re
import shutil
import subprocess
from io import BytesIO

import pytest
from django.conf import settings
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from chengkou_kepu.demo import loading
from chengkou_kepu.plan_import import import_plan
from departments.models import Department, User
from tasks.models import Responsibility
from tasks.plan_document import read_plan_document
from tests import factories
from tests.offline import HEAD, cell, complaints, content_of, download, upload
from tests.posting import return_address, typed

pytestmark = [pytest.mark.django_db, pytest.mark.office]
COUNTY_FILE = settings.BASE_DIR / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"
MEDIA_BOX = re.compile(rb"/MediaBox\s*\[([^\]]*)\]")


@pytest.fixture
def saved_again(tmp_path):
    """`saved_again({name: bytes}, kind)` → {name: bytes} as LibreOffice saves them, with a home of its own."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs soffice on PATH, of the Debian package libreoffice-calc-nogui")

    def convert(books, kind="xlsx"):
        given, made = tmp_path / f"to-{kind}", tmp_path / kind
        given.mkdir()
        for name, content in books.items():
            (given / f"{name}.xlsx").write_bytes(content)
        command = [soffice, "--headless", "--norestore", "--convert-to", kind, "--outdir", made]
        home = {"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        subprocess.run(
            [*command, *sorted(given.iterdir())], env=home, check=True, capture_output=True, timeout=120
        )
        return {name: (made / f"{name}.{kind}").read_bytes() for name in books}

    return convert


@pytest.fixture
def county(db):
    """城口县's plan with the demo's five quarters, and 2024Q1 open after them."""
    plan = import_plan(read_plan_document(COUNTY_FILE), by=None, at=factories.moment("2022-12-01 09:00")).plan
    loading.load(plan, password=factories.PASSWORD, at=factories.moment("2024-01-05 10:30"))
    return plan


@pytest.fixture
def clerk(client, county):
    client.force_login(User.objects.get(username="kexie_tb"))
    return client


@pytest.fixture
def address(county):
    """Of 县科协's return for 2024Q1."""
    return return_address(county, factories.make_period(county, "2024Q1"), kexie())


def kexie():
    return Department.objects.get(name="县科协")


def values(book):
    """{(sheet, cell): value} of every cell that holds something."""
    return {
        (sheet.title, c.coordinate): c.value
        for sheet in book
        for row in sheet.iter_rows()
        for c in row
        if c.value is not None
    }


def rules(sheet):
    """What may be entered where: {(kind, lowest or list, highest, cell)}, its cells one by one."""
    return {
        (rule.type, rule.formula1, rule.formula2 if rule.type != "list" else None, place)
        for rule in sheet.data_validations.dataValidation
        for area in rule.sqref.ranges
        for place in area.cells
    }


def hidden_columns(sheet):
    """Letters of the hidden columns."""
    return [
        get_column_letter(index)
        for group in sheet.column_dimensions.values()
        for index in range(group.min, group.max + 1)
        if group.hidden
    ]


def facts(sheet):
    """What else a clerk or a printer relies on."""
    setup = sheet.sheet_properties.pageSetUpPr
    return {
        "locked sheet": sheet.protection.sheet,
        "open cells": [c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked],
        "hidden": sheet.sheet_state != "visible",
        "hidden columns": hidden_columns(sheet),
        "merged": {str(area) for area in sheet.merged_cells.ranges},
        "rules": rules(sheet),
        "print": (sheet.print_area, sheet.print_title_rows, sheet.page_setup.orientation or "portrait"),
        "one page wide": bool(setup and setup.fitToPage),
    }


@pytest.fixture
def books(clerk, county, address):
    """The three workbooks as they are downloaded, {name: bytes}; 县科协's has 38 lines."""
    exports = f"/plans/{county.slug}/exports"
    offline = download(clerk, address)
    assert offline["进展"].max_row - HEAD == 38
    return {
        "offline": content_of(offline),
        "summary": clerk.get(f"{exports}/summary.xlsx?period=2023Q3").getvalue(),
        "responsibility-table": clerk.get(f"{exports}/responsibility-table.xlsx?period=2023Q3").getvalue(),
    }


def test_what_libreoffice_saves_holds_the_same(books, saved_again):
    again = saved_again(books)
    for name, content in books.items():
        ours, theirs = (load_workbook(BytesIO(data)) for data in (content, again[name]))
        assert theirs.sheetnames == ours.sheetnames
        assert values(theirs) == values(ours)
        assert {s.title: facts(s) for s in theirs} == {s.title: facts(s) for s in ours}


def test_on_paper_every_page_is_a4_across(books, saved_again):
    for name, printed in saved_again(books, "pdf").items():
        boxes = {tuple(float(n) for n in box.split()) for box in MEDIA_BOX.findall(printed)}
        assert (name, {(round(right), round(top)) for _, _, right, top in boxes}) == (name, {(842, 595)})


def filled(book):
    """A clerk's entries in every line: texts of two lines, digits that are text, numbers."""
    sheet = book["进展"]
    held = Responsibility.objects.filter(department=kexie())
    for number in held.values_list("task__number", flat=True):
        cell(sheet, number, "本季进展").value = f"第{number}项：\n开展活动，培训1,200人次。"
    cell(sheet, 3, "取得成效").value = "007"
    cell(sheet, 3, "活动场次").value = 12
    cell(sheet, 4, "投入资金（万元）").value = 1.25
    return book


def read_back(page):
    preview = page.context["preview"]
    return (
        [(row.title, [(c.label, c.old, c.new) for c in row.changes]) for row in preview.rows],
        preview.unchanged,
        complaints(page),
        preview.ready,
    )


def test_a_filled_workbook_that_libreoffice_saved_uploads_to_the_same_preview(
    clerk, county, address, saved_again
):
    clerk.post(address, typed(county.periods.get(year=2024), kexie(), 1, progress="先在线写的。"))
    good = filled(download(clerk, address))
    wrong = filled(download(clerk, address))
    cell(wrong["进展"], 5, "活动场次").value = "两场"
    cell(wrong["进展"], 6, "覆盖人次").value = "=1+1"
    books = {"good": content_of(good), "wrong": content_of(wrong)}
    again = saved_again(books)
    for name, content in books.items():
        assert read_back(upload(clerk, address, again[name])) == read_back(upload(clerk, address, content))
    rows, unchanged, problems, ready = read_back(upload(clerk, address, again["good"]))
    assert (len(rows), unchanged, problems, ready) == (38, 0, [], True)
    assert len(read_back(upload(clerk, address, again["wrong"]))[2]) == 2
