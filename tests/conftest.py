"""The cast: a small plan with three units, who belongs to them, and one open quarter."""

from types import SimpleNamespace

import pytest
from django.conf import settings

from chengkou_kepu.plan_import import import_plan
from tasks.plan_document import read_plan_document
from tests import factories

COUNTY_DOCUMENT = settings.BASE_DIR / "fixtures" / "plan" / "000_5b31e1cc3ff236a8.txt"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def uploads_elsewhere(settings, tmp_path_factory):
    settings.MEDIA_ROOT = tmp_path_factory.getbasetemp() / "media"


@pytest.fixture
def cast(db):
    """Users by name (see `factories.make_cast`)."""
    return SimpleNamespace(**factories.make_cast())


@pytest.fixture
def units(cast):
    return SimpleNamespace(
        kexie=factories.make_department("县科协"),
        nongye=factories.make_department("县农业农村委"),
        jiaowei=factories.make_department("县教委"),
    )


@pytest.fixture
def plan(units):
    """Two actions with tasks 1–3, led by 县农业农村委 (1, 2) and 县教委 (3), supported by 县科协 and each other."""
    plan = factories.make_plan()
    second = factories.make_action(plan, 2, "实施青少年科学素质提升行动")
    factories.make_task(plan, 1, leads=[units.nongye], supports=[units.kexie, units.jiaowei])
    factories.make_task(plan, 2, leads=[units.nongye], supports=[units.kexie])
    factories.make_task(plan, 3, action=second, leads=[units.jiaowei], supports=[units.kexie, units.nongye])
    return plan


@pytest.fixture
def baseline(plan):
    """The plan's first quarter, which shows no progress light."""
    return factories.make_period(plan, "2022Q4", closed_at=factories.moment("2023-02-01 09:00"))


@pytest.fixture
def period(plan, baseline):
    """2023Q3: open from 1 October 2023, due at the end of Tuesday 10 October."""
    return factories.make_period(plan, "2023Q3")


@pytest.fixture
def signed_in(client):
    """Log the test client in as a user; returns the client."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def clock(monkeypatch):
    """Set what the views read as the time."""

    def set_to(text):
        monkeypatch.setattr("django.utils.timezone.now", lambda: factories.moment(text))

    return set_to


@pytest.fixture
def county(cast):
    """城口县's own plan, imported from the official document, with the cast's units in it."""
    document = read_plan_document(COUNTY_DOCUMENT)
    return import_plan(document, by=None, at=factories.moment("2022-12-01 09:00")).plan


def pytest_collection_modifyitems(items):
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="needs DATABASE_URL of a PostgreSQL"))
