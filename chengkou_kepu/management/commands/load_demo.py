"""`manage.py load_demo`: sample users and returns for trying the portal out."""

import unicodedata

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from chengkou_kepu.demo import loading
from chengkou_kepu.demo import password as passwords
from chengkou_kepu.management.moments import add_at, moment
from tasks.models import Plan

PLAN = "chengkou-2021-2025"


class Command(BaseCommand):
    help = "载入示例用户和示例季报；已有正式季报时拒绝执行，重复执行不作任何改动。"

    def add_arguments(self, parser):
        parser.add_argument("--plan", default=PLAN, metavar="SLUG", help="方案标识")
        add_at(parser)

    def handle(self, *, at, **options):
        plan = Plan.objects.select_related("region").filter(slug=options["plan"]).first()
        if plan is None:
            raise CommandError(f"还没有导入方案（{options['plan']}），请先执行 manage.py import_plan。")
        fresh = not loading.is_loaded(plan)
        if fresh:
            self._load(plan, moment(at))
        self._print(plan, fresh)

    def _load(self, plan, at):
        password = passwords.for_new_users()
        try:
            with transaction.atomic():
                loading.load(plan, password=password, at=at)
                passwords.keep(password)
        except loading.NotLoaded as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(
                f"口令文件不能写入（{error}），请用环境变量 DEMO_PASSWORD 指定口令。"
            ) from None

    def _print(self, plan, fresh):
        users = loading.demo_users(plan)
        self.stdout.write("示例内容已载入。" if fresh else "示例内容此前已载入，未作改动。")
        rows = [("用户名", "姓名", "角色")] + [(u.username, u.name, _roles(u)) for u in users]
        widths = [max(_width(row[column]) for row in rows) for column in range(2)]
        for row in rows:
            padded = [
                text + " " * (width - _width(text)) for text, width in zip(row[:2], widths, strict=True)
            ]
            self.stdout.write("  ".join([*padded, row[2]]))
        known = passwords.still_valid(users[0]) if users else ""
        self.stdout.write(
            f"口令（所有示例用户相同）：{known or '由首次载入时的 DEMO_PASSWORD 设定，或已修改。'}"
        )


def _roles(user):
    return "，".join(str(membership) for membership in user.memberships.all())


def _width(text):
    """Columns on a terminal: a full-width character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
