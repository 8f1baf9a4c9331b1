"""What may be evidence by name and content, and numbers that look like a person's."""

from io import BytesIO

import pytest

from tasks.file_kinds import shown_name, why_not
from tasks.identity_numbers import identity_numbers
from tests.files import BAD, GOOD

KIND = "不接受这种文件，只接受 doc、docx、et、heic、jpeg、jpg、ofd、pdf、png、wps、xls、xlsx 文件。"
MACROS = "文件中含有宏，请另存为不含宏的文件后再上传。"


def misfit(extension):
    return f"内容与扩展名 {extension} 不符，请用原来的软件另存为这种格式后再上传。"


WHY = {
    "无扩展名": KIND,
    "程序.exe": KIND,
    "程序.pdf": misfit("pdf"),
    "网页.html": KIND,
    "网页.png": misfit("png"),
    "图.svg": KIND,
    "图.jpg": misfit("jpg"),
    "别的.docx": misfit("docx"),
    "宏.docx": MACROS,
    "坏的.xlsx": misfit("xlsx"),
    "损坏.docx": misfit("docx"),
    "损坏.ofd": misfit("ofd"),
    "视频.heic": misfit("heic"),
    "旧.docx": misfit("docx"),
    "压缩.zip": KIND,
    "双重.pdf.exe": KIND,
}


@pytest.mark.parametrize("name", GOOD)
def test_allowed_kinds(name):
    assert why_not(name, BytesIO(GOOD[name])) == ""


def test_everything_else_is_told_why():
    assert {name: why_not(name, BytesIO(content)) for name, content in BAD.items()} == WHY


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("名册.pdf", "名册.pdf"),
        ("C:\\Users\\王琳\\名册.pdf", "名册.pdf"),
        ("../../etc/名册.pdf", "名册.pdf"),
        ("名\u202efdp.册\x00.pdf", "名fdp.册.pdf"),
        ('"<名册>|*?".pdf', "名册.pdf"),
        ("长" * 300 + ".pdf", "长" * 150 + ".pdf"),
    ],
)
def test_the_name_a_person_reads(given, shown):
    assert shown_name(given) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("学员 11010519491231002X 参加", ("110105********002X",)),
        ("１１０１０５１９４９１２３１００２Ｘ", ("110105********002X",)),
        ("110105 19491231 002x", ("110105********002x",)),
        ("110105194912310021", ("110105********0021，校验码不符",)),
        ("学员500229198802300016", ()),
        ("项目编号 500229202310100016", ()),
        ("项目编号 990105194912310021", ()),
        ("文号 500229209912310021", ()),
        ("11010519491331002X", ()),
        ("项目编号 2023110105194912310", ()),
        ("联系电话 13800138000", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_numbers_like_an_identity_card(text, found):
    assert identity_numbers(text) == found
