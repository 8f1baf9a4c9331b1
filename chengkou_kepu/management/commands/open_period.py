"""Open a quarter for filing."""

from django.core.management import BaseCommand, CommandError

from chengkou_kepu.management.moments import day
from chengkou_kepu.management.periods import add_period, asked
from tasks import calendar
from tasks.periods import open_period
from tasks.refusals import Refused


class Command(BaseCommand):
    help = "开放一个填报期（季度，或按方案的周期为半年、年度）；已开放的不再改动。"

    def add_arguments(self, parser):
        add_period(parser)
        parser.add_argument("--due", metavar="日期", help="截止日期，如 2023-10-20；默认按方案的规定推算。")

    def handle(self, *args, **options):
        told = asked(options)
        due_at = calendar.end_of(day(options["due"])) if options["due"] else None
        try:
            period = open_period(told.plan, *told.key, by=None, at=told.at, due_at=due_at)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        state = "此前已开放填报，没有改动" if told.period else "已开放填报"
        due = calendar.zh_day(calendar.local_day(period.due_at))
        self.stdout.write(f"{told.plan}：{period}{state}，{due}24时截止。{period.due_note}")
