"""Open a quarter for filing."""

from django.core.management import BaseCommand, CommandError

from chengkou_kepu.management.moments import day, moment
from chengkou_kepu.management.periods import add_period, chosen_plan, due_text, quarter
from tasks import calendar
from tasks.periods import open_period
from tasks.refusals import Refused


class Command(BaseCommand):
    help = "开放一个填报期（季度，或按方案的周期为半年、年度）；已开放的不再改动。"

    def add_arguments(self, parser):
        add_period(parser)
        parser.add_argument("--due", metavar="日期", help="截止日期，如 2023-10-20；默认按方案的规定推算。")

    def handle(self, *args, **options):
        at = moment(options["at"])
        year, number = quarter(options["period"])
        plan = chosen_plan(options["plan"], at=at)
        due_at = calendar.end_of(day(options["due"])) if options["due"] else None
        was_there = plan.periods.filter(year=year, quarter=number).exists()
        try:
            period = open_period(plan, year, number, by=None, at=at, due_at=due_at)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        state = "此前已开放填报，没有改动" if was_there else "已开放填报"
        self.stdout.write(f"{plan}：{period}{state}，截止时间 {due_text(period)}。{period.due_note}")
