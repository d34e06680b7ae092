"""Kept uploads and objects of a store, through a whole stack and a change of its model."""

import hashlib

import pytest

from e2e.tones import write_tone
from object_store import SECRET, bucket, store  # noqa: F401  # fixtures
from segue.cli.client import SegueClient
from segue.owner_token import token_metadata
from segue.stack.running import RunningStack
from segue.v1 import catalog_service_pb2 as messages
from segue.v1 import track_pb2
from segue.v1.catalog_service_pb2_grpc import CatalogServiceStub
from waiting import until

OLD, NEW = "contrastive", "triplet"


def tone(path, hertz):
    """A tone of twelve seconds: chunks of the new model are longer than those of the old one."""
    write_tone(path, hertz, seconds=12, overtones=8)
    return path


def audio(stack, track_id):
    import grpc

    with grpc.insecure_channel(stack.address) as channel:
        request = messages.ReadAudioRequest(track_id=track_id)
        parts = list(
            CatalogServiceStub(channel).ReadAudio(request, metadata=token_metadata(stack.token))
        )
    return b"".join(part.data for part in parts)


def track(stack, track_id):
    with SegueClient(stack.address, token=stack.token) as client:
        request = messages.GetTrackRequest(track_id=track_id, allow_missing=True)
        answer = client.catalog("GetTrack", request)
    return answer.track if answer.HasField("track") else None


def test_an_upload_outlives_a_change_of_the_model_and_goes_with_its_track(run_segue, tmp_path):
    content = tone(tmp_path / "Song.wav", 220).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    track_id = f"sha256-{sha256[:32]}"
    data = tmp_path / "data"
    with RunningStack(data, ("--model", OLD)) as old:
        sent = run_segue("ingest", "--upload", tmp_path / "Song.wav", "--json", stack=old)
        assert sent.code == 0, sent
        (tmp_path / "Song.wav").unlink()
        told = track(old, track_id)
        assert told.source_uri == f"kept://{sha256}"
        assert told.audio == track_pb2.TRACK_AUDIO_KEPT
        assert audio(old, track_id) == content
        shown = run_segue("track", track_id, stack=old)
        assert "kept" in shown.stdout
        until(lambda: not list((data / "spool").iterdir()))  # a moment after the track is done

    with RunningStack(data, ("--model", NEW)) as new:
        assert track(new, track_id) is None, "each model has a catalogue of its own"
        again = run_segue("ingest", "kept://", "--json", stack=new)
        assert again.code == 0, again
        assert again.json["indexed"] == 1
        told = track(new, track_id)
        assert (told.file_name, told.audio) == ("Song.wav", track_pb2.TRACK_AUDIO_KEPT)
        assert audio(new, track_id) == content

        gone = run_segue("delete", track_id, stack=new)
        assert gone.code == 0, gone
        assert not (data / "uploads" / sha256[:2] / sha256).exists()
        nothing = run_segue("ingest", f"kept://{sha256}", "--json", stack=new)
        assert nothing.code == 1
        assert nothing.json["failures"][0]["reason"] == "AUDIO_GONE"


def test_objects_of_a_store_are_ingested_by_their_folder(
    run_segue, tmp_path, bucket  # noqa: F811  # the fixture
):  # fmt: skip
    for number in range(3):
        content = tone(tmp_path / "x.wav", 200 + 50 * number).read_bytes()
        bucket.put(f"albums/{number}//a b#{number}.wav", content)
    bucket.put("albums/cover.jpg", b"picture")
    bucket.put("albums/broken.wav", b"no audio")
    with RunningStack(tmp_path / "data") as stack:
        folder = f"s3://{bucket.name}/albums/"
        sent = run_segue("ingest", folder, "--json", stack=stack)
        assert sent.code == 1
        assert sent.json["indexed"] == 3
        (failure,) = sent.json["failures"]
        assert failure["reason"] == "AUDIO_NOT_AUDIO"
        again = run_segue("ingest", folder, "--json", stack=stack)
        assert (again.json["indexed"], again.json["skipped"]) == (0, 3)
        with SegueClient(stack.address, token=stack.token) as client:
            request = messages.ListTracksRequest(view=track_pb2.TRACK_VIEW_FULL)
            tracks = client.catalog("ListTracks", request).tracks
        assert {one.source_uri for one in tracks} == {
            f"{folder}{number}//a b#{number}.wav" for number in range(3)
        }
        assert {one.audio for one in tracks} == {track_pb2.TRACK_AUDIO_AT_SOURCE}
        logs = "".join(path.read_text() for path in (tmp_path / "data" / "logs").glob("*.log"))
        assert "X-Amz-Signature=***" in logs
        assert SECRET not in logs


def test_a_guest_uploads_and_hears_nothing(stack, run_segue, tmp_path):
    content = tone(tmp_path / "Guest.wav", 333).read_bytes()
    sent = run_segue("ingest", "--upload", tmp_path / "Guest.wav", "--json", "--address",
                     stack.address)  # fmt: skip
    assert sent.code == 0, sent
    track_id = f"sha256-{hashlib.sha256(content).hexdigest()[:32]}"
    assert track(stack, track_id).audio == track_pb2.TRACK_AUDIO_KEPT
    assert audio(stack, track_id) == content, "the owner reads it"
    refused = run_segue("ingest", "kept://", "--json", "--address", stack.address)
    assert refused.code != 0
    assert "OWNER_ONLY" in refused.stdout + refused.stderr
    with pytest.raises(Exception, match="owner"):
        audio(type("Guest", (), {"address": stack.address, "token": ""}), track_id)
