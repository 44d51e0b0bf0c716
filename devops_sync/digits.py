"""Whole numbers as texts from outside write them, in addresses, forms and keys: Python reads more than is meant."""

# A row's number has no more.
MOST = 18


def only(text: str, most: int = MOST) -> bool:
    """Whether the text is nothing but digits, from one to so many of them."""
    return text.isascii() and text.isdigit() and len(text) <= most


def fit(text: str) -> bool:
    """Whether the text is a whole number of 64 bits, with its sign."""
    return only(text.removeprefix("-"), 19) and -(2**63) <= int(text) < 2**63
