from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "chengkou_kepu"
    verbose_name = "门户"


class PortalAdminConfig(AdminConfig):
    default_site = "chengkou_kepu.admin_site.PortalAdminSite"
