"""Free text in any of several columns at once: they are joined, a line each, so that one index serves them all."""

import re
from typing import Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Upper

_NUMBER = re.compile(r"#[0-9]{1,18}")


class Lines(Func):
    """The columns of a row as one text, a line each."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = models.TextField()


def lines(*columns: str) -> Lines:
    """The number as people write it, then the columns. None of them can be null."""
    parts: list[Any] = [Value("#"), Cast("number", models.TextField())]
    for column in columns:
        parts += [Value("\n"), F(column)]
    return Lines(*parts)


def index(name: str, *columns: str) -> GinIndex:
    """Finds any three letters in a row. Upper case, since that is how Django compares regardless of it."""
    return GinIndex(OpClass(Upper(lines(*columns)), name="gin_trgm_ops"), name=name)


def matching(text: str) -> Q:
    """Those with the text in their `lines`; a number written as #7 is that number, not the beginning of another."""
    found = Q(lines__icontains=text)
    return found & Q(lines__regex=rf"{text}(\D|$)") if _NUMBER.fullmatch(text) else found
