"""What an admin would have after `identities init`, `migrate` and `account add`, in a private folder, with an hdhost.

Installation and Running are contexts: at the end the server that was started here is stopped by its process id and the
folder removed. The environment's IDENTITIES_BUILD names the build folder, .build/release unless told.
"""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading

from api_requests import Host

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("IDENTITIES_BUILD", ROOT / ".build/release")).resolve()
ORIGIN = "https://desk.example"
STOP_S = 60


@dataclasses.dataclass
class Account:
    path: str
    secret: str


class Installation:
    """identities.so on an SQLite database of its own, with one account, "shop"."""

    def __init__(self, settings=None, desk_data=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="identities-api-"))
        self.etc = self.folder / "etc"
        desk = self.folder / "desk.json"
        if desk_data is not None:
            desk.write_text(json.dumps(desk_data), encoding="utf-8")
        self._identities(
            "init", str(self.etc), "--manifest", str(BUILD / "identities/plugin.json"),
            "--listen", "127.0.0.1:0", "--status-listen", "127.0.0.1:0", "--cors", ORIGIN,
            "--desk-pages", str(ROOT / "sdk/server/desk"), "--desk-data", str(desk),
        )  # fmt: skip
        self.config = self.etc / "identities.json"
        self.database = self.etc / "identities.db"
        self.token_secret = (self.etc / "desk_token").read_bytes().removesuffix(b"\n")
        self._identities("migrate", "--config", str(self.config))
        self._identities("rules", "set", str(ROOT / "plugin/sample/rules.json"), "--config", str(self.config))
        self.account = self.add_account("shop")
        if settings:
            self.change(settings)

    def add_account(self, name):
        told = self._identities("account", "add", "generic", name, "--config", str(self.config))
        address = re.search(r"address\s+\S+?(/hooks/\S+)", told)
        secret = re.search(r"secret\s+(whsec_\S+)", told)
        return Account(address[1], secret[1])

    def change(self, settings):
        """Sets members of the configuration; hdhost's are joined with those that are there."""
        config = json.loads(self.config.read_text(encoding="utf-8"))
        config["hdhost"].update(settings.get("hdhost", {}))
        config.update({name: value for name, value in settings.items() if name != "hdhost"})
        self.config.write_text(json.dumps(config), encoding="utf-8")

    def execute(self, sql):
        connection = sqlite3.connect(self.database)
        try:
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def running(self):
        return Running(self.config)

    @staticmethod
    def _identities(*arguments):
        command = [BUILD / "plugin/cli/identities", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"identities {' '.join(arguments)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


class EchoBundle:
    """The contract tests' plugin, whose panel and action fail or wait as the request says, as any plugin may."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="identities-api-"))
        self.token_secret = b"0123456789abcdef0123456789abcdef"
        (self.folder / "echo.so").symlink_to(BUILD / "tests/contract/plugins/echo.so")
        secret = self.folder / "desk.secret"
        secret.write_bytes(self.token_secret)
        secret.chmod(0o600)
        tokens = {"audience": "identities", "keys": [{"kid": "desk", "issuer": "support", "secret": "desk"}]}
        self._write("config.schema.json", {"type": "object"})
        self._write("plugin.json", {
            "manifest": 1, "abi": 1, "id": "echo", "version": "1.0.0", "name": "Echo", "library": "echo.so",
            "config_schema": "config.schema.json",
            "webhooks": [{"id": "hooks", "prefix": "/hooks/v1/", "methods": ["POST"], "max_body_bytes": 2000,
                          "budget_ms": 1000}],
            "panels": [{"id": "mirror", "scope": "see", "budget_ms": 1000}],
            "actions": [{"id": "note", "scope": "see", "budget_ms": 1000}],
            "events": [{"id": "happened", "budget_ms": 1000}], "jobs": [{"id": "tidy", "every_ms": 100}],
            "scopes": {"see": "See"},
        })  # fmt: skip
        self._write("config.json", {
            "secrets": {"desk": {"file": "desk.secret"}},
            "hdhost": {"manifest": "plugin.json", "listen": "127.0.0.1:0", "status_listen": "127.0.0.1:0",
                       "tokens": tokens},
        })  # fmt: skip

    def _write(self, name, value):
        (self.folder / name).write_text(json.dumps(value), encoding="utf-8")

    def running(self):
        return Running(self.folder / "config.json")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


class Running:
    """A started hdhost that listens; `with` gives its Host."""

    def __init__(self, config):
        self._log = []
        self._process = subprocess.Popen(
            [BUILD / "sdk/server/hdhost", "--config", config], stderr=subprocess.PIPE, text=True
        )
        listens = None
        while listens is None:
            line = self._process.stderr.readline()
            if not line:
                self._process.wait()
                raise RuntimeError(f"hdhost did not start: {''.join(self._log)}")
            self._log.append(line)
            listens = re.search(r"listens on (\S+), status on (\S+)", line)
        self._host = Host(listens[1], listens[2])
        self._drain = threading.Thread(target=lambda: self._log.extend(self._process.stderr))
        self._drain.start()

    def __enter__(self):
        return self._host

    def __exit__(self, *_):
        self._process.terminate()
        code = self._process.wait(STOP_S)
        self._drain.join()
        if code != 0:
            raise RuntimeError(f"hdhost ended with {code}: {''.join(self._log[-20:])}")
