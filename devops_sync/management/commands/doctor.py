"""`manage.py doctor`: what is not well, and what to do."""

import json
from typing import Any

from django.core.management.base import CommandParser

from devops_sync import doctor
from devops_sync.doctor import Finding, State, database
from devops_sync.management.asking import Asking, printable


class Command(Asking):
    help = (
        "Looks at the database, the broker, the settings, every site and the balance of all that was received, "
        "and says what to do. Exit code 0: all is well; 1: something is bad; 3: the database cannot be reached."
    )
    example = "manage.py doctor --json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        findings, code = list[Finding](), 0
        try:
            for finding in doctor.examine():
                findings.append(finding)
                if not options["json"]:
                    self.stdout.write(_line(finding))
                    self.stdout.flush()
        except doctor.Unreachable:
            code = 3
        if options["json"]:
            self.stdout.write(json.dumps(_data(findings)))
        if code == 0 and any(finding.state == State.BAD for finding in findings):
            code = 1
        if code:
            raise SystemExit(code)


def _line(finding: Finding) -> str:
    said = f"{finding.state:<4}  {finding.name:<13}  {finding.says}{f' {finding.do}' if finding.do else ''}"
    return printable(said)


def _data(findings: list[Finding]) -> dict[str, Any]:
    balance = next((finding.data for finding in findings if finding.name == "balance" and finding.data), None)
    return {
        "findings": [
            {"name": one.name, "state": one.state, "says": one.says, **({"do": one.do} if one.do else {})}
            for one in findings
        ],
        "database": database.url(),
        "balance": balance,
    }
