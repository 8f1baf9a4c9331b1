"""Files that are no plan document, or only a part of one: one Chinese sentence, never half a title or half a unit."""

import re
import zipfile
from pathlib import Path

import pytest
from docx import Document
from openpyxl import Workbook

from tasks.plan_document import PlanDocumentError, read_plan_document

COUNTY = Path(__file__).resolve().parents[2] / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"
RAW = COUNTY.read_bytes()
TABLE_AT = RAW.index("附件\n《".encode())
HEAD = "\t序号\n\t重点工作\n\t牵头单位\n\t配合单位\n\n"


def refusal(path):
    with pytest.raises(PlanDocumentError) as refused:
        read_plan_document(path)
    return str(refused.value)


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def spelled_alike(task):
    """A task's text and units without the spelling that only the rest of the table can decide."""
    units = (*task.leads, "|", *task.supports)
    return (
        task.number,
        task.title,
        task.action,
        [re.sub("（县?科技局）", "", name) for name in units],
        task.groups,
    )


def test_every_cut_is_refused_or_gives_whole_rows(tmp_path):
    whole = [spelled_alike(task) for task in read_plan_document(COUNTY).tasks]
    line_ends = {
        match.start() + shift for match in re.finditer(b"[\n\t]", RAW[TABLE_AT:]) for shift in (0, 1)
    }
    cuts = sorted(
        {*range(0, TABLE_AT, 1999), *(TABLE_AT + end for end in line_ends), *range(TABLE_AT, len(RAW), 13)}
    )
    path, accepted, sentences = tmp_path / "方案.txt", set(), set()
    for cut in cuts:
        path.write_bytes(RAW[:cut])
        try:
            document = read_plan_document(path)
        except PlanDocumentError as refused:
            sentences.add(str(refused))
            continue
        tasks = [spelled_alike(task) for task in document.tasks]
        accepted.add(len(tasks))
        assert tasks == whole[: len(tasks)], cut
        assert "table_may_be_cut_off" in {finding.code for finding in document.findings}, cut
    assert accepted == set(range(1, 43))
    assert [sentence for sentence in sentences if not re.fullmatch("[^。]+。", sentence)] == []


BREAKS = [
    ("县农业农村委\n\t县委宣传部、县经济信", "第1项处断开（责任单位没有写完）"),
    ("\t16\n\t发挥企业家提升产业工人", "第16项处断开（重点工作没有写完）"),
    ("\n\t县总工会\n", "第12项处断开（缺少责任单位）"),
    ("\t完善青少年科学教育体系\n", "第6项处断开（缺少责任单位）"),
    ("\t26\n", "第26项处断开（有序号而没有重点工作内容）"),
    ("\t四、实施领导干部和公", "标题行中间断开"),
    ("县农业农村委\n\t县委宣传部、", "第1项处断开（责任单位没有写完）"),
]
BREAKS_IN_AN_OPEN_LINE = [
    ("\t26\n\t加强统筹规划和宏观指导", "第26项处断开（重点工作没有写完）"),
    ("\t31\n\t加强与媒体组织合作", "第31项处断开（重点工作没有写完）"),
    ("县农业农村委\n\t县委宣传部、县经济信息委", "第1项处断开（责任单位没有写完）"),
]


@pytest.mark.parametrize(
    ("end", "after", "said"),
    [
        *((end, "", said) for end, said in BREAKS + BREAKS_IN_AN_OPEN_LINE),
        *((end, "\n", said) for end, said in BREAKS),
    ],
)
def test_a_text_broken_inside_a_row(tmp_path, end, after, said):
    whole = RAW.decode()
    cut = whole[: whole.index(end) + len(end)]
    assert said in refusal(written(tmp_path, "方案.txt", cut + after))


def test_a_text_that_ends_inside_a_character(tmp_path):
    for encoding in ("utf-8", "gb18030", "utf-16"):
        raw = RAW.decode().rstrip().encode(encoding)[:-1]
        said = refusal(written(tmp_path, "方案.txt", raw))
        assert said == "文件不完整：在一个字的中间断开，请重新获取完整的文件。"


