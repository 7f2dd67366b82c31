"""Whether an address on the web answers, asked politely and without being led astray.

An editor may write any address, and a name may point anywhere: what is not on the public internet
is not asked (server-side request forgery). The name is resolved once, every address that it has
must be public, and the connection is made to that very address; each redirection is judged anew.
Nothing of the answer but its status is read.
"""

import ipaddress
import socket
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
import urllib3
from urllib3.exceptions import HTTPError, SSLError

CONNECT_SECONDS, READ_SECONDS = 3.0, 4.0
MOST_REDIRECTIONS = 4
PORTS = {80, 443}

_AGENT = "Mozilla/5.0 (compatible; zero2prod link check)"
# What is in these networks can be a private IPv4 address in disguise (RFC 6052, 3056).
_DISGUISES = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")))
_REDIRECTIONS = {301, 302, 303, 307, 308}
_NOT_FOR_PROGRAMS = {401, 403, 407, 429, 451, 999}
"""The page is there, but not for whom it takes to be a program."""


class Unreachable(Exception):
    """The message is what to tell of the address."""


class Prober:
    def __init__(
        self,
        is_allowed: Callable[[str, int], bool] | None = None,
        ca_certs: str | None = None,
    ) -> None:
        self._is_allowed = is_allowed or is_public
        self._ca_certs = ca_certs or certifi.where()

    def problem(self, address: str) -> str:
        """Return what is wrong with an address in a few words, nothing if it answers."""
        try:
            for _ in range(MOST_REDIRECTIONS + 1):
                status, location = self._ask(address)
                if status not in _REDIRECTIONS or not location:
                    return _judged(status)
                address = urljoin(address, location)
        except Unreachable as error:
            return str(error)
        return "it redirects again and again"

    def _ask(self, address: str) -> tuple[int, str]:
        """Return status and new location; a server that knows no HEAD is asked by GET."""
        status, location = self._request("HEAD", address)
        if status >= 400 and status not in _NOT_FOR_PROGRAMS:
            return self._request("GET", address)
        return status, location

    def _request(self, method: str, address: str) -> tuple[int, str]:
        url = _parts(address)
        host, port = str(url.hostname), url.port or (443 if url.scheme == "https" else 80)
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        with self._pool(url, self._resolved(host, port), port, timeout) as pool:
            try:
                answer = pool.urlopen(
                    method,
                    f"{url.path or '/'}{'?' + url.query if url.query else ''}",
                    headers={"Host": url.netloc, "User-Agent": _AGENT, "Accept": "*/*"},
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
                answer.close()
            except SSLError as error:
                raise Unreachable("its certificate is not valid") from error
            except (HTTPError, OSError, ValueError) as error:
                raise Unreachable("no answer") from error
            return answer.status, answer.headers.get("Location", "")

    def _pool(
        self, url: SplitResult, ip: str, port: int, timeout: urllib3.Timeout
    ) -> urllib3.HTTPConnectionPool:
        if url.scheme == "http":
            return urllib3.HTTPConnectionPool(ip, port, timeout=timeout)
        return urllib3.HTTPSConnectionPool(
            ip,
            port,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            ca_certs=self._ca_certs,
            server_hostname=url.hostname,
            assert_hostname=url.hostname,
        )

    def _resolved(self, host: str, port: int) -> str:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Unreachable("there is no such host") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(self._is_allowed(ip, port) for ip in addresses):
            raise Unreachable("it is not on the public internet")
        return addresses[0]


def is_public(ip: str, port: int) -> bool:
    """Whether anybody on the internet can ask there, by a port of the web."""
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(str(address.ipv4_mapped), port)
        if any(address in network for network in _DISGUISES):
            return False
    return port in PORTS and address.is_global and not address.is_multicast


def _parts(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        is_web = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_web = False
    if not is_web or not address.isprintable() or " " in address:
        raise Unreachable("it is no address on the web")
    if "@" in url.netloc:
        raise Unreachable("it has a name or password in it")
    ascii_path = url.path.isascii() and url.query.isascii()
    return url if ascii_path else urlsplit(_quoted(url))


def _quoted(url: SplitResult) -> str:
    return urllib3.util.parse_url(url.geturl()).url


def _judged(status: int) -> str:
    if status < 400 or status in _NOT_FOR_PROGRAMS:
        return ""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
