"""The order of lists that come in pieces (W-25)."""

from __future__ import annotations

import pytest

from broker.core.listing import Listing, Listings
from protocol.values import Guid

A, B, C, D = (Guid(f"aaaaaaaa-0000-4000-a000-00000000000{n}") for n in range(1, 5))


def test_chats_stand_in_the_order_of_their_places() -> None:
    listing = Listing()
    for place, chat in ((3, A), (5, B), (9, C)):
        listing.add(chat, place)
    assert list(listing) == [A, B, C]
    assert [list(listing.behind(place)) for place in (0, 3, 4, 9, 10)] == [
        [(3, A), (5, B), (9, C)],
        [(5, B), (9, C)],
        [(5, B), (9, C)],
        [],
        [],
    ]


def test_a_place_that_has_gone_is_as_good_as_any() -> None:
    listing = Listing()
    for place, chat in enumerate((A, B, C), 1):
        listing.add(chat, place)
    listing.drop(B)
    assert list(listing.behind(2)) == [(3, C)]
    assert B not in listing
    listing.add(B, 4)
    assert list(listing) == [A, C, B]
    assert list(listing.behind(2)) == [(3, C), (4, B)]


def test_all_places_can_be_left_behind() -> None:
    listing = Listing()
    for place, chat in ((1, A), (2, B)):
        listing.add(chat, place)
    listing.shift(6)
    assert list(listing.behind(6)) == [(7, A), (8, B)]
    listing.drop(A)
    listing.add(A, 9)
    assert list(listing.behind(0)) == [(8, B), (9, A)]


def test_nobody_gets_a_place_among_the_others() -> None:
    listing = Listing()
    listing.add(A, 7)
    with pytest.raises(AssertionError):
        listing.add(D, 7)


def test_a_place_is_one_for_all_gateways() -> None:
    web, im = Guid("web"), Guid("im")
    listings = Listings()
    for gateway, chat in ((web, A), (im, B), (web, C)):
        listings.add(gateway, chat)
    assert list(listings.of(web).behind(0)) == [(1, A), (3, C)]
    assert list(listings.of(im).behind(0)) == [(2, B)]
    listings.drop(web, A)
    assert list(listings.of(web)) == [C]
    assert list(listings.of(Guid("nobody"))) == []


def test_listings_that_are_made_anew_begin_behind_the_old_ones() -> None:
    old, new = Listings(), Listings()
    for listings, chats in ((old, (A, B, C)), (new, (C, A))):
        for chat in chats:
            listings.add(Guid("web"), chat)
    new.go_on_from(old)
    new.add(Guid("web"), D)
    places = [place for place, _chat in new.of(Guid("web")).behind(3)]
    assert len(places) == 3
    assert list(new.of(Guid("web"))) == [C, A, D]
