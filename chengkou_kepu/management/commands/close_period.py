"""Close a quarter: units can file no more, but for what was returned to them."""

from django.core.management import BaseCommand, CommandError

from chengkou_kepu.management.moments import moment
from chengkou_kepu.management.periods import add_period, chosen_plan, quarter
from tasks import calendar
from tasks.periods import close_period, require_openable
from tasks.refusals import Refused


class Command(BaseCommand):
    help = "截止一个填报期的填报；已截止的不再改动。"

    def add_arguments(self, parser):
        add_period(parser)

    def handle(self, *args, **options):
        at = moment(options["at"])
        year, number = quarter(options["period"])
        plan = chosen_plan(options["plan"], at=at)
        period = plan.periods.filter(year=year, quarter=number).first()
        try:
            if period is None:
                require_openable(plan, year, number)
                raise CommandError(f"{calendar.label(year, number, plan.cadence)}还没有开放填报。")
            state = "此前已截止填报，没有改动" if period.closed_at else "已截止填报"
            close_period(period, by=None, at=at)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{plan}：{period}{state}。")
