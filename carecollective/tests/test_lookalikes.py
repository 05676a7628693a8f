"""What is asked about before it is posted, and, more of it, what is not."""

import time

import pytest

from carecollective.ground.lookalikes import private_facts

PHONES = """
Call me: (555) 010-2000
555-010-2000
555.010.2000
555 010 2000
5550102000
1-555-010-2000
My number is 555-0100, evenings
+1 555 010 2000
+34 612 34 56 78
Llame al 612 345 678
612345678
55 1234 5678
2222-3333
01 23 45 67 89
+44 20 7946 0958
0049 30 1234567
"""
EMAILS = """
Write to nora@example.org
nora.nelson+help@mail.example.co.uk, thanks
"""
ADDRESSES = """
I live at 12 Oak Street
12 oak street, second door
1200 N. Main St.
7 Saint Mary's Lane
221b Baker Street
45 West 5th Avenue
12 5th Ave, apt 3
1200 Martin Luther King Boulevard
3 Elm Ct
99 Hill Dr, ring twice
Come to 4510 Route 9
PO Box 12
P.O. Box 345
Vivo en la calle Mayor 12
Calle de la Rosa, 12
calle 5 de Mayo 12
Avenida de las Américas #45
Avda. Juárez nº 3
C/ Luna 8
Carrera 7 # 12-34
Paseo del Prado 10
Plaza Mayor 3
1204 Calle Luna
Vivo en 9 Elm Calle
apartado postal 123
"""
NOTHING = """
A ride to the clinic on Thursday
At 10:30, for 2 hours
From 9:00 to 11:30 on 11/21/2026
On 2026-11-21 or 21.11.2026
November 21, 2026, 10 am
2 hours drive
A 10 minute drive down the road
It is 3 blocks down the street
I need 2 rides to Dr. Smith
1 visit to St. Mary's
2 bedroom house on Oak Street
20 minutes on foot from Elm Street
In 2026 Oak Street had a fair
Since 2019 Main Street is closed
The Route 5 bus stops there
Take Highway 61
ZIP code 62704
Springfield, IL 62704-1234
$1,200 or $45.50
It costs 1200 2000 at most
I am 78 years old, he is 82
Years 2024 2025 2026
2025-2026
Sizes 10 12 14 16 18
10 15 20 25 30
I can pay 20 dollars
5 steps up to the yard, 3 dogs
The 4 of us in the lane
Room 12, second floor
2 bags of food for the food drive
911
Extension 12
1 1/2 cups, 3/4 full
100 200
a las 3 de la tarde
en la calle a las 3
un paseo de 2 horas
un paseo con el perro 3 veces por semana
camino 20 minutos
por la calle de la iglesia 2 veces
a 2 cuadras de la calle
dos horas, de 10:00 a 12:00
El 21/11/2026 a las 10
voy a la plaza a las 10
Calle Mayor
Oak Street
@neighbors
12 @ 3
"""


def lines(text):
    return text.strip().splitlines()


@pytest.mark.parametrize("text", lines(PHONES))
def test_a_phone_number_is_asked_about(text):
    assert private_facts(text) == ["phone"]


@pytest.mark.parametrize("text", lines(EMAILS))
def test_an_email_address_is_asked_about(text):
    assert private_facts(text) == ["email"]


@pytest.mark.parametrize("text", lines(ADDRESSES))
def test_a_street_address_is_asked_about(text):
    assert private_facts(text) == ["address"]


@pytest.mark.parametrize("text", lines(NOTHING))
def test_what_people_write_in_a_request_is_not(text):
    assert private_facts(text) == []


def test_all_kinds_are_found_in_one_text_however_long_it_is():
    text = "Hello. " * 60 + "12 Oak Street, 555-010-2000, nora@example.org" + " Thank you." * 40

    assert private_facts(text) == ["email", "phone", "address"]


@pytest.mark.parametrize(
    "text", ["1 " * 500, "1" * 1000, "calle " * 160, "12 oak " * 140, "(" * 1000, "a@" * 500, "1-" * 500]
)
def test_a_text_that_means_ill_is_read_in_no_time(text):
    before = time.process_time()

    private_facts(text)

    assert time.process_time() - before < 5  # of the processor's time; where a pattern runs away it is minutes
