"""Whether rows with some `deleted_at` are only marked ahead, asked anew at each call.

A submission waits for the lane within its one statement, whose snapshot is older than that wait: a subquery would not
see that the clean-up stands by now. A volatile function does.
"""

from django.db import migrations, models

_MAKE = """
CREATE FUNCTION is_marked_ahead(stamp timestamptz) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM cleanup_part
        WHERE cleanup_part.stamp = is_marked_ahead.stamp AND state IN ('marking', 'reviving')
    );
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("devops_sync", "0023_find_what_was_withdrawn")]

    operations = [
        migrations.AddIndex(
            model_name="cleanuppart",
            index=models.Index(
                condition=models.Q(("state__in", ["marking", "reviving"])),
                fields=["stamp"],
                name="cleanup_part_marking",
            ),
        ),
        migrations.RunSQL(_MAKE, "DROP FUNCTION is_marked_ahead(timestamptz)"),
    ]
