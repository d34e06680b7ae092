"""The command lines of docker-compose.yml, run by the real programs outside of containers."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from deployment import ROOT, SERVICES
from segue.stack.ports import free_ports
from segue.stack.valkey import valkey_server
from waiting import answers, until

SECRET = "0123456789abcdef"


def shell_script(words: list[str], replacements: dict[str, str]) -> list[str]:
    """A ``sh -c`` command as Compose hands it on, with the container's places replaced."""
    shell, flag, script = words
    script = script.replace("$$", "$")
    for place, here in replacements.items():
        assert place in script
        script = script.replace(place, here)
    return [shell, flag, script]


def test_redis_wants_its_password_and_keeps_every_write(tmp_path: Path) -> None:
    # Valkey answers to the name and the options of redis-server.
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "redis-server").symlink_to(valkey_server())
    secret = tmp_path / "redis_password"
    secret.write_text(f"{SECRET}\n")
    port = free_ports(1)[0]
    command = shell_script(
        SERVICES["redis"]["command"],
        {
            "redis-server --dir /data": f"redis-server --port {port} --dir {tmp_path}",
            "/run/secrets/redis_password": os.fspath(secret),
        },
    )
    environment = {"PATH": f"{binaries}:{os.environ['PATH']}", "REDIS_MAXMEMORY": "64mb"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            with redis.Redis(port=port, username="segue", password=SECRET) as client:

                def answers() -> bool:
                    assert server.poll() is None
                    return bool(client.ping())

                until(answers, not_yet=redis.ConnectionError)
                memory, persistence = client.info("memory"), client.info("persistence")
                assert memory["maxmemory"] == 64 * 2**20
                assert memory["maxmemory_policy"] == "noeviction"
                assert persistence["aof_enabled"] == 1
                assert client.set("job", "accepted") is True
                for refused in (("CONFIG", "SET", "dir", "/tmp"), ("SAVE",), ("FLUSHALL",)):
                    with pytest.raises(redis.exceptions.NoPermissionError):
                        client.execute_command(*refused)
            with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
                stranger.ping()
            line = Path(f"/proc/{server.pid}/cmdline")
            if sys.platform == "linux":
                assert SECRET not in line.read_text()
        finally:
            server.terminate()
    assert "--appendfsync always" in command[-1]
    assert server.returncode == 0, "the shell must hand its signals on"


@pytest.mark.parametrize(
    ("allowed", "wanted", "given"), [(300, 65536, 300), (300, 200, 200), (300, 300, 300)]
)
def test_qdrant_opens_as_many_files_as_wanted_where_the_daemon_allows_them(
    allowed: int, wanted: int, given: int
) -> None:
    command = shell_script(
        SERVICES["qdrant"]["command"], {"exec ./entrypoint.sh": "ulimit -S -n; ulimit -H -n"}
    )
    done = subprocess.run(
        ["bash", "-c", f'ulimit -S -n 100; ulimit -H -n {allowed}; exec "$@"', "bash", *command],
        env={"PATH": os.environ["PATH"], "QDRANT_OPEN_FILES": str(wanted)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [int(line) for line in done.stdout.split()] == [given, allowed]


def test_prometheus_starts_with_the_configuration_and_hides_the_key(tmp_path: Path) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: apt-get install prometheus)")
    configuration = tmp_path / "prometheus"
    shutil.copytree(ROOT / "deploy" / "prometheus", configuration)
    port = free_ports(1)[0]
    key = tmp_path / "qdrant_api_key"
    command = shell_script(
        [*SERVICES["prometheus"]["entrypoint"]],
        {
            "/tmp/qdrant_api_key": str(key),
            "--storage.tsdb.path=/prometheus": f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            "/etc/prometheus/": f"{configuration}/",
            "exec prometheus": f"exec prometheus --web.listen-address=127.0.0.1:{port}",
        },
    )
    environment = {"PATH": os.environ["PATH"], "QDRANT_API_KEY": SECRET}
    log = tmp_path / "log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, env=environment, stderr=stderr) as server,
    ):
        try:
            url = f"http://127.0.0.1:{port}/-/ready"

            def ready() -> bool:
                assert server.poll() is None, log.read_text()
                return answers(url)

            until(ready, not_yet=OSError)
            assert key.read_text() == SECRET
            assert stat.S_IMODE(key.stat().st_mode) == 0o600
        finally:
            server.terminate()
    assert server.returncode == 0, log.read_text()
