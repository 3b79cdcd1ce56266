"""The images: what every one of them must be, and that services declare all that they import."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from axial.cli.engines import seaweedfs
from axial.cli.engines.seaweedfs import SeaweedPorts
from axial.cli.ports import Port

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "deploy" / "images"
SERVICES = ["changefeed", "dicom-gateway", "index", "ingest", "router"]
# Distributions whose dependency is theirs to bring: their own parts, so to speak.
_BROUGHT = {"starlette": "fastapi", "botocore": "boto3"}


def _stages() -> dict[str, list[str]]:
    """Read the Dockerfile's stages: the instructions of each, with those of the stage it begins from."""
    text = re.sub(r"\\\n\s*", " ", (IMAGES / "Dockerfile").read_text())
    stages: dict[str, list[str]] = {}
    for line in text.splitlines():
        if began := re.match(r"FROM (\S+) AS (\S+)", line):
            own = stages[began[2]] = list(stages.get(began[1], []))
        elif stages and line and not line.startswith("#"):
            own.append(line)
    return stages


def _last(instructions: list[str], word: str) -> str:
    """Return what holds: of an instruction that is given several times, the last."""
    return [line for line in instructions if line.split()[0] == word][-1]


@pytest.mark.parametrize("target", [*SERVICES, "tools", "seaweedfs"])
def test_nobody_runs_as_root(target: str) -> None:
    """Users are numbers, which Kubernetes needs to see that they are not root; the program is process 1 itself."""
    instructions = _stages()[target]
    assert re.fullmatch(r"USER [1-9]\d*:[1-9]\d*", _last(instructions, "USER"))
    assert _last(instructions, "ENTRYPOINT").startswith('ENTRYPOINT ["')
    assert not any(line.startswith("CMD") for line in instructions)


@pytest.mark.parametrize("target", [*SERVICES, "seaweedfs"])
def test_containers_are_asked_for_their_health(target: str) -> None:
    """By a program of the image's, not by a shell."""
    assert ' CMD ["python3", ' in _last(_stages()[target], "HEALTHCHECK")


@pytest.mark.parametrize("service", SERVICES)
def test_there_is_an_image_of_each_service(service: str) -> None:
    """It runs the module of that service, from an environment of its own, on that service's own port."""
    instructions = _stages()[service]
    assert _last(instructions, "ENTRYPOINT").endswith(f'"axial.{service.replace("-", "_")}"]')
    assert f"COPY --from=environments /environments/{service} /opt/axial" in instructions
    settings = next((ROOT / "services" / service).glob("src/axial/*/settings.py")).read_text()
    default = re.search(r"listen_port: int = Field\(\s*(\d+)", settings)
    assert default is not None
    told = " ".join(line for line in instructions if line.startswith("ENV"))
    assert f"AXIAL_LISTEN_PORT={default[1]}" in told


@pytest.mark.parametrize("folder", ["libs/*", "services/*"])
def test_what_is_imported_is_declared(folder: str) -> None:
    """A distribution's image holds what it declares and no more: an import beyond that would not start there."""
    undeclared = [
        f"{file.relative_to(ROOT)} imports {module}"
        for project in sorted(ROOT.glob(f"{folder}/pyproject.toml"))
        for file in project.parent.glob("src/**/*.py")
        for module in _imports(ast.parse(file.read_text()))
        if not _may_import(project, module)
    ]
    assert undeclared == []


def test_seaweedfs_is_started_as_by_axial_up() -> None:
    """Where the options differ, they do for the container's sake."""
    script = _constants(IMAGES / "seaweedfs.py")
    numbers = (9333, 19333, 8080, 18080, 8888, 18888, 8333, 18333, 9327)
    ours = dict(
        option[1:].split("=", 1)
        for option in seaweedfs._options(SeaweedPorts.of([Port(n) for n in numbers]))  # noqa: SLF001
    )
    theirs = {name: str(value) for name, value in script["OPTIONS"].items()}
    # For others than this container: S3, and Prometheus.
    for name in ("s3.ip.bind", "metricsIp"):
        assert theirs.pop(name) == "0.0.0.0"  # noqa: S104 - of a container, whose ports are not published
        ours.pop(name, None)
    assert theirs.pop("s3.config") == "/run/secrets/seaweedfs_s3.json"
    assert ours.pop("s3.config") == "s3.json"
    assert theirs == ours
    assert script["FSYNC_RULE"].decode() == str(seaweedfs._FSYNC_RULE).replace("'", '"').replace(  # noqa: SLF001
        "True", "true"
    )


def _constants(file: Path) -> dict[str, Any]:
    """Read a script's literal constants, without running it."""
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id.isupper()
        and isinstance(node.value, ast.Constant | ast.Dict)
    }


def _imports(node: ast.AST) -> Iterator[str]:
    """Name what is imported at run time: not what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module
        else:
            yield from _imports(child)


def _may_import(project: Path, module: str) -> bool:
    top, _, rest = module.partition(".")
    if top in sys.stdlib_module_names:
        return True
    named = [f"axial-{rest.split('.')[0].replace('_', '-')}"]
    if top != "axial":
        named = [_canonical(name) for name in _installed().get(top, [])]
    declared = _declared(project)
    return any(name in declared or _BROUGHT.get(name) in declared for name in named)


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


@cache
def _declared(project: Path) -> set[str]:
    """Name a distribution, and all that comes with it by declarations of ours."""
    told = tomllib.loads(project.read_text())["project"]
    names = {_canonical(re.split(r"[ \[<>=;!~]", line)[0]) for line in told["dependencies"]}
    for ours in [name for name in names if name.startswith("axial-")]:
        places = [ROOT / part / ours.removeprefix("axial-") for part in ("libs", "services")]
        names |= _declared(next(p for p in places if p.is_dir()) / "pyproject.toml")
    return names | {told["name"]}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
