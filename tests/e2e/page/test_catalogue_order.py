"""The order of the table, and how many tracks there are by year and by length."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from e2e.page.accessibility import violations


@pytest.fixture
def jazz(owner_api):
    """Metadata of all jazz tracks."""
    said = {"filter": {"genres": {"any_of": ["jazz"]}}}
    listed = owner_api.post("/tracks:list", json=said).json()["tracks"]
    return [one["metadata"] for one in listed]


def test_the_table_is_ordered_by_its_headings_and_the_address_says_so(owner, jazz):
    page = owner("#/catalogue?genre=jazz")
    years = [one["year"] for one in jazz]
    assert len(set(years)) > 2
    shown = page.locator('[data-column="year"]')
    heading = page.get_by_role("columnheader", name="Year")

    heading.get_by_role("button").click()
    expect(shown).to_have_text([str(year) for year in sorted(years)])
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(re.compile("order=year"))
    heading.get_by_role("button").press("Enter")
    expect(shown).to_have_text([str(year) for year in sorted(years, reverse=True)])
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile("order=-year"))
    page.reload()
    expect(shown).to_have_text([str(year) for year in sorted(years, reverse=True)])
    assert violations(page) == []

    # What stands in no column of its own is chosen beside it.
    page.get_by_label("Order", exact=True).select_option("Artist")
    page.wait_for_url(lambda url: "order" not in url)
    names = sorted(one["artist"] for one in jazz)
    expect(page.locator(".table .artist")).to_have_text(names)
    page.get_by_role("button", name="From the first to the last: turn round").click()
    expect(page.locator(".table .artist")).to_have_text(names[::-1])
    page.wait_for_url(lambda url: "order=-artist" in url)


def test_it_opens_by_artist_and_says_at_once_how_much_there_is(owner, owner_api):
    listed = owner_api.post("/tracks:list", json={"order_by": "artist", "page_size": 8}).json()
    page = owner("#/catalogue")
    expect(page.get_by_role("columnheader", name="Title").get_by_role("button")).to_be_visible()
    count = page.get_by_role("status").filter(has_text=re.compile(r"^\d+ tracks$"))
    expect(count).to_be_in_viewport()
    expect(count).to_have_text(f"{owner_api.get('/facets').json()['matching_tracks']} tracks")
    for place, one in enumerate(listed["tracks"]):
        expect(page.locator(".table .artist").nth(place)).to_have_text(one["metadata"]["artist"])


def test_years_and_lengths_are_counted_beside_what_narrows_them(owner, jazz):
    page = owner("#/catalogue?genre=jazz")
    decades = Counter(10 * (one["year"] // 10) for one in jazz)
    bars = page.get_by_role("list", name="Tracks by year").get_by_role("listitem")
    words = [f"{one}–{one + 9}: {decades[one]} track" for one in sorted(decades)]
    for one in words:
        expect(bars.filter(has_text=one)).to_have_count(1)
    lengths = page.get_by_role("list", name="Tracks by length").get_by_role("listitem")
    expect(lengths).to_have_text([f"0:00–1:00: {len(jazz)} tracks"])

    # The bars stay: one sees what lies beside the range, and what is outside is told apart.
    page.get_by_label("Earliest year").fill(str(max(decades)))
    page.get_by_label("Earliest year").press("Enter")
    expect(page.locator(".filters [role=status]")).to_contain_text(f"{decades[max(decades)]} of")
    for one in words:
        expect(bars.filter(has_text=one)).to_have_count(1)
    outside = page.locator(".histogram [data-out]").filter(has_text="–")
    expect(outside.filter(has_text=words[0])).to_have_count(1)
    expect(outside.filter(has_text=words[-1])).to_have_count(0)
    assert violations(page) == []
