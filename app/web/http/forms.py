"""Small pieces of forms that several surfaces share."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Email, Length

from app.lib.text import clean_block
from app.web.http.inputs import stripped

MAX_BLOCK = 2000


def email_field(label: Any, **options: Any) -> Field:
    """An e-mail address, required."""
    return StringField(
        label,
        filters=[stripped],
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=200, message=_l("At most %(max)d characters.")),
            Email(message=_l("This is not an e-mail address.")),
        ],
        **options,
    )


def block(label: Any, *, rows: int = 3, max_length: int = MAX_BLOCK, **options: Any) -> Field:
    """Several lines of text, required."""
    return TextAreaField(
        label,
        filters=[lambda text: clean_block(text) if isinstance(text, str) else text],
        validators=[
            DataRequired(message=_l("Please fill this in.")),
            Length(max=max_length, message=_l("At most %(max)d characters.")),
        ],
        render_kw={"rows": rows},
        **options,
    )
