"""Freeze a closed quarter: its figures and its summary workbook stay as they are."""

from django.core.management import BaseCommand, CommandError

from chengkou_kepu.freezing import freeze_quarter
from chengkou_kepu.management.periods import add_period, asked
from tasks.refusals import Refused


class Command(BaseCommand):
    help = "把一个已截止的填报期定稿归档；已归档的不再改动。"

    def add_arguments(self, parser):
        add_period(parser)

    def handle(self, *args, **options):
        told = asked(options)
        period = told.opened()
        state = "此前已定稿归档，没有改动" if period.frozen_at else "已定稿归档"
        try:
            frozen = freeze_quarter(period, by=None, at=told.at)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{told.plan}：{period}{state}，规则第 {frozen.rule_version} 版，汇总表 SHA-256：{frozen.sha256}。"
        )
