"""What any WSGI server loads: `waitress-serve wsgi:app`, `gunicorn wsgi:app`. Polling runs beside it (`schedule`)."""

import os

from config.settings import settings_from
from tracker.logs import set_up_logs
from tracker.operating.reloading import Reloading
from tracker.service import open_service
from tracker.web.app import create_app

settings = settings_from(os.environ)
set_up_logs(settings.log_level, settings.log_format)
service = open_service(settings)
app = create_app(service)
Reloading(service).start()
