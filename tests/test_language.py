"""No reader meets English: what Django and the packages leave untranslated is in our own catalogue."""

import gettext
import json
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.utils import translation
from lxml import html

from tests import factories

OURS = Path(settings.BASE_DIR) / "locale/zh_Hans/LC_MESSAGES"
MESSAGE = re.compile(r'^#.*\nmsgid ((?:".*"\n)+)msgstr', re.MULTILINE)
ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,}")
SAME_IN_CHINESE = {
    "%(filter_title)s (%(count)s)",
    "%(class_name)s %(instance)s",
    "HTML",
    "URL",
    "UUID",
    "IPv4",
    "IPv6",
}


def messages(source):
    """The singular msgids of a .po file that stand in no context."""
    found = MESSAGE.findall(source.read_text(encoding="utf-8"))
    joined = (json.loads('"{}"'.format("".join(re.findall(r'"(.*)"', one)))) for one in found)
    return {text for text in joined if re.search("[A-Za-z]{2}", text)}


def english_source(app, domain):
    return Path(apps.get_app_config(app).path) / f"locale/en/LC_MESSAGES/{domain}.po"


@pytest.mark.parametrize("app", ["admin", "auth"])
def test_django_speaks_chinese(app):
    with translation.override("zh-hans"):
        left = {text for text in messages(english_source(app, "django")) if translation.gettext(text) == text}
    assert left <= SAME_IN_CHINESE


@pytest.mark.django_db
def test_the_scripts_of_the_admin_speak_chinese(signed_in, cast):
    script = signed_in(cast.kexie).get("/admin/jsi18n/").content.decode()
    said = json.loads(re.search(r"newcatalog = (\{.*?\});", script, re.DOTALL)[1])
    assert messages(english_source("admin", "djangojs")) - set(said) == set()


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_compiled_messages_are_those_of_the_source(domain):
    with (OURS / f"{domain}.mo").open("rb") as compiled:
        catalogue = gettext.GNUTranslations(compiled)
    written = dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', (OURS / f"{domain}.po").read_text(), re.M))
    written = {json.loads(f'"{key}"'): json.loads(f'"{text}"') for key, text in written.items()}
    assert {text: catalogue.gettext(text) for text in written} == written


def visible(page):
    """Every text a reader sees of a page, hints and buttons included."""
    tree = html.fromstring(page)
    for hidden in tree.xpath("//script | //style"):
        hidden.drop_tree()
    return [*tree.xpath("//body//text()"), *tree.xpath("//@placeholder | //@title | //input/@value")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("user", "path"),
    [
        ("sysadmin", ""),
        ("sysadmin", "departments/user/add/"),
        ("sysadmin", "password_change/"),
        ("kexie", ""),
        ("kexie", "tasks/plan/"),
        ("kexie", "tasks/task/"),
        ("kexie", "departments/department/add/"),
        ("kexie", "indicators/indicator/add/"),
        ("kexie_tb", "tasks/quarterlyreport/"),
    ],
)
def test_pages_of_the_admin_hold_no_english(signed_in, cast, plan, user, path):
    client = signed_in(getattr(cast, user))
    asked, refused = client.get(f"/admin/{path}"), client.post(f"/admin/{path}", {})
    pages = [page.content.decode() for page in (asked, refused) if page.status_code == 200]
    assert pages != []
    assert [text for page in pages for text in visible(page) if ENGLISH.search(text)] == []


@pytest.mark.django_db
def test_english_would_be_noticed(signed_in, cast, plan):
    factories.make_department("Department of Science")
    page = signed_in(cast.kexie).get("/admin/departments/department/").content.decode()
    assert [text for text in visible(page) if ENGLISH.search(text)] != []
