"""The notes that a member wrote or got, for their copy."""

from django.db.models import Q

from carecollective.ground.data_export import Entry, Field, Part
from carecollective.ground.identity import acting_as

from .models import ThankYouNote


def parts(member):
    with acting_as(member):
        notes = list(ThankYouNote.objects.filter(Q(writer=member) | Q(reader=member)).order_by("written_at"))
    yield Part("thanks", "Thank-you notes", [_note(note) for note in notes])


def _note(note):
    return Entry([Field("note", "Note", note.note), Field("written_at", "Written", note.written_at)])