def test_a_last_unit_cell_that_goes_on_is_refused_in_every_format(tmp_path):
    for cell in ("县教委、", "县经信委（县科"):
        book, document = Workbook(), Document()
        table = document.add_table(2, 2)
        for row, texts in enumerate([("重点任务", "责任单位"), ("建设科普基地", cell)]):
            book.active.append(texts)
            for column, text in enumerate(texts):
                table.cell(row, column).text = text
        book.save(tmp_path / "方案.xlsx")
        document.save(tmp_path / "方案.docx")
        written(tmp_path, "方案.txt", f"\t重点任务\n\t责任单位\n\n\t建设科普基地\n\t{cell}\n")
        for suffix in ("txt", "docx", "xlsx"):
            said = refusal(tmp_path / f"方案.{suffix}")
            assert said == "文件不完整：责任分解表在第1项处断开（责任单位没有写完），请重新获取完整的文件。"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("城口县科学素质方案，没有附表。\n", "文件中没有找到责任分解表，请核对是否为带附表的实施方案。"),
        (RAW[:TABLE_AT], "文件中没有找到责任分解表，请核对是否为带附表的实施方案。"),
        (HEAD, "责任分解表中没有任何重点工作，请核对文件是否完整。"),
        (HEAD + "\t一、实施农民科学素质提升行动\n", "责任分解表中没有任何重点工作，请核对文件是否完整。"),
        (
            HEAD.replace("牵头单位", "牵头领导") + "\t1\n\t甲\n\t乙\n\t丙\n",
            "表格缺少“牵头单位”（或“责任单位”）一栏，无法读取，请核对表头。",
        ),
        (
            HEAD.replace("重点工作", "名称") + "\t1\n\t甲\n\t乙\n\t丙\n",
            "表格缺少“重点工作”（或“重点任务”“工作任务”）一栏，无法读取，请核对表头。",
        ),
        (b"", "文件是空的，请核对后再导入。"),
        (b" \n\n\t \r\n", "文件是空的，请核对后再导入。"),
        (
            RAW[:600] + b"\xff\xfe\xfa\x81\x00\x01" + RAW[600:],
            "无法识别文件的文字编码，请另存为 UTF-8 编码的文本文件后再导入。",
        ),
        (bytes(range(256)) * 4, "无法识别文件的文字编码，请另存为 UTF-8 编码的文本文件后再导入。"),
    ],
)
def test_texts_without_a_table_to_read(tmp_path, content, said):
    assert refusal(written(tmp_path, "方案.txt", content)) == said


def test_paths_that_cannot_be_read(tmp_path):
    assert refusal(tmp_path / "无.txt") == "找不到文件“无.txt”，请核对路径。"
    (tmp_path / "夹.txt").mkdir()
    assert refusal(tmp_path / "夹.txt") == "无法读取文件“夹.txt”，请核对路径和权限。"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("方案.doc", "不支持 .doc 格式，请另存为 .docx 文件后再导入。"),
        ("方案.xls", "不支持 .xls 格式，请另存为 .xlsx 文件后再导入。"),
        ("方案.pdf", "文件格式不对：只能导入 .txt、.docx 或 .xlsx 文件。"),
        ("方案", "文件格式不对：只能导入 .txt、.docx 或 .xlsx 文件。"),
    ],
)
def test_other_formats(tmp_path, name, said):
    assert refusal(written(tmp_path, name, RAW)) == said


@pytest.mark.parametrize("suffix", [".docx", ".xlsx"])
class TestPackages:
    def test_something_else_under_the_suffix(self, tmp_path, suffix):
        said = f"文件已损坏或不是真正的 {suffix} 文件，请重新获取后再导入。"
        assert refusal(written(tmp_path, f"方案{suffix}", RAW)) == said

    def test_an_encrypted_or_old_file(self, tmp_path, suffix):
        raw = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
        said = f"文件已加密或是旧版格式，请解除密码并另存为 {suffix} 文件后再导入。"
        assert refusal(written(tmp_path, f"方案{suffix}", raw)) == said

    def test_another_zip_file(self, tmp_path, suffix):
        path = tmp_path / f"方案{suffix}"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("说明.txt", "不是文档")
        assert refusal(path) == f"文件内容不是 {suffix} 文档，请核对后再导入。"

    def test_a_package_with_broken_parts(self, tmp_path, suffix):
        path = tmp_path / f"方案{suffix}"
        with zipfile.ZipFile(path, "w") as package:
            for part in ("word/document.xml", "xl/workbook.xml", "[Content_Types].xml"):
                package.writestr(part, "<坏")
        assert re.fullmatch("无法打开 (Word 文档|Excel 工作簿)，[^。]+。", refusal(path))

    def test_a_file_that_unpacks_beyond_the_limit(self, tmp_path, suffix):
        path = tmp_path / f"方案{suffix}"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("word/document.xml", b"0" * (51 * 1024 * 1024))
        assert refusal(path) == "文件解压后超过 50 MB，不是责任分解方案，请核对后再导入。"

    def test_every_cut_of_a_package_is_refused(self, tmp_path, suffix):
        path = tmp_path / f"方案{suffix}"
        if suffix == ".docx":
            document = Document()
            document.add_table(1, 2)
            document.save(path)
        else:
            Workbook().save(path)
        raw = path.read_bytes()
        for cut in range(1, len(raw), len(raw) // 20):
            path.write_bytes(raw[:cut])
            assert refusal(path) == f"文件已损坏或不是真正的 {suffix} 文件，请重新获取后再导入。"

    def test_a_document_without_a_table(self, tmp_path, suffix):
        path = tmp_path / f"方案{suffix}"
        if suffix == ".docx":
            document = Document()
            document.add_paragraph("没有附表。")
            document.save(path)
        else:
            Workbook().save(path)
        assert refusal(path) == "文件中没有找到责任分解表，请核对是否为带附表的实施方案。"
