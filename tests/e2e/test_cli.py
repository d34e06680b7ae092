"""Every command against a running stack, as a person and as a script would use it."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from e2e.tones import CLIP_SECONDS
from malformed_audio import clean_audio
from segue.cli.client import SegueClient
from segue.ingest_jobs import ItemState
from segue.limits import LARGEST_CLIP_BYTES
from segue.settings import DEFAULT_MODEL
from segue.v1 import catalog_service_pb2


@pytest.fixture(scope="module")
def tones(stack, clips, run_segue):
    """A manifest of 12 tones in two clusters, ingested."""
    manifest = clips("cli", 12)
    answer = run_segue("ingest", manifest, "--json", stack=stack)
    assert answer.code == 0, answer
    assert answer.json["indexed"] == 12
    return manifest


@pytest.fixture
def find(stack, run_segue, tones):
    def search(*words):
        answer = run_segue("search", *words, "--json", stack=stack)
        assert answer.code == 0, answer
        return answer.json

    return search


def ids(answer):
    return [result["track"]["track_id"] for result in answer["results"]]


def cluster(answer):
    return {int(track_id.rpartition("-")[2]) % 2 for track_id in ids(answer)}


def test_neighbours_lie_in_the_seeds_own_cluster(find):
    answer = find("--track", "cli-000", "--limit", 5)

    assert len(answer["results"]) == 5
    assert cluster(answer) == {0}
    assert "cli-000" not in ids(answer)
    assert answer["embedding_space"].startswith(f"{DEFAULT_MODEL}-v")
    assert answer["results"][0]["score"] == pytest.approx(
        answer["results"][0]["acoustic_similarity"]
    )


def test_a_file_finds_itself_first_with_the_passage(find, tones):
    answer = find("--file", tones.parent / "cli-003.wav", "--start", 0.5, "--length", 5.5)

    assert ids(answer)[0] == "cli-003"
    assert answer["results"][0]["passage"]["end_seconds"] > 0


def test_a_file_too_large_to_send_is_searched_by_its_passage(find, tones, tmp_path):
    tone, rate = soundfile.read(tones.parent / "cli-003.wav")
    silence = np.zeros(LARGEST_CLIP_BYTES // 2)
    soundfile.write(tmp_path / "large.wav", np.concatenate([silence, tone]), rate)

    answer = find("--file", tmp_path / "large.wav", "--start", silence.size / rate, "--length", 6)

    assert ids(answer)[0] == "cli-003"


def test_a_vector_finds_its_track(find, client, tmp_path):
    track = client.catalog(
        "GetTrack",
        catalog_service_pb2.GetTrackRequest(track_id="cli-004", include_vector=True),
    )
    np.save(tmp_path / "v.npy", np.array(track.vector, np.float32))

    answer = find("--vector", tmp_path / "v.npy")

    assert ids(answer)[0] == "cli-004"
    assert answer["results"][0]["score"] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--genre", "cli high"], {1, 3, 5, 7, 9, 11}),
        (["--not-genre", "CLI  High", "--artist", "cli LOW 0"], {6}),
        (["--genre", "cli low", "--mood", "calm"], {4, 8}),
        (["--all-genre", "cli low", "--all-mood", "calm"], {4, 8}),
        (["--all-genre", "cli low", "--all-genre", "cli high"], set()),
        (["--genre", "cli low", "--year", "1996-1998"], {6, 8}),
        (["--genre", "cli low", "--year", "1998-"], {8, 10}),
        (["--genre", "cli low", "--year", "-1994"], {2, 4}),
        (["--genre", "cli low", "--year", "1994"], {4}),
        (["--genre", "cli high", "--duration", "100-"], set()),
        (["--genre", "cli low", "--exclude", "cli-002", "--not-mood", "calm"], {6, 10}),
    ],
)
def test_filters_hold(find, words, wanted):
    answer = find("--track", "cli-000", "--limit", 50, *words)

    assert set(ids(answer)) == {f"cli-{number:03d}" for number in wanted}


def test_a_search_goes_on_page_by_page(stack, run_segue, find):
    words = ("--track", "cli-000", "--genre", "cli high", "--limit", 4)

    first = find(*words)
    rest = find(*words, "--page-token", first["next_page_token"])
    table = run_segue(
        "search", *words, "--page-token", first["next_page_token"], stack=stack, COLUMNS="160"
    ).stdout

    whole = find("--track", "cli-000", "--genre", "cli high", "--limit", 50)
    assert len(ids(first)) == 4
    # One stored vector against the same stored vectors: the same scores in each search.
    assert ids(first) + ids(rest) == ids(whole)
    assert rest["next_page_token"] == ""
    assert ids(rest)[-1] in table
    assert ids(first)[0] not in table


def test_an_unknown_genre_is_named_and_no_error(stack, run_segue, find):
    assert find("--track", "cli-000", "--genre", "polka")["unknown_labels"] == ["polka"]

    answer = run_segue("search", "--track", "cli-000", "--genre", "polka", stack=stack)
    assert answer.code == 0
    assert "polka" in answer.stdout
    assert "No tracks" in answer.stdout


def test_the_table_shows_what_a_person_wants_to_know(stack, run_segue, tones):
    answer = run_segue("search", "--track", "cli-000", stack=stack, COLUMNS="160")

    assert answer.code == 0
    assert "cli low 2 – Tone 2" in answer.stdout
    assert "score" in answer.stdout


def test_an_unknown_track_is_refused_with_its_next_step(stack, run_segue):
    answer = run_segue("search", "--track", "nobody", stack=stack)
    assert answer.code == 1
    assert "TRACK_NOT_FOUND" in answer.stderr
    assert "segue tracks WORDS" in answer.stderr

    answer = run_segue("search", "--track", "nobody", "--json", stack=stack)
    assert answer.code == 1
    assert answer.json["error"]["reason"] == "TRACK_NOT_FOUND"


def test_a_query_file_that_is_no_audio_is_refused(stack, run_segue, tones):
    answer = run_segue("search", "--file", tones, "--json", stack=stack)

    assert answer.code == 1
    assert answer.json["error"]["reason"] == "AUDIO_NOT_AUDIO"


def test_a_vector_of_the_wrong_length_is_refused(stack, run_segue, tmp_path):
    np.save(tmp_path / "v.npy", np.ones(3, np.float32))

    answer = run_segue("search", "--vector", tmp_path / "v.npy", "--json", stack=stack)

    assert answer.code == 1
    assert answer.json["error"]["reason"] == "VECTOR_INVALID"


def test_ingesting_again_skips_and_force_embeds(stack, run_segue, tones):
    assert run_segue("ingest", tones, "--json", stack=stack).json["skipped"] == 12
    assert run_segue("ingest", tones, "--force", "--json", stack=stack).json["indexed"] == 12


def test_failures_are_told_with_reason_and_next_step(stack, run_segue, tmp_path, tones):
    (tmp_path / "bad.mp3").write_text("this is no music " * 1_000)
    manifest = tmp_path / "m.jsonl"
    good = tones.parent / "cli-000.wav"
    lines = [
        {"track_id": "fail-good", "path": str(good)},
        {"track_id": "fail-bad", "path": "bad.mp3"},
        {"track_id": "fail-missing", "path": "nowhere.mp3"},
        {"title": "no path"},
    ]
    manifest.write_text("\n".join(map(json.dumps, lines)))

    answer = run_segue("ingest", manifest, stack=stack)
    assert answer.code == 1
    assert "1 indexed" in answer.stdout
    assert "3 failed" in answer.stdout
    assert "AUDIO_NOT_AUDIO" in answer.stdout
    assert f"{manifest} line 4" in answer.stdout

    told = run_segue("ingest", manifest, "--json", stack=stack).json
    reasons = {failure["reason"] for failure in told["failures"]}
    assert reasons == {"AUDIO_NOT_AUDIO", "SOURCE_NOT_FOUND", "MANIFEST_LINE_INVALID"}
    assert all(failure["next_step"] for failure in told["failures"])


def test_dead_letters_are_listed_and_replayed(stack, run_segue, tmp_path, tones, client):
    (tmp_path / "later.wav").write_text("not yet")
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(json.dumps({"track_id": "dead-later", "path": "later.wav"}))
    assert run_segue("ingest", manifest, stack=stack).code == 1

    listed = run_segue("deadletters", "list", "--limit", 1_000, "--json", stack=stack).json
    (letter,) = [x for x in listed["dead_letters"] if x["item"]["track_id"] == "dead-later"]
    assert letter["reason"] == "AUDIO_NOT_AUDIO"
    assert letter["next_step"]
    assert letter["dead_letter_id"] in run_segue(
        "deadletters", "list", "--reason", "AUDIO_NOT_AUDIO", stack=stack, COLUMNS="200"
    ).stdout.replace("\n", "")

    shutil.copy(tones.parent / "cli-000.wav", tmp_path / "later.wav")
    replayed = run_segue("deadletters", "replay", letter["dead_letter_id"], "--json", stack=stack)
    assert replayed.json["replayed"] == 1
    *_, last = client.watch(replayed.json["job_id"])
    assert last.progress.counts[ItemState.INDEXED] == 1

    again = run_segue("deadletters", "replay", letter["dead_letter_id"], "--json", stack=stack)
    assert again.code == 1
    assert again.json["error"]["reason"] == "NOT_FOUND"


def test_a_dead_letter_counts_and_goes_when_its_track_is_indexed(stack, run_segue, tmp_path, tones):
    path = tmp_path / "soon.wav"

    def letters():
        listed = run_segue("deadletters", "list", "--limit", 1_000, "--json", stack=stack).json
        return [one for one in listed["dead_letters"] if one["item"]["uri"] == path.as_uri()]

    path.write_text("not yet")
    for _ in range(2):
        assert run_segue("ingest", path, stack=stack).code == 1
    (letter,) = letters()
    assert letter["occurrences"] == 2
    shown = run_segue("deadletters", "show", letter["dead_letter_id"], stack=stack)
    assert "failed 2 times" in shown.stdout

    shutil.copy(tones.parent / "cli-001.wav", path)
    assert run_segue("ingest", path, stack=stack).code == 0
    assert letters() == []

    assert run_segue("track", path, stack=stack).code == 0
    assert run_segue("delete", path, stack=stack).code == 0
    assert run_segue("delete", path, stack=stack).code == 1


def test_a_dismissed_upload_is_forgotten(stack, run_segue, tmp_path):
    (tmp_path / "bad.mp3").write_text("no music either " * 1_000)
    answer = run_segue("ingest", tmp_path, "--upload", "--json", stack=stack)
    letter_id = f"{answer.json['jobs'][0]}/0"

    told = run_segue("deadletters", "dismiss", letter_id, "--json", stack=stack)

    assert (told.code, told.json) == (0, {"dismissed": 1})
    assert run_segue("deadletters", "show", letter_id, stack=stack).code == 1


def test_uploads_reach_a_stack_that_cannot_read_the_file(stack, run_segue, clips, client):
    manifest = clips("upload", 3)

    answer = run_segue(
        "ingest", manifest, "--upload", "--json", "--address", stack.address, stack=stack
    )

    assert answer.code == 0, answer
    assert answer.json["indexed"] == 3
    assert len(answer.json["jobs"]) == 1
    track = client.catalog(
        "GetTrack", catalog_service_pb2.GetTrackRequest(track_id="upload-000")
    ).track
    assert track.metadata.title == "Tone 0"
    assert len(track.content_sha256) == 64


def test_an_upload_without_tags_is_called_by_its_file(stack, run_segue, tmp_path):
    rng = np.random.default_rng(8)
    soundfile.write(tmp_path / "Für Elise.wav", rng.uniform(-0.1, 0.1, 6 * 16_000), 16_000)

    answer = run_segue("ingest", tmp_path, "--upload", "--json", stack=stack)

    track_id = answer.json["tracks"][0]["track_id"]
    told = run_segue("track", track_id, "--json", stack=stack).json["track"]
    assert told["file_name"] == "Für Elise.wav"
    for words in (("track", track_id), ("tracks", "--limit", 1000)):
        assert "Für Elise.wav" in run_segue(*words, stack=stack, COLUMNS="200").stdout
    assert run_segue("delete", track_id, stack=stack).code == 0


def test_a_refused_upload_is_named_by_its_local_path(stack, run_segue, tmp_path):
    (tmp_path / "bad.mp3").write_text("this is no music " * 1_000)

    answer = run_segue("ingest", tmp_path, "--upload", "--json", stack=stack)

    assert answer.code == 1
    (failure,), (track,) = answer.json["failures"], answer.json["tracks"]
    assert failure["place"] == str(tmp_path / "bad.mp3")
    assert (track["uri"], track["state"]) == ((tmp_path / "bad.mp3").as_uri(), "dead")
    assert track["reason"] == failure["reason"] == "AUDIO_NOT_AUDIO"


def test_a_folder_is_walked(stack, run_segue, clips):
    manifest = clips("walk", 3)
    manifest.unlink()

    first = run_segue("ingest", manifest.parent, "--json", stack=stack).json
    again = run_segue("ingest", manifest.parent, "--json", stack=stack).json

    assert (first["indexed"], again["skipped"]) == (3, 3)
    assert [track["state"] for track in again["tracks"]] == ["skipped"] * 3
    assert [track["track_id"] for track in again["tracks"]] == [
        track["track_id"] for track in first["tracks"]
    ]


def test_a_folders_manifest_is_used_and_said(stack, run_segue, clips):
    manifest = clips("listed", 2)
    shutil.copy(manifest.parent / "listed-000.wav", manifest.parent / "unlisted.wav")

    answer = run_segue("ingest", manifest.parent, stack=stack)
    tracks = run_segue("ingest", manifest.parent, "--json", stack=stack).json["tracks"]

    assert answer.code == 0, answer
    assert f"{manifest} names 2 tracks" in answer.stderr
    assert [track["track_id"] for track in tracks[:2]] == ["listed-000", "listed-001"]
    assert tracks[2]["uri"] == (manifest.parent / "unlisted.wav").as_uri()


def test_the_catalogue_is_listed_page_by_page(stack, run_segue, tones):
    words = ("tracks", "--genre", "cli low", "--mood", "calm", "--limit", 2)

    first = run_segue(*words, "--json", stack=stack).json
    rest = run_segue(*words, "--json", "--page-token", first["next_page_token"], stack=stack).json
    table = run_segue(*words, "--artist", "cli low 2", stack=stack, COLUMNS="160")

    listed = [track["track_id"] for page in (first, rest) for track in page["tracks"]]
    assert sorted(listed) == ["cli-000", "cli-004", "cli-008"]
    assert len(first["tracks"]) == 2
    assert rest["next_page_token"] == ""
    assert "cli-008" in table.stdout
    assert "cli low 2 – Tone 8" in table.stdout
    assert f"0:{int(CLIP_SECONDS):02}" in table.stdout
    assert "--page-token" not in table.stdout
    assert "--page-token" in run_segue(*words, stack=stack).stdout


def test_tracks_are_found_by_words(stack, run_segue, tones):
    found = run_segue("tracks", "TÖNE", "8", "cli lo", "--json", stack=stack).json
    assert [track["track_id"] for track in found["tracks"]] == ["cli-008"]
    told = run_segue("track", "low tone 8 cli", "--json", stack=stack).json
    assert told["track"]["track_id"] == "cli-008"
    assert run_segue("track", "cli low", stack=stack).stderr.count("cli-00") > 1


def test_no_tracks_are_no_error(stack, run_segue):
    answer = run_segue("tracks", "--artist", "nobody", stack=stack)

    assert (answer.code, answer.stdout) == (0, "No tracks.\n")


@pytest.fixture
def damaged(tmp_path):
    """A FLAC of 30 s that lost its last 5 %."""
    content = clean_audio("flac", 30.0)
    path = tmp_path / "damaged.flac"
    path.write_bytes(content[: len(content) * 95 // 100])
    return path


def test_a_damaged_file_is_indexed_and_every_command_says_so(stack, run_segue, damaged):
    answer = run_segue("ingest", damaged, stack=stack)

    assert answer.code == 0
    assert f"{damaged}: damaged, indexed from what is left: decoded 28." in answer.stdout
    assert "1 indexed (1 from damaged files)" in answer.stdout
    told = run_segue("ingest", damaged, "--force", "--json", stack=stack).json
    (track,) = told["tracks"]
    assert (track["state"], track["reason"]) == ("indexed", "AUDIO_DAMAGED")
    assert track["message"].endswith("s of 30.0 s; 1 broken frame")
    shown = run_segue("track", track["track_id"], stack=stack)
    assert track["message"] in " ".join(shown.stdout.split())
    stored = run_segue("track", track["track_id"], "--json", stack=stack).json
    assert stored["track"]["damage"] == track["message"]


def test_a_damaged_file_is_refused_where_that_is_wanted(start_stack, run_segue, damaged, tmp_path):
    strict = start_stack(tmp_path / "data", SEGUE_AUDIO_DAMAGE="refuse")

    answer = run_segue("ingest", damaged, "--json", stack=strict)

    assert answer.code == 1
    (failure,) = answer.json["failures"]
    assert failure["reason"] == "AUDIO_TRUNCATED"
    assert "s of 30.0 s" in failure["message"]


def test_audio_beyond_the_longest_duration_is_refused(start_stack, run_segue, clips, tmp_path):
    strict = start_stack(tmp_path / "data", SEGUE_MAX_DURATION_SECONDS="2")

    answer = run_segue("ingest", clips("long", 1), "--json", stack=strict)

    assert answer.code == 1
    (failure,) = answer.json["failures"]
    assert failure["reason"] == "AUDIO_TOO_LONG"
    assert "SEGUE_MAX_DURATION_SECONDS" in failure["next_step"]
    with SegueClient(strict.address, token=strict.token) as client:
        letters = client.catalog(
            "ListDeadLetters", catalog_service_pb2.ListDeadLettersRequest(reason="AUDIO_TOO_LONG")
        ).dead_letters
    assert [letter.item.track_id for letter in letters] == ["long-000"]
    replayed = run_segue("deadletters", "replay", "--all", "--json", stack=strict).json
    assert replayed["replayed"] == 1


def test_ingest_need_not_wait(stack, run_segue, clips):
    answer = run_segue("ingest", clips("later", 1), "--no-watch", stack=stack)

    assert answer.code == 0
    assert "accepted as job" in answer.stdout


def test_status_counts_what_is_there(stack, run_segue, tones):
    told = run_segue("status", "--json", stack=stack)

    assert told.code == 0
    assert told.json["healthy"]
    assert told.json["tracks"] >= 12
    assert told.json["model"] == DEFAULT_MODEL
    assert told.json["device"] in ("cpu", "gpu")
    by_address = run_segue("status", "--json", "--address", stack.address)
    assert by_address.json["tracks"] >= 12
    assert by_address.json["space"] == told.json["space"]
    assert by_address.json["model"] == told.json["model"]
    assert "healthy" in run_segue("status", stack=stack).stdout


def test_embed_needs_no_stack_and_agrees_with_the_catalogue(
    stack, run_segue, tones, client, tmp_path
):
    output = tmp_path / "vectors.npz"
    songs = [tones.parent / f"cli-{number:03d}.wav" for number in (0, 1)]

    answer = run_segue(
        "embed", songs[0], tones, songs[1], "-o", output, "--data", tmp_path / "none", "--json"
    )

    assert answer.code == 1
    (failure,) = answer.json["failures"]
    assert failure["reason"] == "AUDIO_NOT_AUDIO"
    with np.load(output) as archive:
        assert list(archive["files"]) == [str(song) for song in songs]
        assert str(archive["space"]) == answer.json["space"]
        np.testing.assert_allclose(np.linalg.norm(archive["vectors"], axis=1), 1, atol=1e-5)
        assert set(archive["chunk_file"]) == {0, 1}
        assert len(archive["chunk_vectors"]) == len(archive["chunk_file"])
        stored = client.catalog(
            "GetTrack",
            catalog_service_pb2.GetTrackRequest(track_id="cli-000", include_vector=True),
        )
        np.testing.assert_allclose(archive["vectors"][0], stored.vector, atol=1e-5)


def test_embed_uses_the_stack_that_runs(stack, run_segue, tones, tmp_path):
    song = tones.parent / "cli-000.wav"

    answer = run_segue("embed", song, "-o", tmp_path / "v.npz", "--json", stack=stack)

    assert answer.code == 0
    assert answer.json["embedded"] == [str(song)]
    found = run_segue("search", "--vector", tmp_path / "v.npz", "--json", stack=stack).json
    assert ids(found)[0] == "cli-000"
    assert found["results"][0]["score"] == pytest.approx(1.0, abs=1e-3)


def test_several_callers_ingest_at_once(stack, run_segue, clips):
    manifests = [clips(f"crowd{number}", 4) for number in range(3)]

    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda m: run_segue("ingest", m, "--json", stack=stack), manifests)

    assert [answer.json["indexed"] for answer in answers] == [4, 4, 4]
