"""Why a request is not taken: a code for programs, a sentence for people, an HTTP status."""


class Refusal(Exception):
    """Ends a request with a small JSON error. `retry_after` in seconds asks to come again."""

    def __init__(self, status: int, code: str, sentence: str, retry_after: int | None = None):
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.retry_after = retry_after


def bad_request(code: str, sentence: str) -> Refusal:
    """400: the bytes cannot be read at all."""
    return Refusal(400, code, sentence)


def unprocessable(code: str, sentence: str) -> Refusal:
    """422: readable, but the content cannot be true."""
    return Refusal(422, code, sentence)


def too_large(code: str, sentence: str) -> Refusal:
    """413: more than any honest client sends."""
    return Refusal(413, code, sentence)


def unavailable(code: str, sentence: str, retry_after: int = 2) -> Refusal:
    """503: not now; the same request may come again."""
    return Refusal(503, code, sentence, retry_after)
