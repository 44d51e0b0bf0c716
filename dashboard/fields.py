"""Fields of a form as their template needs them: the words, what was given, and what is wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One field. `for_app` is its label where a Connect app is meant. What a password holds is never shown again.

    `is_present`: it takes the password that somebody has now, which browsers keep for them.
    """

    name: str
    label: str
    hint: str = ""
    value: str = ""
    problem: str = ""
    type: str = "text"
    most: int = 255
    for_app: str = ""
    is_required: bool = True
    has_focus: bool = False
    is_present: bool = False

    @property
    def described_by(self) -> str:
        """The ids of what is said of it."""
        said = (("problem", self.problem), ("hint", self.hint))
        return " ".join(f"{self.name}-{what}" for what, text in said if text)
