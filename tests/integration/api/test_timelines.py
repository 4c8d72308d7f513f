"""The timeline over HTTP and on the command line's side of its file."""

from __future__ import annotations

from uuid import uuid4

import httpx


async def test_a_timeline_is_cut_read_and_given_up(
    client: httpx.AsyncClient, episode: str, shot: str
) -> None:
    url = f"/api/episodes/{episode}/timeline"
    missing = await client.get(url)
    assert (missing.status_code, missing.json()["code"]) == (404, "timeline_missing")
    other = await client.post(
        "/api/storyboards/insert",
        json={"episode_id": episode, "position": 2, "values": {"description": "Rain."}},
    )
    second = other.json()["item"]["id"]
    body = {"clips": [{"storyboard_id": second, "trim_end": 10}, {"storyboard_id": shot}]}
    cut = await client.put(url, json={**body, "music_gain_db": -3, "version": 0})
    assert cut.status_code == 200
    item = (await client.get(url)).json()
    assert item == cut.json()["item"]
    assert (item["origin"], item["version"]) == ("edited", 1)
    assert item["arrangement"]["clips"][0] == {
        "storyboard_id": second, "trim_start": 0, "trim_end": 10,
    }  # fmt: skip
    clips = [row for row in item["document"]["items"] if row["kind"] == "clip"]
    assert [row["span"]["length"] for row in clips] == [90, 100]
    again = await client.put(url, json={**item["arrangement"], "version": 1})
    assert again.json()["item"]["document"] == item["document"]
    late = await client.put(url, json={**item["arrangement"], "version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "changed_meanwhile")
    auto = (await client.delete(url)).json()["item"]
    assert (auto["origin"], auto["version"]) == ("auto", 3)
    assert (await client.get(url, params={"version": 1})).json()["origin"] == "edited"


async def test_a_timeline_says_what_it_cannot_do(
    client: httpx.AsyncClient, episode: str, shot: str
) -> None:
    url = f"/api/episodes/{episode}/timeline"
    clip = {"storyboard_id": shot}
    for body, code in (
        ({"clips": [{"storyboard_id": str(uuid4())}]}, "timeline_shot_unknown"),
        ({"clips": [clip, clip]}, "timeline_twice"),
        ({"clips": [{**clip, "trim_end": 100}]}, "timeline_trim"),
        ({"clips": [{**clip, "speed": 2}]}, "invalid_value"),
        ({"clips": []}, "invalid_value"),
        ({"clips": [clip], "items": []}, "invalid_value"),
    ):
        refused = await client.put(url, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await client.get(url)).status_code == 404
    assert (await client.get(f"/api/episodes/{uuid4()}/timeline")).status_code == 404
