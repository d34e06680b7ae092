"""The page opens, for its owner and for guests, and nothing leaves the stack."""

from __future__ import annotations


def test_the_page_opens_for_a_guest_and_for_its_owner(new_page, signed_in):
    guest = new_page()

    for page in (guest, signed_in):
        assert page.title() == "Segue"
        page.get_by_role("navigation").wait_for()
