"""Where `load_demo` refuses, and which password it gives."""

from datetime import date
from io import StringIO

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command

from chengkou_kepu.plan_import import import_plan
from departments.models import Membership, User
from indicators.models import Indicator, Measurement
from tasks.models import QuarterlyReport, ReportingPeriod
from tasks.plan_document import read_plan_document
from tests.factories import make_period, make_report, make_user, moment

COUNTY_FILE = project.BASE_DIR / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, monkeypatch):
    """An empty project folder for the password's file, and no password in the environment."""
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    settings.BASE_DIR = tmp_path
    return tmp_path


@pytest.fixture
def county(db):
    return import_plan(read_plan_document(COUNTY_FILE), by=None, at=moment("2022-12-01 09:00")).plan


def run(at="2024-01-05"):
    out = StringIO()
    call_command("load_demo", at=at, stdout=out)
    return out.getvalue()


def refusal(**options):
    """The command's sentence, having made sure that it left nothing behind."""
    before = (User.objects.count(), Membership.objects.count(), QuarterlyReport.objects.count())
    with pytest.raises(CommandError) as refused:
        run(**options)
    assert (User.objects.count(), Membership.objects.count(), QuarterlyReport.objects.count()) == before
    assert list(project.BASE_DIR.iterdir()) == []
    return str(refused.value)


@pytest.mark.django_db
def test_without_the_plan():
    assert refusal() == "还没有导入方案（chengkou-2021-2025），请先执行 manage.py import_plan。"


def test_where_real_reports_exist(plan, period, units):
    make_report(period, units.nongye, completions={1: 40})
    assert refusal() == "数据库中已有正式季报，不能载入示例内容。请另建一个数据库试用。"


def test_where_a_period_has_been_opened(county):
    make_period(county, "2023Q1")
    assert refusal() == f"“{county}”已开放填报或已有监测值，不能载入示例内容。请另建一个数据库试用。"
    assert ReportingPeriod.objects.count() == 1


def test_where_the_coordinator_has_measured(county):
    indicator = Indicator.objects.get(code="science-literacy")
    Measurement.objects.create(indicator=indicator, measured_on=date(2022, 12, 31), value=9)
    assert refusal() == f"“{county}”已开放填报或已有监测值，不能载入示例内容。请另建一个数据库试用。"


def test_another_plan_under_the_same_slug(plan):
    assert refusal() == f"示例内容是按城口县2021―2025年实施方案编写的，不适用于“{plan}”。"


def test_where_a_username_belongs_to_somebody(county):
    make_user("linye")
    assert refusal() == "用户名已被占用：linye。示例用户不能使用已有账号。"


def test_before_the_sample_quarters_are_over(county):
    assert refusal(at="2023-11-14") == "示例内容写到2023年第三季度截止之后，--at 不能早于2023年11月15日。"


def test_a_random_password_is_printed_and_kept_for_the_next_run(county, folder):
    first = run().splitlines()
    kept = folder / ".demo-password"
    password = kept.read_text(encoding="utf-8").strip()
    assert (first[0], first[-1]) == ("示例内容已载入。", f"口令（所有示例用户相同）：{password}")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert User.objects.get(username="zhengfuban").check_password(password)
    second = run().splitlines()
    assert (second[0], second[1:]) == ("示例内容此前已载入，未作改动。", first[1:])


def test_the_password_of_the_environment_is_used_and_not_kept(county, folder, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "from-outside-1")
    assert run().splitlines()[-1] == "口令（所有示例用户相同）：from-outside-1"
    assert User.objects.get(username="linye").check_password("from-outside-1")
    assert list(folder.iterdir()) == []


def test_a_kept_password_is_given_again_to_a_new_database(county, folder):
    (folder / ".demo-password").write_text("kept-before\n", encoding="utf-8")
    assert run().splitlines()[-1] == "口令（所有示例用户相同）：kept-before"
