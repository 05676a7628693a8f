"""What the database hears of a scope's purpose: policies compare it with words of their own."""

from carecollective.ground.purposes import Purpose


def test_a_purpose_is_called_in_the_database_as_it_is_here():
    assert {purpose.name.lower(): purpose for purpose in Purpose} == {str(purpose): purpose for purpose in Purpose}
