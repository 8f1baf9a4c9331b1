"""Every address of the portal (DESIGN §5)."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from . import (
    annual,
    archive_page,
    close_outs,
    cooperation,
    dashboard,
    department_pages,
    evidence,
    extensions,
    filing,
    filing_sheet,
    findings,
    front,
    indicator_pages,
    notices,
    periods,
    reassign_pages,
    reform_pages,
    reminders,
    review,
    task_pages,
    todo,
)
from .exports import views as exports
from .offline import views as offline

login = LoginView.as_view(template_name="departments/login.html", redirect_authenticated_user=True)

plan_pages = [
    path("", dashboard.dashboard, name="dashboard"),
    path("tasks/", task_pages.task_list, name="task-list"),
    path("tasks/<int:number>/", task_pages.task, name="task"),
    path("actions/<int:ordinal>/", task_pages.action, name="action"),
    path("departments/", department_pages.department_list, name="department-list"),
    path("departments/<int:pk>/", department_pages.department, name="department"),
    path("indicators/", indicator_pages.indicator_list, name="indicator-list"),
    path("indicators/<slug:code>/", indicator_pages.indicator, name="indicator"),
    path("indicators/<slug:code>/record/", indicator_pages.indicator_record, name="indicator-record"),
    path("filing/", filing.filing, name="filing"),
    path("filing/<str:code>/", filing.filing_return, name="filing-return"),
    path("filing/<str:code>/sheet/", filing_sheet.filing_sheet, name="filing-sheet"),
    path("filing/<str:code>/workbook.xlsx", offline.download, name="filing-workbook"),
    path("filing/<str:code>/upload/", offline.upload, name="filing-upload"),
    path("filing/<str:code>/cooperation/", cooperation.filing_cooperation, name="filing-cooperation"),
    path("filing/<str:code>/extension/", filing.filing_extension, name="filing-extension"),
    path("extensions/<int:pk>/", extensions.extension_decide, name="extension-decide"),
    path("filing/<str:code>/evidence/", evidence.evidence_upload, name="evidence-upload"),
    path("evidence/<int:pk>/", evidence.evidence_download, name="evidence"),
    path("evidence/<int:pk>/remove/", evidence.evidence_remove, name="evidence-remove"),
    path("duties/<int:pk>/", cooperation.no_duty, name="no-duty"),
    path("review/", review.review, name="review"),
    path("review/<int:pk>/", review.review_report, name="review-report"),
    path("review/snippets/<int:pk>/remove/", review.remark_snippet_remove, name="remark-snippet-remove"),
    path("periods/", periods.period_list, name="period-list"),
    path("tasks/<int:number>/reassign/", reassign_pages.task_reassign, name="task-reassign"),
    path("actions/<int:ordinal>/tasks/new/", reassign_pages.action_task_new, name="action-task-new"),
    path("reforms/", reform_pages.reform_list, name="reform-list"),
    path("reforms/new/", reform_pages.reform_new, name="reform-new"),
    path("periods/<str:code>/", periods.period, name="period"),
    path("periods/<str:code>/reminders/", reminders.reminders, name="reminders"),
    path("periods/<str:code>/archive/", archive_page.archive, name="archive"),
    path("periods/<str:code>/archive/errata.xlsx", archive_page.errata_download, name="errata-download"),
    path("tasks/<int:number>/close-out/", close_outs.close_out_apply, name="close-out-apply"),
    path("close-outs/<int:pk>/", close_outs.close_out, name="close-out"),
    path("close-outs/<int:pk>/sheet/", close_outs.close_out_sheet, name="close-out-sheet"),
    path("annual/", annual.annual_judgements, name="annual-judgements"),
    path("findings/", findings.finding_list, name="finding-list"),
    path("findings/<int:pk>/", findings.finding_settle, name="finding-settle"),
    path("exports/", exports.exports, name="exports"),
    path(
        "exports/responsibility-table.xlsx",
        exports.download_responsibility_table,
        name="export-responsibility-table",
    ),
    path("exports/summary.xlsx", exports.download_summary, name="export-summary"),
]

urlpatterns = [
    path("", front.home, name="home"),
    path("favicon.ico", front.favicon),
    path("healthz", front.healthz, name="healthz"),
    path("login/", login_not_required(login), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("todo/", todo.todo, name="todo"),
    path("notices/", notices.notice_list, name="notice-list"),
    path("notices/<int:pk>/", notices.notice_open, name="notice-open"),
    path("plans/<slug:slug>/", include(plan_pages)),
]
