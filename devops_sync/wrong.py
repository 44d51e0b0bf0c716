"""What is said to whoever asks for something that cannot be done."""


class Wrong(Exception):
    """What was asked for cannot be done; the text is the sentence that says why.

    `about` names what has to be mended, where one thing can be told, such as slug, url, client_id or name.
    """

    def __init__(self, sentence: str, about: str = ""):
        super().__init__(sentence)
        self.about = about


class Unusable(Wrong):
    """What was asked for could not be done anywhere: a name, scope or role that is none."""
