"""Whether a version stands: whether it may be sent again, or is to be found in Jira. As SQL, for the many at once.

A version stands as long as its entity is alive and nothing newer took its place. With history, those of before stand
too, unless a deletion that they fell under came after them, or somebody corrected them. What was refused or out of
order never does.
"""

from .kinds import KINDS


def held(*, with_history: bool) -> str:
    """A join that finds the current row of an `entry`: with history, that of its key, else the one that it is itself.

    A branch for each kind, of which only the entry's own is run.
    """
    return (
        f"LEFT JOIN LATERAL ({' UNION ALL '.join(map(_of_key if with_history else _of_entry, KINDS))}) AS held ON true"
    )


def _of_entry(name: str) -> str:
    return f"""
    SELECT sequence, deleted_at FROM {KINDS[name].model._meta.db_table}
    WHERE entry_id = entry.id AND entry.kind = '{name}'"""  # noqa: S608 (names of this project's own)


def _of_key(name: str) -> str:
    return f"""
    SELECT row.sequence, row.deleted_at
    FROM entry AS said JOIN {KINDS[name].model._meta.db_table} AS row ON row.entry_id = said.id
    WHERE said.site_id = entry.site_id AND said.kind = entry.kind AND said.key = entry.key
      AND entry.kind = '{name}'"""  # noqa: S608 (names of this project's own)


def stands(*, with_history: bool, with_deleted: bool) -> str:
    """A condition on an `entry` and what it `held`. With deleted, what was deleted before `%(asked_at)s` counts too."""
    conditions = ["held.sequence IS NOT NULL", "entry.outcome NOT IN ('refused', 'out_of_order')"]
    conditions.append(
        "(held.deleted_at IS NULL OR held.deleted_at <= %(asked_at)s)" if with_deleted else "held.deleted_at IS NULL"
    )
    if with_history:
        conditions += ["entry.sequence <= held.sequence", f"NOT EXISTS ({_CORRECTED})"]
        if not with_deleted:
            conditions.append(f"entry.outcome <> 'withdrawn' AND NOT EXISTS ({_LATER_DELETION})")
    return " AND ".join(conditions)


# A correction, or what a person sent again of a rejected group, has the sequence of its origin: were that taken first,
# Jira would ignore the correction.
_CORRECTED = """
    SELECT 1 FROM entry AS correction JOIN submission AS by ON by.id = correction.submission_id
    WHERE correction.origin_id = entry.id AND by.errand_id IS NULL"""

# A key as text is a JSON array, and what lies in a repository has the repository for its first part.
_LATER_DELETION = """
    SELECT 1 FROM deletion JOIN submission AS came ON came.id = entry.submission_id
    WHERE deletion.site_id = entry.site_id AND deletion.id > entry.id AND deletion.api = came.api
      AND (deletion.until_sequence IS NULL OR entry.sequence <= deletion.until_sequence)
      AND CASE
        WHEN deletion.properties IS NOT NULL THEN (
            SELECT pairs @> deletion.properties FROM property_set JOIN envelope ON property_set_id = property_set.id
            WHERE envelope.id = entry.envelope_id
        )
        WHEN deletion.kind = entry.kind THEN deletion.key = entry.key
        ELSE deletion.kind = 'repository' AND deletion.key = json_build_array(entry.key::json -> 0)::text
      END"""

# An entry that an errand sends again stands for its origin, which stays what is current. What a person sends again of
# a rejected group takes the place of its origin instead, as a correction does.
ITSELF = """CASE WHEN entry.origin_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM submission WHERE submission.id = entry.submission_id AND submission.errand_id IS NOT NULL
    ) THEN entry.origin_id ELSE entry.id END"""

# Whether Jira took it, at first or when it was sent again.
TAKEN = """(entry.outcome = 'accepted' OR EXISTS (
        SELECT 1 FROM entry AS again WHERE again.origin_id = entry.id AND again.outcome = 'accepted'
          AND again.sequence = entry.sequence
    ))"""

# What lies in a repository brings it along as it came then. In an earlier life that may have been a higher version than
# the repository has now, which Jira would prefer. A correction brings what its origin came with.
_BRINGS_A_HIGHER_ONE = """EXISTS (
            WITH RECURSIVE came AS (
                SELECT entry.submission_id, entry.origin_id
                UNION ALL
                SELECT origin.submission_id, origin.origin_id
                FROM came JOIN entry AS origin ON origin.id = came.origin_id
            )
            SELECT 1 FROM came JOIN entry AS carried ON carried.submission_id = came.submission_id
            WHERE carried.kind = 'repository' AND carried.key = json_build_array(home.repository_id)::text
              AND carried.outcome <> 'refused' AND carried.sequence > home.sequence
        )"""

# Where only the repository was deleted, since a sequence spared what lies in it, sending that would bring it back.
HOME_STANDS = f"""NOT (entry.kind IN ('commit', 'branch', 'pull_request') AND EXISTS (
        SELECT 1 FROM repository AS home
        WHERE home.site_id = entry.site_id AND home.repository_id = entry.key::json ->> 0
          AND (home.deleted_at IS NOT NULL OR {_BRINGS_A_HIGHER_ONE})
    ))"""  # noqa: S608 (a text of this module's own)

# One that was deleted before the errand was planned comes back with it: before what lies in it, or in the same slice,
# of `%(entries)s`. One that a clean-up had begun to mark by then, and deleted later, is not among them.
HOME_COMES_BACK = f"""NOT (entry.kind IN ('commit', 'branch', 'pull_request') AND EXISTS (
        SELECT 1 FROM repository AS home
        WHERE home.site_id = entry.site_id AND home.repository_id = entry.key::json ->> 0
          AND (home.deleted_at > %(asked_at)s
               OR home.deleted_at IS NOT NULL AND home.entry_id <> ALL(%(entries)s)
               OR {_BRINGS_A_HIGHER_ONE})
    ))"""  # noqa: S608 (a text of this module's own)
