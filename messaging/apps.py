from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from helprequests.followers import followers


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = _("Messages")

    def ready(self) -> None:
        # By its name: the services need the models, which are there only now.
        followers.append(import_string("messaging.answers.follow"))
