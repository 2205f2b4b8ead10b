"""The migrations are one line: whoever installs from nothing and whoever upgrades walk the same way."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from planwatch.warehouse.migrate import alembic_config


def test_there_is_one_first_and_one_last_migration():
    scripts = ScriptDirectory.from_config(alembic_config())
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1, (
        "two people branched off: chain one behind the other"
    )
    assert not [one.revision for one in scripts.walk_revisions() if one.is_merge_point]
