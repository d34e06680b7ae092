"""Strangers who name files, URLs and texts: each test makes the attempt on a whole stack."""

import json
import os
import re
from pathlib import Path

import mutagen
import pytest

from e2e.hostile_place import HostilePlace
from e2e.tones import write_tone
from segue.cli.client import SegueClient
from segue.texts import control_character
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import similarity_service_pb2, track_pb2

pytestmark = pytest.mark.timeout(400)

ALLOWED, CLOSED = "127.0.0.2", "127.0.0.1"


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """A media folder with one good tone, and a link that leads out of it."""
    folder = tmp_path_factory.mktemp("music")
    write_tone(folder / "good.wav", 220.0, seed=1)
    (folder / "link.wav").symlink_to("/etc/passwd")
    return folder


@pytest.fixture(scope="module")
def place(music):
    with HostilePlace((music / "good.wav").read_bytes()).serving(ALLOWED, CLOSED) as serving:
        yield serving


@pytest.fixture(scope="module")
def guarded(start_stack, tmp_path_factory, music, place):
    """A stack whose guests have one folder and one address."""
    return start_stack(
        tmp_path_factory.mktemp("guarded"),
        SEGUE_MEDIA_ROOTS=str(music),
        SEGUE_SOURCE_NETWORKS=ALLOWED,
        SEGUE_TASK_ATTEMPTS="2",
        SEGUE_OUTAGE_PATIENCE_SECONDS="0",
        SEGUE_LOG_LEVEL="DEBUG",
    )


@pytest.fixture
def guest(guarded):
    with SegueClient(guarded.address) as connected:
        yield connected


@pytest.fixture
def owner(guarded):
    with SegueClient(guarded.address, token=guarded.token) as connected:
        yield connected


def accepted(client, uris):
    items = [messages.IngestItem(uri=uri) for uri in uris]
    return client.catalog("IngestTracks", messages.IngestTracksRequest(items=items)).job_id


def outcome(client, uris):
    """State, reason and message of each URI at the end of its job."""
    *_, last = client.watch(accepted(client, uris))
    assert last.progress.done
    request = messages.GetIngestJobRequest(job_id=last.progress.job_id, include_items=True)
    answer = client.catalog("GetIngestJob", request)
    return [(item.state, item.reason, item.message) for item in answer.items]


def test_a_guest_has_nothing_read_but_the_media_folder(guest, music, tmp_path):
    (tmp_path / "here").write_bytes(b"secret")
    uris = [
        "file:///etc/passwd",
        "file:///etc/no-such-file",
        "file:///proc/self/environ",
        "file:///dev/zero",
        (tmp_path / "here").as_uri(),
        f"file://{music}/../../../../../../etc/passwd",
        (music / "link.wav").as_uri(),
        (music / "missing.wav").as_uri(),
    ]
    told = outcome(guest, uris)

    assert {reason for _, reason, _ in told} == {"SOURCE_FORBIDDEN"}
    same = [message.replace(uri, "URI") for uri, (_, _, message) in zip(uris, told, strict=True)]
    assert set(same) == {"'URI' is not there, or may not be read for you"}
    ((state, _, _),) = outcome(guest, [(music / "good.wav").as_uri()])
    assert state == messages.INGEST_STATE_INDEXED


def test_a_guest_reaches_nothing_of_the_network_within(guest, place):
    port = place.port
    hosts = [
        CLOSED, "localhost", "2130706433", "0x7f000001", "0177.1", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "0.0.0.0", "169.254.169.254",
    ]  # fmt: skip
    uris = [f"http://{host}:{port}/audio" for host in hosts]
    uris += [f"http://{CLOSED}:1/audio", "http://nobody.invalid/audio"]
    uris += [f"http://{ALLOWED}:{port}/to?http://{CLOSED}:{port}/audio"]
    told = outcome(guest, uris)

    assert {reason for _, reason, _ in told} == {"SOURCE_UNAVAILABLE"}
    assert {re.sub(r"'http.*'", "URI", message) for _, _, message in told} == {
        "URI does not answer, or may not be fetched"
    }
    assert [path for address, path in place.asked if address == CLOSED] == []
    ((state, _, _),) = outcome(guest, [f"http://{ALLOWED}:{port}/audio?{port}"])
    assert state in (messages.INGEST_STATE_INDEXED, messages.INGEST_STATE_SKIPPED)


