"""Which addresses a webhook may go to: what they embed counts, however it is written."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_NEVER: Final = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("224.0.0.0/4"),
    IPv4Network("255.255.255.255/32"),
    IPv6Network("::/128"),
    IPv6Network("fe80::/10"),
    IPv6Network("ff00::/8"),
)
"""Link-local (cloud metadata), multicast, empty and broadcast: not even at home."""

_PRIVATE: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("192.175.48.0/24"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("240.0.0.0/4"),
)

_PUBLIC_V6: Final = IPv6Network("2000::/3")
"""What is assigned to the internet; all else in IPv6 is some special use."""

_SPECIAL_V6: Final = (
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("2620:4f:8000::/48"),
    IPv6Network("3fff::/20"),
)

_LOOPBACK_V6: Final = IPv6Address("::1")
_COMPATIBLE: Final = IPv6Network("::/96")
_TRANSLATED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_ISATAP: Final = (0x00005EFE, 0x02005EFE)

_FORBIDDEN: Final = "a link-local, multicast or empty address is never used"
_LOCAL: Final = "a private address; MOTHERHAVEN_ALERT_ALLOW_LOCAL=true allows it"


def why_not(text: str, *, allow_local: bool) -> tuple[str, bool]:
    """Why an address may not be used ("" when it may), and whether it is a private one.

    Raises:
        ValueError: `text` is no address.
    """
    found = ip_address(text.partition("%")[0])
    has_zone = "%" in text
    addresses = [found, *_embedded(found)]
    if has_zone or any(address in network for address in addresses for network in _NEVER):
        return _FORBIDDEN, True
    if not any(_is_private(address) for address in addresses):
        return "", False
    return ("" if allow_local else _LOCAL), True


def literal(host: str) -> str | None:
    """The address that a host is a spelling of, as resolvers read it; None: it is a name.

    Octal, hexadecimal, decimal and short forms (0177.1, 0x7f000001, 2130706433, 127.1) count.
    """
    plain = host.rstrip(".")
    try:
        return str(ip_address(plain.partition("%")[0])) + ("%" if "%" in plain else "")
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(plain)) if plain.isascii() else None
    except OSError:
        return None


def _is_private(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in _PRIVATE)
    if address.ipv4_mapped is not None:
        return False  # what it embeds decides
    return address not in _PUBLIC_V6 or any(address in network for network in _SPECIAL_V6)


def _embedded(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Every IPv4 address that routers on the way may take out of an IPv6 one."""
    if isinstance(address, IPv4Address):
        return []
    if address == _LOOPBACK_V6:  # is_loopback, since Python 3.13, is true of mapped ones too
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    raw = address.packed
    if address in _COMPATIBLE or any(address in network for network in _TRANSLATED):
        found.append(IPv4Address(raw[12:]))
    if address in _TRANSLATED[1]:
        # RFC 6052: the place of the four bytes depends on the length of the prefix.
        places = (raw[6:8] + raw[9:11], raw[7:8] + raw[9:12])
        found += [IPv4Address(place) for place in places if any(place)]
    if int.from_bytes(raw[8:12], "big") in _ISATAP:
        found.append(IPv4Address(raw[12:]))
    return [one for one in found if one is not None]
