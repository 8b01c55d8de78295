"""Redis clients with the services' password can write no file outside Redis' own folder."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import redis

from compose.local.stack import Stack

LIBRARY = "/proc/self/exe"


@pytest.fixture
def client(stack: Stack) -> Iterator[Any]:
    """With the password of the services."""
    with closing(redis.Redis.from_url(stack.cache_url)) as connected:
        yield connected


@pytest.mark.parametrize(
    "command",
    [
        ("CONFIG", "SET", "dir", "{folder}"),
        ("CONFIG", "SET", "dbfilename", "chosen"),
        ("CONFIG", "SET", "enable-protected-configs", "yes"),
        ("CONFIG", "SET", "enable-module-command", "yes"),
        ("CONFIG", "SET", "logfile", "{folder}/log"),
        ("CONFIG", "SET", "aclfile", "{folder}/acl"),
        ("EVAL", "return redis.call('CONFIG', 'SET', 'dir', '{folder}')", "0"),
        ("EVAL", "return io.open('{folder}/file', 'w')", "0"),
        ("MODULE", "LOAD", LIBRARY),
        ("DEBUG", "RELOAD"),
        ("ACL", "SAVE"),
    ],
    ids=" ".join,
)
def test_a_client_cannot_choose_a_file(client: Any, command: tuple[str, ...], tmp_path: Path) -> None:
    tmp_path.chmod(0o777)  # Redis has a user of its own
    files = client.config_get("dir", "dbfilename")
    with pytest.raises(redis.ResponseError):
        client.execute_command(*(word.format(folder=tmp_path) for word in command))
    assert client.config_get("dir", "dbfilename") == files
    assert list(tmp_path.iterdir()) == []


def test_a_clients_save_goes_to_the_folder_of_redis(client: Any, stack: Stack) -> None:
    files = client.config_get("dir", "dbfilename")
    saved = Path(str(files["dir"]), str(files["dbfilename"]))
    client.save()
    assert saved.is_relative_to(stack.directory)
    saved.unlink()
