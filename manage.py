#!/usr/bin/env python
"""The command line of Waybill; `manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    """Hand the command line to Django with Waybill's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "devops_sync.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit("Waybill's packages are not here: run `make run` once, then use .venv/bin/python manage.py.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
