"""Where webhooks may go: every way of writing or embedding an address that is not public."""

import pytest

from motherhaven.server.alerts.addresses import literal, why_not
from motherhaven.server.alerts.send import AlertFailed, Webhook

NEVER = """
0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 224.0.0.1 239.255.255.250 255.255.255.255 :: fe80::1
fe80::1%eth0 febf::1 ff02::1 ff0e::1 ::ffff:169.254.169.254 ::169.254.169.254 ::ffff:0.0.0.0
64:ff9b::a9fe:a9fe 64:ff9b::169.254.169.254 64:ff9b:1::169.254.169.254 2002:a9fe:a9fe::1
64:ff9b:1:a9fe:a9:fe00:: 64:ff9b:1:a9:fe:a9fe:0:0
2001:0:a9fe:a9fe::1 2001:0:808:808:0:0:5601:5601 2001:db8::5efe:a9fe:a9fe
2606:4700::200:5efe:a9fe:a9fe fec0::1%2 2001::1 2606:4700::1111%eth0
"""
PRIVATE = """
10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.9.9.9 172.16.0.1 172.31.255.255
192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1
203.0.113.1 240.0.0.1 ::1 ::7f00:1 ::127.0.0.1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::ffff:0:7f00:1 ::8.8.8.8 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::10.0.0.1 64:ff9b:1::8.8.8.8
64:ff9b::8.8.8.8 100::1 fc00::1 fd00::1 fdff::1 fec0::1 feff::1 2001:db8::1
2002:7f00:1::1 2002:a00:1::1 2001:0:808:808:0:0:80ff:fffe 3fff::1 5f00::1 2001:10::1 4000::1
"""
PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1
198.20.0.1 11.0.0.1 126.1.1.1 128.0.0.1 169.253.1.1 223.255.255.1 ::ffff:8.8.8.8
2606:4700::1111 2a00:1450:4001::200e 2002:808:808::1
"""
TABLE = [
    (address, kind)
    for kind, text in (("never", NEVER), ("private", PRIVATE), ("public", PUBLIC))
    for address in text.split()
]
SPELLINGS = {
    "127.1": "127.0.0.1", "0177.0.0.1": "127.0.0.1", "0x7f.0.0.1": "127.0.0.1",
    "2130706433": "127.0.0.1", "0x7f000001": "127.0.0.1", "017700000001": "127.0.0.1",
    "10.1": "10.0.0.1", "0": "0.0.0.0", "192.168.257": "192.168.1.1", "127.0.0.1.": "127.0.0.1",
    "0xa9fea9fe": "169.254.169.254", "169.254.43518": "169.254.169.254",
}  # fmt: skip


@pytest.mark.parametrize(("address", "kind"), TABLE)
def test_every_kind_of_address(address: str, kind: str) -> None:
    """Never, only at home, or anywhere; alone and as one among good ones."""
    for allow_local in (False, True):
        is_refused = kind == "never" or (kind == "private" and not allow_local)
        assert bool(why_not(address, allow_local=allow_local)[0]) is is_refused
        hook = Webhook("https://hook.example/x", 443, allow_local=allow_local)
        for found in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
            if is_refused:
                with pytest.raises(AlertFailed):
                    hook._checked(found)
            else:
                assert hook._checked(found) == found[0]


@pytest.mark.parametrize(("spelling", "address"), SPELLINGS.items())
@pytest.mark.anyio
async def test_spellings_of_addresses_count_as_what_they_mean(spelling: str, address: str) -> None:
    """Octal, hexadecimal, decimal, short: whatever a resolver would make of them."""
    assert literal(spelling) == address
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"]

    hook = Webhook(f"https://{spelling}/x", 443, allow_local=False, resolve=resolve)
    with pytest.raises(AlertFailed, match=r"private|link-local"):
        await hook.send("hello")
    assert asked == []


@pytest.mark.parametrize("name", ["hook.example", "dead.beef", "cafe", "1.2.3.4.5", "ex-1.2"])
def test_names_are_no_addresses(name: str) -> None:
    """They are looked up, and what they lead to is checked."""
    assert literal(name) is None


def test_what_is_no_address_is_refused() -> None:
    """A resolver that gives nonsense sends nothing anywhere."""
    hook = Webhook("https://hook.example/x", 443, allow_local=True)
    for found in ([], ["nonsense"], ["1.2.3.4", ""]):
        with pytest.raises(AlertFailed):
            hook._checked(found)


def test_plain_http_goes_to_private_addresses_only() -> None:
    """Not to an address that only embeds a public one, not to the internet."""
    hook = Webhook("http://hook.example/x", 80, allow_local=True)
    assert hook._checked(["192.168.1.4"]) == "192.168.1.4"
    for address in ("8.8.8.8", "2606:4700::1111"):
        with pytest.raises(AlertFailed, match="https"):
            hook._checked([address])