def test_the_owner_hears_why(owner, place):
    told = outcome(owner, [f"http://{CLOSED}:{place.port}/audio", "file:///etc/no-such-file"])

    assert [reason for _, reason, _ in told] == ["SOURCE_FORBIDDEN", "SOURCE_NOT_FOUND"]
    assert "127.0.0.1" in told[0][2]


def test_nobody_waits_behind_urls_that_trickle(guarded, guest, run_segue, place, tmp_path):
    trickling = [f"http://{ALLOWED}:{place.port}/trickle/{number}" for number in range(8)]
    job_id = accepted(guest, trickling)
    for number in range(3):
        write_tone(tmp_path / f"honest-{number}.wav", 300.0 + number, seed=number)

    answer = run_segue("ingest", tmp_path, "--json", stack=guarded)

    assert answer.code == 0, answer
    assert answer.json["indexed"] == 3
    job = guest.catalog("GetIngestJob", messages.GetIngestJobRequest(job_id=job_id)).job
    # Sixteen attempts of four seconds each, one at a time: the honest ones came between them.
    assert not job.done
    *_, last = guest.watch(job_id)
    assert last.progress.done
    letters = guest.catalog(
        "ListDeadLetters", messages.ListDeadLettersRequest(reason="SOURCE_TOO_SLOW")
    )
    assert {letter.item.uri for letter in letters.dead_letters} == set(trickling)


def test_hollow_and_endless_files_hold_up_nobody(owner, tmp_path):
    with (tmp_path / "hollow.wav").open("wb") as file:
        file.truncate(1 << 40)
    told = outcome(
        owner, [(tmp_path / "hollow.wav").as_uri(), "file:///proc/self/pagemap", "file:///dev/zero"]
    )

    assert [reason for _, reason, _ in told] == [
        "AUDIO_TOO_LARGE", "AUDIO_EMPTY", "SOURCE_NOT_FOUND",
    ]  # fmt: skip


def test_no_listing_and_no_log_shows_a_secret_or_a_control_character(
    guarded, owner, run_segue, place, music, tmp_path
):
    tagged = tmp_path / "evil.wav"
    write_tone(tagged, 700.0, seed=9)
    file = mutagen.File(tagged)
    file.add_tags()
    file.tags.add(mutagen.id3.TIT2(text=["[/] \x1b[2J\x1b]0;owned\x07\u202e\nTitle"]))
    file.tags.add(mutagen.id3.TCON(text=["[/red]\x9b"]))
    file.save()
    place.content = tagged.read_bytes()
    secret = f"http://ann:s3cret@{ALLOWED}:{place.port}"
    good, bad = f"{secret}/audio?token=s3cret", f"{secret}/missing?X-Sig=s3cret"
    unreached = f"http://ann:s3cret@{CLOSED}:{place.port}/a?s3cret"
    manifest = tmp_path / "m.jsonl"
    lines = [
        {"uri": good, "track_id": "[/]evil"},
        {"uri": bad, "track_id": "bad"},
        {"uri": unreached, "track_id": "unreached"},
        {"uri": f"ftp://ann:s3cret@{ALLOWED}/a"},
    ]
    manifest.write_text("\n".join(map(json.dumps, lines)))
    place.asked.clear()

    run = run_segue("ingest", manifest, "--json", stack=guarded)
    job = run.json["jobs"][0]
    texts = [run.stdout, run.stderr]
    assert run.json["indexed"] == 1, run
    assert (ALLOWED, "/audio?token=s3cret") in place.asked
    commands = [
        ("ingest", manifest), ("watch", job), ("tracks",), ("track", "[/]evil"),
        ("search", "--track", "[/]evil"), ("deadletters", "list"), ("status",),
    ]  # fmt: skip
    for words in commands:
        for more in ((), ("--json",)):
            answer = run_segue(*words, *more, stack=guarded, COLUMNS="200")
            assert "Traceback" not in answer.stderr, answer
            assert answer.stdout or answer.stderr
            texts += [answer.stdout, answer.stderr]
    full = track_pb2.TRACK_VIEW_FULL
    for method, request in (
        ("ListTracks", messages.ListTracksRequest(view=full)),
        ("GetTrack", messages.GetTrackRequest(track_id="[/]evil")),
        ("GetIngestJob", messages.GetIngestJobRequest(job_id=job, include_items=True)),
        ("ListDeadLetters", messages.ListDeadLettersRequest()),
        ("ListFacets", messages.ListFacetsRequest()),
    ):
        texts.append(str(owner.catalog(method, request)))
    texts += [str(change) for change in owner.watch(job)]
    seed = similarity_service_pb2.Seed(track_id="[/]evil")
    texts.append(
        str(owner.search(similarity_service_pb2.SearchSimilarTracksRequest(seed=seed, view=full)))
    )
    for name in ("query.log", "worker.log"):
        log = (guarded.folder.logs / name).read_text()
        assert log
        texts.append(log)
    for text in texts:
        assert "s3cret" not in text, text
        assert control_character(text.replace("\n", "")) is None, text
    title = owner.catalog("GetTrack", messages.GetTrackRequest(track_id="[/]evil")).track
    assert title.metadata.title == "[/] [2J ]0;owned Title"
    assert title.source_uri == f"http://***@{ALLOWED}:{place.port}/audio?token=***"


