"""Headers by which proxies tell where a request came from, and who may be believed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from motherhaven.contract.errors import ConfigError

Header = tuple[bytes, bytes]
Network = IPv4Network | IPv6Network

_PREFIXES: Final = (
    "forwarded", "xforward", "xoriginal", "xoriginating", "xreal", "xproxy", "proxy", "xhost",
    "xhttphost", "xrewrite", "xclient", "xcluster", "xremote", "xenvoy", "xazure", "xarr", "xamz",
    "xappengine", "xvercel", "xnf", "xcoming", "xproto", "xscheme", "xssl", "frontend", "via",
    "cdnloop", "fly", "fastly", "akamai", "cloudfront", "xsourceip", "xtrueclient", "tailscale",
    "xvarnish", "xakamai", "xcloudtrace", "xrequeststart", "xsendfile", "surrogate", "ngrok",
    "xngrok", "xip", "xlb", "xtailscale",
)  # fmt: skip
_PARTS: Final = ("clientip", "connectingip", "remoteip", "remoteaddr", "realip", "sourceip",
                 "xforwarded", "clientaddr", "connectinghost", "userip", "peerip")  # fmt: skip
_MOST_HOPS: Final = 32


def is_forwarding(name: bytes) -> bool:
    """Whether a header of this name says that a request came through something in between.

    Spelling does not matter: case, and _ or - between words.
    """
    text = name.decode("latin-1").lower().replace("_", "-")
    plain = text.replace("-", "")
    return (
        plain.startswith(_PREFIXES)
        or text.startswith("cf-")
        or any(part in plain for part in _PARTS)
    )


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Proxies that are believed about the client's address, and the header they set.

    A list (X-Forwarded-For, Forwarded) is read from its end: the first address that is no
    trusted proxy is the client's. Any other header holds one address.
    """

    networks: tuple[Network, ...] = ()
    header: str = "x-forwarded-for"

    def client(self, peer: str, headers: Iterable[Header]) -> str:
        """The address that a request is counted under; the peer's unless a proxy is believed."""
        if not self.networks or not self._trusts(peer):
            return peer
        name = self.header.encode()
        values = [value.decode("latin-1") for key, value in headers if key == name]
        if self.header == "forwarded":
            hops = [_forwarded_for(part) for value in values for part in value.split(",")]
        elif self.header == "x-forwarded-for":
            hops = [part for value in values for part in value.split(",")]
        else:
            hops = values if len(values) == 1 else []
        for hop in reversed(hops[-_MOST_HOPS:]):
            address = _address(hop)
            if address is None:
                return peer
            if not self._trusts(address):
                return address
        return peer

    def _trusts(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.networks)


def trusted_proxies(addresses: str, header: str) -> TrustedProxies:
    """What MOTHERHAVEN_TRUSTED_PROXIES and MOTHERHAVEN_CLIENT_ADDRESS_HEADER say.

    Raises:
        ConfigError: an entry is no address or network, or the header's name is not one.
    """
    networks: list[Network] = []
    for text in _entries(addresses):
        try:
            networks.append(ip_network(text, strict=False))
        except ValueError:
            raise ConfigError(
                f"MOTHERHAVEN_TRUSTED_PROXIES: {text[:60]!r} is no address or network; write "
                "addresses of your proxies separated by commas, e.g. 127.0.0.1, 10.0.0.0/8"
            ) from None
    name = header.strip().lower()
    if re.fullmatch(r"[a-z0-9-]{1,64}", name) is None:
        raise ConfigError(
            f"MOTHERHAVEN_CLIENT_ADDRESS_HEADER: {header[:60]!r} is no header; write the one that "
            "your proxy sets itself, e.g. x-forwarded-for or cf-connecting-ip"
        )
    return TrustedProxies(tuple(networks), name)


def _entries(text: str) -> Sequence[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _forwarded_for(element: str) -> str:
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            return value
    return ""


def _address(text: str) -> str | None:
    """The address in an entry such as 192.0.2.1, 192.0.2.1:80, "[2001:db8::1]:80"."""
    text = text.strip().strip('"').strip()[:64]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
