"""The offline workbook as a clerk handles it: downloaded, opened, filled, sent back."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.http import urlencode
from lxml import html
from openpyxl import load_workbook

HEAD = 3


def download(client, address):
    """The workbook of a filing page's address, opened."""
    path, _, query = address.partition("?")
    response = client.get(f"{path}workbook.xlsx?{query}")
    assert response.status_code == 200
    return load_workbook(BytesIO(response.getvalue()))


def columns(sheet):
    """{heading: column number}."""
    return {cell.value: cell.column for cell in sheet[HEAD]}


def cell(sheet, number, heading):
    """The cell of task `number` under a heading."""
    at = columns(sheet)
    for row in range(HEAD + 1, sheet.max_row + 1):
        if sheet.cell(row, at["序号"]).value == number:
            return sheet.cell(row, at[heading])
    raise AssertionError(f"no row of task {number}")


def content_of(book):
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def upload(client, address, content, name="填报表.xlsx"):
    """The page that answers an upload of `content` (bytes, or a workbook)."""
    path, _, query = address.partition("?")
    content = content if isinstance(content, bytes) else content_of(content)
    return client.post(f"{path}upload/?{query}", {"file": SimpleUploadedFile(name, content)})


def confirm(client, address, page, *, as_form=False, **more):
    """Press 确认导入 on the preview `page`; `as_form` sends it encoded as a browser does."""
    path, _, query = address.partition("?")
    form = html.fromstring(page.content.decode()).xpath("//form[.//button[@name='confirm']]")[0]
    fields = {field.name: field.value for field in form.xpath(".//input[@type='hidden']")}
    data, encoded = fields | {"confirm": "1"} | more, {}
    if as_form:
        data, encoded = urlencode(data), {"content_type": "application/x-www-form-urlencoded"}
    return client.post(f"{path}upload/?{query}", data, **encoded)


def complaints(page):
    """[(sheet, cell, reason)] of a preview page, or its one refusal."""
    if page.context.get("refusal"):
        return page.context["refusal"]
    return [(p.sheet, p.cell, p.reason) for p in page.context["preview"].problems]
