"""Settings that decide what may be fetched: what cannot be meant is refused by name."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from segue.settings import AudioSettings, InvalidSetting, QueueSettings, from_environment


def test_networks_and_folders_are_read() -> None:
    settings = from_environment(
        QueueSettings,
        {
            "SEGUE_SOURCE_NETWORKS": "10.1.0.0/16, fd00::/8,192.168.7.2",
            "SEGUE_MEDIA_ROOTS": "/music:/more music:",
            "SEGUE_SOURCE_PROXY": "http://proxy:3128",
        },
    )
    assert settings.networks == tuple(map(ip_network, ("10.1.0.0/16", "fd00::/8", "192.168.7.2")))
    assert settings.media_folders == (Path("/music"), Path("/more music"))
    assert from_environment(QueueSettings, {}).networks == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SEGUE_SOURCE_NETWORKS", "10.1.0.1/16"),
        ("SEGUE_SOURCE_NETWORKS", "intranet"),
        ("SEGUE_MEDIA_ROOTS", "music"),
        ("SEGUE_SOURCE_PROXY", "proxy:3128"),
        ("SEGUE_MIN_DOWNLOAD_BYTES_PER_SECOND", "0"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        from_environment(QueueSettings, {variable: value})


def test_files_have_a_size() -> None:
    with pytest.raises(InvalidSetting, match="SEGUE_MAX_FILE_BYTES"):
        from_environment(AudioSettings, {"SEGUE_MAX_FILE_BYTES": "0"})
    with pytest.raises(InvalidSetting, match="SEGUE_AUDIO_DAMAGE"):
        from_environment(AudioSettings, {"SEGUE_AUDIO_DAMAGE": "perhaps"})
