"""Mounted at the root. Some names are the ones that the sign-in library asks for, so there is no namespace.

The library's own pages are not mounted: what is not here is not found.
"""

from django.urls import path

from . import linked, own, views

urlpatterns = [
    path("you/warning/", views.read_warning, name="read-warning"),
    path("join/", views.join, name="account_signup"),
    path("join/check-mail/", views.check_mail, name="account_check_mail"),
    path("join/confirm/", linked.confirm, name="account_confirm"),
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-in/code/", views.second_step, name="mfa_authenticate"),
    path("sign-in/by-mail/", linked.ask_for_link, name="account_ask_for_link"),
    path("sign-in/by-link/", linked.sign_in_by_link, name="account_sign_in_by_link"),
    path("sign-in/forgot/", linked.ask_for_password, name="account_reset_password"),
    path("join/welcome/", linked.welcome, name="account_welcome"),
    path("sign-in/new-password/", linked.choose_password, name="account_choose_password"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("link/<slug:name>/<str:token>/", linked.open_link, name="account_link"),
    path("you/not-right/", linked.not_right, name="account_not_right"),
    path("you/not-right/<uuid:act_id>/", linked.not_right_of, name="account_not_right_of"),
    path("you/agree/", views.agree, name="account_agree"),
    path("you/details/", own.details, name="account_details"),
    path("you/email/", own.change_address, name="account_email"),
    path("you/email/confirm/", linked.confirm_new_address, name="account_confirm_new_address"),
    path("you/password/", own.change_password, name="account_change_password"),
    path("you/sign-ins/", own.list_sign_ins, name="account_sign_ins"),
    path("you/sign-ins/end/", own.end_sign_in, name="account_end_sign_in"),
    path("you/second-step/", own.second_step, name="account_second_step"),
    path("you/second-step/codes/", own.recovery_codes, name="account_recovery_codes"),
    path("you/second-step/new-codes/", own.new_recovery_codes, name="account_new_recovery_codes"),
    path("you/second-step/off/", own.turn_second_step_off, name="account_turn_second_step_off"),
]
