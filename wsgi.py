"""What a WSGI server imports: `wsgi:application`. A wrong setting ends the start with its one line."""

import sys

from app import create_app
from config import SettingsError

try:
    application = create_app()
except SettingsError as error:
    print(error, file=sys.stderr)  # noqa: T201 - there is no logger before there are settings.
    sys.exit(4)  # gunicorn's own "application failed to load": the master does not try again.