def test_what_is_replayed_is_fetched_with_its_secrets(owner, place):
    place.asked.clear()
    letters = owner.catalog("ListDeadLetters", messages.ListDeadLettersRequest()).dead_letters
    letter = next(one for one in letters if one.item.track_id == "bad")

    answer = owner.catalog(
        "ReplayDeadLetters",
        messages.ReplayDeadLettersRequest(dead_letter_ids=[letter.dead_letter_id]),
    )

    *_, last = owner.watch(answer.job_id)
    assert last.progress.done
    assert (ALLOWED, "/missing?X-Sig=s3cret") in place.asked


def test_a_sync_does_not_take_a_guests_word_for_the_owners_file(
    guarded, guest, owner, music, run_segue, tmp_path
):
    file = music / "of the owner" / "a.wav"
    file.parent.mkdir()
    write_tone(file, 250.0, seed=3)
    item = messages.IngestItem(uri=file.as_uri(), metadata=track_pb2.TrackMetadata(title="False"))
    accepted_job = guest.catalog("IngestTracks", messages.IngestTracksRequest(items=[item]))
    *_, last = guest.watch(accepted_job.job_id)
    assert last.progress.done
    (track_id,) = accepted_job.track_ids

    def synced():
        state = str(tmp_path / "state")
        done = run_segue("sync", file.parent, "--json", stack=guarded, XDG_STATE_HOME=state)
        assert done.code == 0, done.stderr
        return done.json

    assert [one["track_id"] for one in synced()["changed"]] == [track_id]
    track = owner.catalog("GetTrack", messages.GetTrackRequest(track_id=track_id)).track
    assert track.metadata.title == ""
    assert track.provenance == track_pb2.TRACK_PROVENANCE_OWNER
    assert synced()["unchanged"] == 1


def test_a_guests_file_stays_a_guests_when_the_owner_replays_it(owner, guest):
    outcome(guest, ["file:///etc/hostname"])
    letters = owner.catalog("ListDeadLetters", messages.ListDeadLettersRequest()).dead_letters
    (letter,) = [one for one in letters if one.item.uri == "file:///etc/hostname"]
    answer = owner.catalog(
        "ReplayDeadLetters",
        messages.ReplayDeadLettersRequest(dead_letter_ids=[letter.dead_letter_id]),
    )
    *_, last = owner.watch(answer.job_id)
    (item,) = last.changed or [None]
    assert item is None or item.reason == "SOURCE_FORBIDDEN"
    letters = owner.catalog("ListDeadLetters", messages.ListDeadLettersRequest()).dead_letters
    (letter,) = [one for one in letters if one.item.uri == "file:///etc/hostname"]
    assert letter.reason == "SOURCE_FORBIDDEN"


def test_an_upload_of_any_name_arrives(guarded, run_segue, tmp_path):
    names = ["a.partial", "incoming-1", "-rf.wav", "two\nlines.wav", os.fsdecode(b"\xff.wav")]
    for number, name in enumerate(names):
        write_tone(Path(tmp_path) / name, 400.0 + number, seed=number)

    paths = [tmp_path / name for name in names]
    answer = run_segue("ingest", *paths, "--upload", "--json", stack=guarded)
    by_path = run_segue("ingest", *paths, "--json", stack=guarded)

    for told in (answer, by_path):
        assert told.code == 0, told
        assert told.json["indexed"] == len(names)
