"""`send_reminders`: 提醒 and 催报 to units that owe a return and have not filed it; to be run every day."""

from django.core.management import BaseCommand

from chengkou_kepu.management.moments import add_at, moment
from chengkou_kepu.management.periods import chosen_plan
from chengkou_kepu.reminders import send_due, steps_due
from tasks.models import Plan


class Command(BaseCommand):
    help = "向尚未报送的应报单位发提醒、催报；每一步只发一次，可以重复执行"

    def add_arguments(self, parser):
        parser.add_argument("--plan", metavar="标识", help="只发这个方案的，默认为所有方案。")
        parser.add_argument("--dry-run", action="store_true", help="只列出，不发送")
        add_at(parser)

    def handle(self, *args, dry_run, **options):
        at = moment(options["at"])
        plans = [chosen_plan(options["plan"], at=at)] if options["plan"] else Plan.objects.order_by("pk")
        sent = unreachable = 0
        for plan in plans:
            steps = ((s, s.people > 0) for s in steps_due(plan, at=at)) if dry_run else send_due(plan, at=at)
            for sending, done in steps:
                what = f"{sending.unit.department}（{sending.period.report_title}{sending.kind.label}）"
                if done:
                    sent += 1
                    self.stdout.write(f"{'将发送' if dry_run else '已发送'}：{what}，{sending.people} 人")
                elif not sending.people:
                    unreachable += 1
                    self.stdout.write(f"无账号，须电话通知：{what}")
        self.stdout.write(f"{'将发送' if dry_run else '发送'} {sent} 个单位，无账号 {unreachable} 个。")
