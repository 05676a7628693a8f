"""A sealed file gives back what was put in, whole and unchanged, to whoever has its key; else nothing but a refusal."""

from io import BytesIO

import pytest

from carecollective.backups import sealed

KEY, OTHER = "k" * 40, "o" * 40
SIZE = sealed.CHUNK


def made(plain, says=None):
    out = BytesIO()
    sealed.write(out, says or {"release": "1"}, BytesIO(plain), KEY)
    return out.getvalue()


def opened(data, secret=KEY):
    return b"".join(sealed.read(BytesIO(data), secret))


@pytest.mark.parametrize("size", [0, 1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE])
def test_what_was_put_in_comes_out(size):
    plain = bytes(range(256)) * (size // 256) + bytes(size % 256)

    assert opened(made(plain)) == plain


def test_nothing_of_it_can_be_read_without_the_key_but_its_line():
    data = made(b"a member's words", {"release": "1"})

    assert b"words" not in data
    assert sealed.says(BytesIO(data))["release"] == "1"


def test_another_key_is_told():
    with pytest.raises(sealed.AnotherKey):
        opened(made(b"words"), OTHER)


@pytest.mark.parametrize("size", [0, 5, SIZE, 2 * SIZE])
def test_half_of_it_is_refused_wherever_it_was_cut(size):
    data = made(bytes(size))
    line = data.index(b"\n") + 1
    whole = SIZE + sealed.TAG
    cuts = {0, 1, line - 1, line, line + 3, len(data) - 1, *range(line + whole, len(data), whole)}

    for cut in cuts - {len(data)}:
        with pytest.raises(sealed.NotSealed):
            opened(data[:cut])


def test_one_changed_bit_is_refused_wherever_it_is():
    data = made(b"words", {"rows": {"members": 1}})

    for place in range(data.index(b"rows"), len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises((sealed.NotSealed, sealed.AnotherKey)):
            opened(bytes(changed))


def test_chunks_in_another_order_and_more_behind_the_last_are_refused():
    data = made(bytes(SIZE) + b"\1" * SIZE + b"end")
    line, whole = data.index(b"\n") + 1, SIZE + sealed.TAG
    first, second, last = data[line : line + whole], data[line + whole : line + 2 * whole], data[line + 2 * whole :]

    for other in (second + first + last, first + last, first + second + last + first):
        with pytest.raises(sealed.NotSealed):
            opened(data[:line] + other)


def test_two_files_with_the_same_in_them_are_sealed_apart():
    assert made(b"words")[-21:] != made(b"words")[-21:]
