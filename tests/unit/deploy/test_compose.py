"""docker-compose.yml against the settings, the command line, the Dockerfile and the repository.

No engine is needed: every name, port, path and command is looked up on its other side.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from typing import Any

import pytest
import yaml

from deployment import (
    COMPOSE,
    COMPOSE_TEXT,
    ROOT,
    SERVICES,
    Image,
    dockerfile,
    interpolated,
    misplaced_tmpfs,
    segue_services,
    variables,
)
from segue.cli import COMMANDS
from segue.settings import (
    AccessSettings,
    AudioSettings,
    FactorSettings,
    IndexSettings,
    KeptUploadSettings,
    ListenerSettings,
    ModelSettings,
    QuerySettings,
    QueueSettings,
    TelemetrySettings,
    WebSettings,
    from_environment,
    variable_name,
)

READS = {
    "query": (
        AccessSettings,
        AudioSettings,
        FactorSettings,
        IndexSettings,
        ModelSettings,
        QuerySettings,
        KeptUploadSettings,
        ListenerSettings,
        QueueSettings,
        TelemetrySettings,
    ),
    "worker": (
        AccessSettings,
        AudioSettings,
        IndexSettings,
        ModelSettings,
        KeptUploadSettings,
        QueueSettings,
        TelemetrySettings,
    ),
    "web": (
        AccessSettings,
        AudioSettings,
        QueueSettings,
        TelemetrySettings,
        WebSettings,
    ),
}
"""Settings classes that each process reads."""

FILLED = {
    "QDRANT_API_KEY": "4567def",
    "GRAFANA_ADMIN_PASSWORD": "89abcde",
}
"""A filled-in .env, as far as it must be."""

UNITS = {"m": 2**20, "g": 2**30}

FIXED = {
    # A crafted RESTORE runs code before 7.4.10, CVE-2025-49844 does before 7.4.6.
    "redis": (7, 4, 10),
    # Built from crates with known holes before.
    "qdrant/qdrant": (1, 19, 1),
    # CVE-2026-16497; CVE-2026-47625 before 26.04, and a dozen others.
    "nvcr.io/nvidia/tritonserver": (26, 7),
    # CVE-2026-56852; CVE-2026-42154 before 3.11.3.
    "prom/prometheus": (3, 13, 2),
    # CVE-2026-76154.
    "grafana/grafana": (13, 2, 2),
}
"""Least versions without known holes; another major version wants a look at its own."""

BY_TAG_ALONE = {"qdrant/qdrant"}
"""Images whose digest was not to be had from two independent places; see deploy/pin-images."""

OPERATIONS = ROOT / "docs/operations.md"
LEAST_COMPOSE = "2.20.2"


def environment(service: str) -> dict[str, str]:
    given = SERVICES[service].get("environment", {})
    # A variable without a value is passed on from outside, or not set.
    return {
        name: interpolated(str(value), FILLED) for name, value in given.items() if value is not None
    }


def container_ports(service: dict[str, Any]) -> list[tuple[str, int]]:
    """Published host address and container port."""
    published = [interpolated(port, FILLED).split(":") for port in service.get("ports", ())]
    return [(address, int(inner)) for address, _, inner in published]


def health_command(service: dict[str, Any]) -> list[str]:
    return [str(word) for word in service["healthcheck"]["test"]]


def networks(service: str) -> set[str]:
    return set(SERVICES[service]["networks"])


def example_environment() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


each_service = pytest.mark.parametrize("name", SERVICES)
each_segue_service = pytest.mark.parametrize("name", READS)


def test_the_whole_stack_is_there() -> None:
    assert set(SERVICES) == {
        *("redis", "qdrant", "triton-cpu", "triton-gpu", "query", "worker", "web"),
        *("prometheus", "grafana"),
    }
    assert set(segue_services()) == set(READS)


@each_segue_service
def test_every_variable_is_a_setting_of_its_process(name: str) -> None:
    known = {variable_name(one.name) for kind in READS[name] for one in fields(kind)}
    given = {variable for variable in environment(name) if variable.startswith("SEGUE_")}
    assert given <= known


@each_segue_service
def test_every_place_that_defaults_to_this_machine_is_set(name: str) -> None:
    local = {
        variable_name(one.name)
        for kind in READS[name]
        for one in fields(kind)
        if re.search(r"127\.0\.0\.1|/tmp", str(one.default)) or one.name == "metrics_port"
    }
    if name == "web":
        local.remove("SEGUE_SPOOL")  # of the queue, it uses the saved playlists alone
    assert local <= set(environment(name))


@each_segue_service
def test_the_settings_accept_what_they_are_given(name: str) -> None:
    for kind in READS[name]:
        from_environment(kind, environment(name))


def test_the_settings_name_services_and_their_ports() -> None:
    query = environment("query")
    model, index = (from_environment(kind, query) for kind in (ModelSettings, IndexSettings))
    queue = from_environment(QueueSettings, query)
    for half in ("triton-cpu", "triton-gpu"):
        assert SERVICES[half]["networks"]["backend"]["aliases"] == ["triton"]
    assert model.triton_url == "triton:8001"
    assert index.index_url == "qdrant://qdrant:6334"
    assert index.index_api_key == environment("qdrant")["QDRANT__SERVICE__API_KEY"]
    assert queue.redis_url == "redis://segue@redis:6379/0"
    assert "user segue on" in SERVICES["redis"]["command"][-1]


def test_secrets_are_handed_to_those_who_read_them_and_to_nobody_else() -> None:
    read = {
        "redis": {"redis_password"},
        "query": {"owner_token", "redis_password"},
        "worker": {"owner_token", "redis_password"},
        "web": {"owner_token", "redis_password"},
    }
    given = {name: set(one["secrets"]) for name, one in SERVICES.items() if "secrets" in one}
    assert given == read
    for name in READS:
        for variable in ("SEGUE_OWNER_TOKEN_FILE", "SEGUE_REDIS_PASSWORD_FILE"):
            folder, _, secret = environment(name)[variable].rpartition("/")
            assert folder == "/run/secrets"
            assert secret in given[name]
    files = {name: interpolated(one["file"], {}) for name, one in COMPOSE["secrets"].items()}
    assert files == {name: f"./deploy/secrets/{name}" for name in read["query"]}
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    start = (ROOT / "deploy/start").read_text()
    assert f"for name in {' '.join(sorted(files))}; do" in start


def test_what_errors_tell_an_operator_to_set_can_be_set() -> None:
    said = set(re.findall(r"SEGUE_[A-Z_]+[A-Z]", (ROOT / "services/segue/errors.py").read_text()))
    # That of `segue up`: Redis has REDIS_MAXMEMORY here.
    said.remove("SEGUE_QUEUE_MEMORY_MB")
    assert "SEGUE_MAX_UPLOAD_BYTES" in said
    # User and group are those of the containers.
    said -= {"SEGUE_UID", "SEGUE_GID"}
    assert said <= set().union(*(SERVICES[name]["environment"] for name in READS))


def test_each_process_that_takes_an_upload_knows_how_large_it_may_be() -> None:
    for name in READS:
        assert "SEGUE_MAX_UPLOAD_BYTES" in SERVICES[name]["environment"], name


def test_query_and_worker_share_what_they_hand_over() -> None:
    shared = (
        "TRITON_URL",
        "INDEX_URL",
        "INDEX_API_KEY",
        "REDIS_URL",
        "SPOOL",
        "KEPT_UPLOADS",
        "MEDIA_ROOTS",
    )
    for variable in (f"SEGUE_{name}" for name in shared):
        assert environment("query")[variable] == environment("worker")[variable]
    assert set(SERVICES["worker"]["volumes"]) < set(SERVICES["query"]["volumes"])
    targets = [volume.split(":")[-2:] for volume in SERVICES["worker"]["volumes"]]
    folders = {one if other in ("ro", "rw") else other for one, other in targets}
    assert {environment("worker")["SEGUE_SPOOL"], environment("worker")["SEGUE_MEDIA_ROOTS"]} <= (
        folders
    )


def test_the_query_service_alone_sees_what_listeners_did() -> None:
    folder = environment("query")["SEGUE_LISTENERS_FOLDER"]
    mounted = {
        name
        for name, service in SERVICES.items()
        for volume in service.get("volumes", ())
        if volume == f"listeners:{folder}"
    }
    assert mounted == {"query"}
    assert "SEGUE_LISTENERS_FOLDER" not in environment("worker")


def test_published_factors_are_served_unless_a_recommender_is_named() -> None:
    query = SERVICES["query"]["environment"]
    given = from_environment(QuerySettings, environment("query"))
    assert given.collaborative_url == "factors:"
    named = {**FILLED, "COLLABORATIVE_URL": "grpc://recommender:50052"}
    assert interpolated(query["SEGUE_COLLABORATIVE_URL"], named) == "grpc://recommender:50052"
    # Every replica reads them from the one Redis, in which commands in its image publish.
    assert environment("query")["SEGUE_REDIS_URL"] == "redis://segue@redis:6379/0"
    passed_on = {name for name, value in query.items() if value is None}
    factors = {variable_name(one.name) for one in fields(FactorSettings)}
    assert factors | {"SEGUE_COLLABORATIVE_TIMEOUT_SECONDS"} <= passed_on


@each_segue_service
def test_the_command_exists(name: str) -> None:
    assert SERVICES[name]["command"][0] in COMMANDS


def test_ports_match_the_listening_addresses() -> None:
    listen = int(environment("query")["SEGUE_LISTEN"].rpartition(":")[2])
    assert [port for _, port in container_ports(SERVICES["query"])] == [listen]
    assert health_command(SERVICES["query"])[-2:] == ["grpc", f"127.0.0.1:{listen}"]
    metrics = environment("worker")["SEGUE_METRICS_PORT"]
    assert health_command(SERVICES["worker"])[-2:] == [
        "http",
        f"http://127.0.0.1:{metrics}/metrics",
    ]
    web = environment("web")
    page = int(web["SEGUE_WEB_LISTEN"].rpartition(":")[2])
    assert [port for _, port in container_ports(SERVICES["web"])] == [page]
    # Below the prefix that .env names, if it does.
    assert health_command(SERVICES["web"])[-2] == "http"
    for prefix in ("", "/music"):
        url = interpolated(health_command(SERVICES["web"])[-1], {**FILLED, "WEB_PREFIX": prefix})
        assert url == f"http://127.0.0.1:{page}{prefix}/healthz"
    assert web["SEGUE_WEB_QUERY"] == f"query:{listen}"
    exposed = {int(port) for port in dockerfile()["runtime"].arguments("EXPOSE")[0].split()}
    shown = {int(environment(name)["SEGUE_METRICS_PORT"]) for name in ("query", "worker", "web")}
    assert exposed == {listen, page} | shown


@each_service
def test_ports_are_published_on_loopback(name: str) -> None:
    assert all(address == "127.0.0.1" for address, _ in container_ports(SERVICES[name]))


def test_parts_that_hold_data_have_no_way_out_and_no_way_in() -> None:
    assert COMPOSE["networks"]["backend"]["internal"] is True
    for name in ("redis", "qdrant", "triton-cpu", "triton-gpu"):
        assert networks(name) == {"backend"}
        assert "ports" not in SERVICES[name]


def test_prometheus_scrapes_services_where_they_serve_metrics() -> None:
    configuration = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    found: dict[str, int] = {}
    for job in configuration["scrape_configs"]:
        for group in job.get("dns_sd_configs", ()):
            found.update(dict.fromkeys(group["names"], group["port"]))
        for group in job.get("static_configs", ()):
            for target in group["targets"]:
                host, port = target.split(":")
                found[host] = int(port)
    assert found == {
        "query": int(environment("query")["SEGUE_METRICS_PORT"]),
        "worker": int(environment("worker")["SEGUE_METRICS_PORT"]),
        "web": int(environment("web")["SEGUE_METRICS_PORT"]),
        "triton-cpu": 8002,
        "triton-gpu": 8002,
        "qdrant": 6333,
    }
    for name in found:
        # Two shared networks would give two addresses, and each replica would be scraped twice.
        assert networks("prometheus") & networks(name) == {"backend"}


def test_prometheus_finds_its_key_in_memory_where_its_command_writes_it_for_itself() -> None:
    configuration = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    (qdrant,) = (
        job for job in configuration["scrape_configs"] if job["job_name"] == "segue-qdrant"
    )
    path = qdrant["authorization"]["credentials_file"]
    written, at, _ = SERVICES["prometheus"]["entrypoint"][-1].partition(
        f'"$$QDRANT_API_KEY" >{path}'
    )
    assert at
    assert "umask 077" in written
    assert path.rpartition("/")[0] in SERVICES["prometheus"]["tmpfs"]


def test_grafana_reads_prometheus_and_the_dashboards_where_they_are() -> None:
    folder = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert source["url"] == f"http://prometheus:{container_ports(SERVICES['prometheus'])[0][1]}"
    assert networks("grafana") & networks("prometheus")
    (provider,) = yaml.safe_load((folder / "dashboards/segue.yml").read_text())["providers"]
    mount = f"./deploy/grafana/dashboards:{provider['options']['path']}:ro"
    assert mount in SERVICES["grafana"]["volumes"]
    # With a read-only root, Grafana loses a bundled data source that it tries to replace.
    assert environment("grafana")["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    assert environment("grafana")["GF_PLUGINS_PREINSTALL_AUTO_UPDATE"] == "false"
    home = environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "deploy/grafana/dashboards" / home.rpartition("/")[2]).is_file()


@each_service
def test_every_mounted_path_exists_and_every_volume_is_declared(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source = interpolated(volume, FILLED).split(":")[0]
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert volume.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_every_declared_volume_and_network_is_used() -> None:
    mounts = {
        volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", ())
    }
    assert set(COMPOSE["volumes"]) == {mount for mount in mounts if mount[0] not in ".$"}
    assert set(COMPOSE["networks"]) == set().union(*map(networks, SERVICES))


@each_service
def test_images_are_pinned(name: str) -> None:
    if name in READS:
        assert (ROOT / SERVICES[name]["build"]["dockerfile"]).is_file()
        assert SERVICES[name]["build"]["target"] in dockerfile()
    else:
        image = Image.of(SERVICES[name]["image"])
        assert image.version >= FIXED[image.name]
        assert image.version[0] == FIXED[image.name][0]
        assert image.digest or image.name in BY_TAG_ALONE


def test_every_image_is_one_whose_holes_were_looked_up() -> None:
    used = {Image.of(one["image"]).name for one in SERVICES.values() if "build" not in one}
    assert used == set(FIXED)
    assert used >= BY_TAG_ALONE


@pytest.mark.parametrize(
    "text",
    ["redis", "redis:latest", "redis:7", "redis:7.4.11@sha256:c6eabf", "redis@sha256:c6eabf"],
)
def test_an_image_that_may_change_is_not_pinned(text: str) -> None:
    with pytest.raises(ValueError, match="not pinned"):
        Image.of(text)


def test_qdrant_and_its_client_are_no_more_than_one_minor_version_apart() -> None:
    major, minor, _ = Image.of(SERVICES["qdrant"]["image"]).version
    client = re.search(r"^qdrant-client==(\d+)\.(\d+)", constraints(), re.MULTILINE)
    assert client is not None
    assert major == int(client[1])
    assert abs(minor - int(client[2])) <= 1


def constraints() -> str:
    return (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize(
    "model",
    sorted((ROOT / "model_repository").glob("*/*/model.onnx")),
    ids=lambda model: model.parent.parent.name,
)
def test_the_pinned_triton_can_read_the_models(model: Any) -> None:
    onnx = pytest.importorskip("onnx")
    loaded = onnx.load(model)
    # Triton 26.08 carries ONNX Runtime 1.28, which implements ONNX 1.22 and all that came before.
    assert Image.of(SERVICES["triton-gpu"]["image"]).version == (26, 8)
    _, ir_version, opset, *_ = next(row for row in onnx.helper.VERSION_TABLE if row[0] == "1.22.0")
    assert loaded.ir_version <= ir_version
    assert all(one.version <= opset for one in loaded.opset_import if one.domain in ("", "ai.onnx"))


@pytest.mark.parametrize("name", ["triton-cpu", "triton-gpu"])
def test_nobody_loads_models_into_triton_over_the_network(name: str) -> None:
    assert "--model-control-mode=none" in SERVICES[name]["command"]
    assert SERVICES[name]["volumes"] == ["./model_repository:/models:ro"]


@each_service
def test_containers_are_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    user, _, _ = interpolated(service["user"], FILLED).partition(":")
    assert int(user) > 0


@each_service
def test_limits_come_from_the_environment_and_start_everywhere(name: str) -> None:
    example = example_environment()
    limits = dict(SERVICES[name]["deploy"]["resources"]["limits"])
    prefix = name.partition("-")[0].upper()
    for limit, kind in (("cpus", "CPUS"), ("memory", "MEMORY"), ("pids", "PIDS")):
        variable = f"{prefix}_{kind}"
        assert limits.pop(limit) == f"${{{variable}:-{example[variable]}}}"
    assert not limits
    # Docker refuses more processors than there are, and more open files than its daemon may have.
    assert example[f"{prefix}_CPUS"] == "0", "0 is no limit; any other number is too many somewhere"
    assert re.fullmatch(r"[1-9]\d*[mg]", example[f"{prefix}_MEMORY"])
    assert int(example[f"{prefix}_PIDS"]) > 0
    assert "ulimits" not in SERVICES[name]


def test_qdrant_limits_its_open_files_itself() -> None:
    assert environment("qdrant")["QDRANT_OPEN_FILES"] == example_environment()["QDRANT_OPEN_FILES"]
    assert "$$QDRANT_OPEN_FILES" in SERVICES["qdrant"]["command"][-1]


@each_service
def test_a_tmpfs_lies_on_a_folder_that_its_user_may_write_at_every_start(name: str) -> None:
    stage = dockerfile()[SERVICES[name]["build"]["target"]] if name in READS else None
    assert not misplaced_tmpfs(SERVICES[name], stage.made_folders() if stage else set())


@pytest.mark.parametrize(
    ("mounts", "misplaced"),
    [
        ({"tmpfs": ["/tmp", "/run/segue/metrics"]}, {"/run/segue/metrics"}),
        ({"tmpfs": ["/tmp", "/run/segue:mode=1777,uid=65534"]}, {"/run/segue"}),
        ({"tmpfs": ["/tmp", "/qdrant/init"]}, {"/qdrant/init"}),
        ({"tmpfs": "/var/cache"}, {"/var/cache"}),
        ({"volumes": [{"type": "tmpfs", "target": "/cache"}, "spool:/spool"]}, {"/cache"}),
        ({"tmpfs": ["/tmp:size=64m", "/var/lib/segue/spool"]}, set()),
        ({}, set()),
    ],
)
def test_a_tmpfs_on_a_folder_that_docker_would_make_is_found(
    mounts: dict[str, Any], misplaced: set[str]
) -> None:
    assert misplaced_tmpfs(mounts, dockerfile()["runtime"].made_folders()) == misplaced


def test_the_worker_may_use_the_memory_that_its_tasks_are_allowed() -> None:
    settings = from_environment(QueueSettings, environment("worker"))
    limit = example_environment()["WORKER_MEMORY"]
    allowed = int(limit[:-1]) * UNITS[limit[-1]]
    assert settings.worker_concurrency * settings.task_memory_limit_mb * 2**20 < allowed


def test_the_worker_collects_its_childrens_metrics_in_memory() -> None:
    # It makes a folder of its own where none is named, beneath /tmp.
    assert "PROMETHEUS_MULTIPROC_DIR" not in environment("worker")
    assert "/tmp" in SERVICES["worker"]["tmpfs"]


@pytest.mark.parametrize("ids", [{}, {"SEGUE_UID": "1000", "SEGUE_GID": "100"}])
@each_segue_service
def test_the_chosen_user_runs_the_processes_and_owns_the_uploads(
    name: str, ids: dict[str, str]
) -> None:
    service = SERVICES[name]
    built = {
        argument: interpolated(value, FILLED | ids)
        for argument, value in service["build"]["args"].items()
    }
    assert set(built) == {"SEGUE_UID", "SEGUE_GID"}
    stages = dockerfile(**built)
    user = stages["runtime"].arguments("USER")
    assert user == [interpolated(service["user"], FILLED | ids)]
    assert user == [f"{ids.get('SEGUE_UID', '10001')}:{ids.get('SEGUE_GID', '10001')}"]
    folders = ["SEGUE_SPOOL", "SEGUE_KEPT_UPLOADS"]
    if name == "query":
        folders.append("SEGUE_LISTENERS_FOLDER")
    if name == "web":
        folders = ["SEGUE_WEB_FOLDER"]
    for folder in folders:
        assert environment(name)[folder] in stages["runtime"].made_folders()


@each_service
def test_health_checks_can_run(name: str) -> None:
    kind, *command = health_command(SERVICES[name])
    assert kind in ("CMD", "CMD-SHELL")
    if name in READS:
        copied = [line.split()[-1] for line in dockerfile()["runtime"].arguments("COPY")]
        assert command[0] == "python"
        assert command[1] in copied
    assert SERVICES[name]["healthcheck"]["start_period"]


@each_service
def test_dependencies_exist_and_are_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] == "service_healthy"
        assert "healthcheck" in SERVICES[other]
        # A service of a profile that is not chosen must not be demanded.
        assert ("profiles" in SERVICES[other]) == (how.get("required") is False)


def test_profiles_choose_between_cpu_and_gpu() -> None:
    profiles = {name: one["profiles"] for name, one in SERVICES.items() if "profiles" in one}
    assert profiles == {"triton-cpu": ["cpu"], "triton-gpu": ["gpu"]}
    assert example_environment()["COMPOSE_PROFILES"] == "cpu"
    same = ("image", "command", "user", "volumes", "networks", "healthcheck")
    for key in same:
        assert SERVICES["triton-cpu"][key] == SERVICES["triton-gpu"][key]
    (device,) = SERVICES["triton-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert "reservations" not in SERVICES["triton-cpu"]["deploy"]["resources"]


@each_service
def test_no_secret_stands_in_the_file(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if variable.endswith("_FILE"):
            assert value.startswith("/run/secrets/")
        elif re.search(r"PASSWORD|KEY|SECRET|TOKEN|AUTH", variable):
            # Without a value it comes from .env as it stands there, or not at all.
            assert value is None or re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), variable


def test_the_example_environment_names_every_variable_and_holds_no_secret() -> None:
    example = example_environment()
    assert variables(COMPOSE_TEXT) - {"RELEASE"} == set(example) - {"COMPOSE_PROFILES"}
    assert all(not value for name, value in example.items() if name in FILLED)


@pytest.mark.parametrize("missing", FILLED)
def test_a_missing_secret_stops_the_start(missing: str) -> None:
    rest = {name: value for name, value in FILLED.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        interpolated(COMPOSE_TEXT, rest)


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_docker_compose_reads_the_file(profile: str) -> None:
    docker = shutil.which("docker")
    plugin = docker and subprocess.run(
        [docker, "compose", "version"], capture_output=True, check=False
    )
    if not plugin or plugin.returncode != 0:
        pytest.skip("docker compose is not installed")
    done = subprocess.run(
        [docker, "compose", "--profile", profile, "config", "--quiet"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", **FILLED},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_compose_that_is_needed_stands_where_people_begin() -> None:
    first_lines = "".join(COMPOSE_TEXT.splitlines(keepends=True)[:2])
    operations = OPERATIONS.read_text().split("\n", maxsplit=1)[1]
    readme = (ROOT / "README.md").read_text().split("## Deploy\n")[1]
    for beginning in (first_lines, operations.lstrip()[:100], readme.lstrip()[:100]):
        assert f"Docker Compose {LEAST_COMPOSE} or later" in beginning
    assert f"least={LEAST_COMPOSE}\n" in (ROOT / "deploy/start").read_text()


def test_the_operations_page_names_every_image_that_is_pinned_by_its_tag_alone() -> None:
    for service in SERVICES.values():
        if "build" not in service and not Image.of(service["image"]).digest:
            assert f"`{service['image']}`" in OPERATIONS.read_text()
