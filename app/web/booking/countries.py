"""Countries whose mobile numbers a guest may give: where patients of a Romanian clinic live."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from flask_babel import get_locale
from phonenumbers import country_code_for_region
from wtforms import SelectField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

# Europe, and where Romanians abroad mostly live; a clinic elsewhere brings its own country.
_BY_CODE = """
AE AT AU BE BG CA CH CY CZ DE DK EE EG ES FI FR GB GR HR HU
IE IL IT JO LB LT LU LV MC MD MT NL NO PL PT RO RS SE SI SK TR UA US
"""
COUNTRIES = frozenset(_BY_CODE.split())


def choices(home: str) -> list[tuple[str, str]]:
    """(code, "+40 Romania"), the clinic's own country first, then by name."""
    locale = get_locale()
    return _choices(home, str(locale) if locale else "en")


class CountryField(SelectField):
    """A choice among countries, checked by its code: forty options need not be laid out for that."""

    def pre_validate(self, form: BaseForm) -> None:
        """Raises ValidationError for a country that is none of the choices."""
        if self.data not in {code for code, _name in self.choices or ()}:
            raise ValidationError(self.gettext("Not a valid choice."))


@lru_cache(maxsize=256)
def _choices(home: str, language: str) -> list[tuple[str, str]]:
    names = Locale.parse(language).territories
    named = sorted((names.get(code, code), code) for code in {*COUNTRIES, home} if code != home)
    everybody = [(names.get(home, home), home), *named]
    return [(code, f"+{country_code_for_region(code)} {name}") for name, code in everybody]
