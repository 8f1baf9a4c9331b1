import django.db.models.deletion
from django.db import migrations, models


def fill_regions(apps, schema_editor):
    """Older records: the region of who did it, where all of that user's roles lie in one."""
    membership = apps.get_model('departments', 'Membership')
    regions = {}
    for user, own, of_unit in membership.objects.values_list('user', 'region', 'department__region'):
        regions.setdefault(user, set()).update({own, of_unit} - {None})
    for user, found in regions.items():
        if len(found) == 1:
            apps.get_model('departments', 'AuditRecord').objects.filter(by=user).update(region=found.pop())


class Migration(migrations.Migration):

    dependencies = [
        ('departments', '0003_reform'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditrecord',
            name='region',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='departments.region', verbose_name='行政区'),
        ),
        migrations.RunPython(fill_regions, migrations.RunPython.noop),
    ]
