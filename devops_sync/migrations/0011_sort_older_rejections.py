"""What Jira rejected before causes were kept gets its cause, slice by slice."""

from django.db import migrations

from devops_sync.jira import causes

_SLICE = 2000


def fill(apps, schema_editor):
    entries = apps.get_model("devops_sync", "Entry").objects.filter(outcome="rejected", cause=None).order_by("id")
    causes_table = apps.get_model("devops_sync", "Cause").objects
    ids = {}
    last = 0
    while found := list(entries.filter(id__gt=last).values_list("id", "errors")[:_SLICE]):
        last = found[-1][0]
        of_text = {}
        for entry, errors in found:
            of_text.setdefault(causes.fold(_message(errors)), []).append(entry)
        for text, of_cause in of_text.items():
            if text not in ids:
                ids[text] = causes_table.get_or_create(text=text)[0].pk
            entries.filter(id__in=of_cause).update(cause=ids[text])


def _message(errors):
    """The first thing that was said against an entry."""
    return next((str(error["message"]) for error in errors if error.get("message")), "")


class Migration(migrations.Migration):
    # Each slice is committed by itself: a large ledger is not locked while it is sorted, and goes on where it stopped.
    atomic = False

    dependencies = [("devops_sync", "0010_send_again_confirm_and_sort_rejections")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
