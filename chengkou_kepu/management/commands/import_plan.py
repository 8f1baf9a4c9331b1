"""Import a plan's official document, or with --dry-run only read it; DESIGN §5 fixes the JSON."""

import json
from dataclasses import asdict

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from chengkou_kepu.management.moments import add_at, moment
from chengkou_kepu.plan_import import ImportRefused, extent, import_plan
from tasks.plan_document import PlanDocumentError, as_json, read_plan_document


class Command(BaseCommand):
    help = "导入方案文件（.txt、.docx、.xlsx）；再次导入只更新有变化的内容，不改动已填报的季报。"
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="文件", help="方案文件，含重点任务责任分解表。")
        parser.add_argument("--slug", default="", metavar="标识", help="默认为地名拼音加起止年份。")
        parser.add_argument("--region", default="", metavar="代码", help="行政区划代码，如 500229。")
        parser.add_argument("--dry-run", action="store_true", help="只读文件，不连接数据库，不保存。")
        parser.add_argument("--json", action="store_true", help="只输出一个 JSON 对象。")
        parser.add_argument("--retitle", action="store_true", help="已有填报的重点工作也按文件改名。")
        add_at(parser)

    def handle(self, *args, **options):
        try:
            document = read_plan_document(options["file"])
        except PlanDocumentError as error:
            raise CommandError(str(error)) from None
        outcome = None if options["dry_run"] else self.save(document, options)
        if options["json"]:
            found = as_json(document)
            found["findings"] += [asdict(f) for f in outcome.findings] if outcome else []
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(
                "\n".join([*summary(document), *(result(document, outcome) if outcome else NOT_SAVED)])
            )

    def save(self, document, options):
        try:
            return import_plan(
                document,
                by=None,
                at=moment(options["at"]),
                slug=options["slug"],
                region_code=options["region"],
                retitle=options["retitle"],
            )
        except ImportRefused as refusal:
            raise CommandError(str(refusal)) from None
        except DatabaseError as error:
            cause = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CommandError(
                f"数据库出错，没有保存任何内容，请确认数据库可用并已执行 migrate（{cause}）。"
            ) from None


NOT_SAVED = ["试读完毕，没有保存。"]


def summary(document):
    """What the document says, in lines."""
    lines = [document.title or "（没有找到方案名称）", f"{extent(document)}。"]
    if not document.findings:
        return [*lines, "没有需要核对的事项。"]
    lines.append(f"需要核对的事项 {len(document.findings)} 条：")
    for finding in document.findings:
        row = f"第{finding.row}项"
        named = finding.row is None or finding.message.startswith(row)
        lines.append(f"  {finding.message}" if named else f"  {row}：{finding.message}")
    return lines


def result(document, outcome):
    """What the import made of it, in lines."""
    plan, targets = outcome.plan, outcome.targets
    name = f"{plan.region}（{plan.region.code}）{plan.slug}"
    lines = []
    if document.region_name not in (None, plan.region.name):
        lines.append(f"注意：文件写的是{document.region_name}，已按指定的代码归入{plan.region}。")
    if not outcome.changed:
        return [*lines, f"{name}：没有变化。"]
    lines.append(f"已导入 {name}。" if outcome.created else f"已更新 {name}：")
    if outcome.created:
        lines += [f"  需要核对：{finding.message}" for finding in outcome.findings]
    else:
        lines += [f"  {change}" for change in outcome.changes]
    for label, names in (
        ("新增指标", targets.created),
        ("补充目标值的指标", targets.completed),
        ("更新文件原句的指标", targets.refreshed),
        ("没有找到报送单位", targets.missing_owners),
    ):
        if names:
            lines.append(f"{label}：{'、'.join(names)}。")
    return lines
