"""A member's phone number and place."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import carecollective.ground.foreign_keys
import carecollective.ground.text_lookups


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactDetail",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "member", "kind", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("phone", "Phone number"), ("place", "Address or meeting place")], max_length=5
                    ),
                ),
                ("value", models.CharField(max_length=200)),
                ("is_kept", models.BooleanField(db_default=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "contact_details",
                "constraints": [
                    carecollective.ground.foreign_keys.ForeignKeyConstraint(
                        fields=("member",),
                        name="contact_goes_with_its_member",
                        on_delete="CASCADE",
                        to="accounts.Member",
                        to_fields=("id",),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["phone", "place"])), name="contact_kind_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            carecollective.ground.text_lookups.IsOneLine("value"), ("value__length__lte", 200)
                        ),
                        name="contact_is_clean_and_on_one_line",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "phone"), _negated=True),
                            models.Q(
                                ("value__length__lte", 40), ("value__regex", "^[+(]?[0-9][0-9 ().-]*( ext\\. [0-9]+)?$")
                            ),
                            _connector="OR",
                        ),
                        name="phone_is_written_like_one",
                    ),
                ],
            },
        ),
    ]
