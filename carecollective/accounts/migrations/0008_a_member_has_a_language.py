from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_a_member_chooses_how_pages_look_and_may_leave")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("en", "English"), ("es", "Spanish")],
                db_default="",
                default="",
                max_length=2,
                verbose_name="language",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["", "en", "es"])), name="member_language_is_known"
            ),
        ),
    ]
