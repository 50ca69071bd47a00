import xml.etree.ElementTree as ET

import pytest
from django.db import connection

from members import numbers
from members.services.enrolment import reserve_members


def test_check_digits_find_every_wrong_digit_and_every_swap():
    payload = "4821093755"
    number = payload + numbers.compute_check_digits(payload)
    assert numbers.is_valid_number(number)
    for place, digit in enumerate(number):
        for other in "0123456789":
            if other != digit:
                assert not numbers.is_valid_number(number[:place] + other + number[place + 1 :])
    for place in range(11):
        swapped = list(number)
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        if "".join(swapped) != number:
            assert not numbers.is_valid_number("".join(swapped))


@pytest.mark.parametrize("text", ["", "1", "1" * 13, "４８２１", "48210937551x", "²" * 12])
def test_other_texts_are_no_numbers(text):
    assert not numbers.is_valid_number(text)


def test_clean_number_takes_what_people_type():
    assert numbers.clean_number(" ４８２１ 0937-5514 ") == "482109375514"


@pytest.mark.django_db
def test_numbers_of_the_database_are_valid_unique_and_out_of_order(club):
    made = [number for _id, number in reserve_members(5000)]
    assert all(numbers.is_valid_number(number) for number in made)
    assert len(set(made)) == 5000
    assert made != sorted(made)


@pytest.mark.django_db
def test_two_ids_never_share_a_number_and_keys_differ():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT members_number(id, 'a')),"
            " count(*) FILTER (WHERE members_number(id, 'a') = members_number(id, 'b'))"
            " FROM generate_series(1, 30000) AS id"
        )
        assert cursor.fetchone() == (30000, 0)


def test_qr_is_svg_with_the_digits_and_no_inline_style():
    svg = numbers.build_qr_svg("482109375514")
    root = ET.fromstring(svg)
    assert root.get("class") == "card-qr"
    assert root.get("viewBox")
    assert "style=" not in svg
    assert "<style" not in svg
