"""`sweep_evidence`: delete files that a killed upload left behind, and name those that are missing."""

from django.core.management import BaseCommand

from chengkou_kepu.management.moments import add_at, moment
from tasks import evidence


class Command(BaseCommand):
    help = "删除中断的上传留下的佐证文件（一天以前的），并列出已丢失的文件"

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="只列出，不删除")
        add_at(parser)

    def handle(self, *args, dry_run, **options):
        orphans, missing = evidence.sweep(at=moment(options["at"]), dry_run=dry_run)
        for name in orphans:
            self.stdout.write(f"{'将删除' if dry_run else '已删除'}：{name}")
        for name in missing:
            self.stderr.write(f"文件已丢失：{name}")
        self.stdout.write(f"无主文件 {len(orphans)} 个，丢失 {len(missing)} 个。")
