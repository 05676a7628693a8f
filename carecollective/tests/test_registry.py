import pytest

from carecollective.ground.registry import Many, One


def test_one_answers_and_a_second_is_told_about_the_first():
    place: One[str] = One("finder of words")
    place.register("the first")

    with pytest.raises(RuntimeError, match="There is a finder of words already: 'the first'"):
        place.register("the second")

    assert place() == "the first"


def test_a_place_that_nobody_took_says_which():
    with pytest.raises(RuntimeError, match="Nothing has registered itself as the finder of words"):
        One("finder of words")()


def test_many_answer_in_the_order_of_their_rank():
    places: Many[str] = Many()
    for name, rank in (("last", 2), ("first", 1), ("first too", 1)):
        places.register(name, rank=rank)

    assert list(places) == ["first", "first too", "last"]
