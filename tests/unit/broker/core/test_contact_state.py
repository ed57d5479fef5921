"""B-42: a contact is found by its addresses, and each address is one contact's."""

from broker.core.contact_state import Address, Contact, Contacts
from protocol.values import Guid

WEB, EVA, JAN = Guid("web"), Guid("eva"), Guid("jan")
TOKEN: Address = (WEB, "token", "t")
PHONE: Address = (WEB, "address", "+420")


def two() -> Contacts:
    known = Contacts()
    known.add(Contact(id=EVA, no=1, gateway=WEB, addresses=(TOKEN,)))
    known.add(Contact(id=JAN, no=2, gateway=WEB))
    return known


def test_a_contact_that_is_added_is_found_by_what_it_has() -> None:
    known = two()
    assert known.by_address == {TOKEN: EVA}
    assert list(known.of_gateway[WEB]) == [EVA, JAN]


def test_an_address_that_another_one_has_is_taken_from_it() -> None:
    known = two()
    known.know(JAN, TOKEN)
    known.know(JAN, PHONE)
    assert known.by_address == {TOKEN: JAN, PHONE: JAN}
    assert known.by_id[EVA].addresses == ()
    assert known.by_id[JAN].addresses == (TOKEN, PHONE)


def test_what_is_dropped_is_found_by_nothing() -> None:
    known = two()
    known.drop(EVA)
    assert (list(known.by_id), known.by_address, list(known.of_gateway[WEB])) == ([JAN], {}, [JAN])


def test_who_was_seen_last_stands_last() -> None:
    known = two()
    known.saw(EVA, 7)
    assert list(known.of_gateway[WEB]) == [JAN, EVA]
    assert known.by_id[EVA].seen_at == 7


def test_a_contact_that_was_put_away_is_seen_by_nobody() -> None:
    known = two()
    known.saw(Guid("gone"), 7)
    assert list(known.of_gateway[WEB]) == [EVA, JAN]


def test_an_address_alone_says_who_it_is_where_it_is_one_contacts() -> None:
    """B-57: on whatever gateway; a token is no address."""
    known, other = two(), Guid("im")
    known.know(JAN, PHONE)
    assert known.at_address((WEB, other), "+420") is known.by_id[JAN]
    assert known.at_address((other,), "+420") is None
    assert known.at_address((WEB, other), "t") is None
    known.know(JAN, (other, "address", "+420"))
    assert known.at_address((WEB, other), "+420") is known.by_id[JAN]
    known.know(EVA, (other, "address", "+420"))
    assert known.at_address((WEB, other), "+420") is None
    assert known.at_address((WEB,), "+420") is known.by_id[JAN]
