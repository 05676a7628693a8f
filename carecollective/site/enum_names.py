"""What the API's schema calls an enumeration where it could not choose by itself: names that clients are made from."""

ENUM_NAMES = {
    "HelpRequestStatus": "helprequests.models.HelpRequest.Status",
    "ConversationStatus": "messaging.models.Conversation.Status",
    "KindEnum": "carecollective.told.notifications.models.KIND_CHOICES",
    "ReasonEnum": "messaging.reports.models.Report.Reason",
    "ActKindEnum": "messaging.reports.acts.KIND_CODES",
    "ActReasonEnum": "messaging.reports.acts.REASON_CODES",
}
