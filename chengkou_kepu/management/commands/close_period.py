"""Close a quarter: units can file no more, but for what was returned or sent up to their own approver."""

from django.core.management import BaseCommand, CommandError

from chengkou_kepu.management.periods import add_period, asked
from tasks.periods import close_period, left_endorsing, why_no_period
from tasks.refusals import Refused


class Command(BaseCommand):
    help = "截止一个填报期的填报；已截止的不再改动。"

    def add_arguments(self, parser):
        add_period(parser)

    def handle(self, *args, **options):
        told = asked(options)
        try:
            if told.period is None and (why := why_no_period(told.plan, *told.key)):
                raise Refused(why)
            state = "此前已截止填报，没有改动" if told.opened().closed_at else "已截止填报"
            period = close_period(told.period, by=None, at=told.at)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{told.plan}：{period}{state}。{left_endorsing(period)}")
