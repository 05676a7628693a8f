from django.urls import path

from . import views

app_name = "scheduled_work"
urlpatterns = [
    path("", views.page, name="page"),
    path("<int:job_id>/try-again/", views.try_again, name="try-again"),
]
