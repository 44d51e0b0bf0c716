"""Which issues exist: projects with a range of numbers, such as `SHOP:1-2000`."""

import re
from dataclasses import dataclass

DEFAULT = "SHOP:1-2000,PAY:1-2000,CORE:1-2000,EXAMPLE:1"
_PROJECT = re.compile(r"([A-Z][A-Z0-9_]{0,254}):(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)
_KEY = re.compile(r"([A-Z][A-Z0-9_]*)-([1-9]\d{0,8})", re.ASCII)


class Wrong(ValueError):
    """A setting that cannot be; the text is one sentence with the mend."""


@dataclass(frozen=True)
class Issues:
    """The issues of this Jira."""

    ranges: dict[str, tuple[int, int]]

    @classmethod
    def parse(cls, text: str) -> "Issues":
        """Read `SHOP:1-2000,EXAMPLE:1`. Raises `Wrong`."""
        ranges: dict[str, tuple[int, int]] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            found = _PROJECT.fullmatch(part)
            if not found:
                raise Wrong(f"Projects must be written as SHOP:1-2000,EXAMPLE:1, and {part[:80]!r} is not.")
            name, first, last = found.group(1), int(found.group(2)), int(found.group(3) or found.group(2))
            if not 1 <= first <= last:
                raise Wrong(f"The numbers of project {name[:80]} must begin at 1 or later and not run backwards.")
            ranges[name] = (first, last)
        return cls(ranges)

    def __contains__(self, key: object) -> bool:
        found = _KEY.fullmatch(key) if isinstance(key, str) else None
        if not found or found.group(1) not in self.ranges:
            return False
        first, last = self.ranges[found.group(1)]
        return first <= int(found.group(2)) <= last

    def __str__(self) -> str:
        return ",".join(
            f"{name}:{first}" if first == last else f"{name}:{first}-{last}"
            for name, (first, last) in self.ranges.items()
        )
