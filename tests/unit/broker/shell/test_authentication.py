"""Who may come in."""

from collections.abc import Iterable

import pytest
from attrs import evolve

from broker.config.message_gateways import MessageGateway
from broker.config.model import Agent, Config, Gateway, Secret, Workplace
from broker.config.secret import digest
from broker.shell.authentication import Authentication, Claim, Verdict, claim_of
from protocol.session import Hello
from protocol.values import Guid, Role

WEB, SHOP, APP, MAIL = (Guid(f"00000000-0000-4000-a000-00000000000{n}") for n in range(4))
ALICE, BOB = (Guid(f"00000000-0000-4000-b000-00000000000{n}") for n in range(2))


def clear(token: str) -> Secret:
    return Secret(digest=digest(token))


def hashed(token: str) -> Secret:
    return Secret(argon2=f"hash of {token}")


class Checker:
    """Stands for the slow check; knows the token by the hash's name, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, str]] = []

    async def __call__(self, secret: Secret, token: str) -> bool:
        self.asked.append((secret.argon2, token))
        return secret.argon2 == f"hash of {token}"


def config(
    gateways: Iterable[Gateway] = (), agents: Iterable[Agent] = (), retired: bool = False
) -> Config:
    return Config(
        gateways={gateway.id: gateway for gateway in gateways},
        agents={agent.id: agent for agent in agents},
        workplaces={"101": Workplace(id=APP, number="101", retired=retired)},
    )


def gateway(id: Guid, peer: str, secret: Secret, port: str | None = None) -> Gateway:
    return Gateway(id=id, name=peer, peer=peer, port=port, secret=secret)


def connector(*peers: str, token: str = "t") -> Hello:
    return Hello(version=1, role=Role.CONNECTOR, peers=peers, token=token)


def workplace(number: str, login: str, token: str) -> Hello:
    return Hello(version=1, role=Role.WORKPLACE, peers=(number,), login=login, token=token)


def agent(id: Guid, login: str, secret: Secret) -> Agent:
    return Agent(id=id, name=login, login=login, secret=secret)


async def test_a_peer_address_stands_for_all_its_gateways_whatever_their_port() -> None:
    authentication = Authentication(
        config([gateway(WEB, "web", clear("t"), "1"), gateway(SHOP, "web", clear("t"), "2")])
    )
    claim = authentication.judge(connector("web"))
    assert isinstance(claim, Claim)
    assert claim.gateways == (WEB, SHOP)


def both(chats: Secret, messages: Secret, peer: str = "web") -> Config:
    """A chat gateway, and a message gateway that may have the same peer."""
    mail = MessageGateway(id=MAIL, name="mail", peer=peer, secret=messages)
    return evolve(config([gateway(WEB, "web", chats)]), message_gateways={MAIL: mail})


@pytest.mark.parametrize(
    ("peer", "named", "served"),
    [
        ("mail", ("mail",), (MAIL,)),
        ("mail", ("mail", "web"), (WEB, MAIL)),
        ("mail", ("web",), (WEB,)),
        ("web", ("web",), (WEB, MAIL)),
    ],
)
def test_a_peer_address_stands_for_gateways_of_chats_and_of_messages(
    peer: str, named: tuple[str, ...], served: tuple[Guid, ...]
) -> None:
    """W-10."""
    claim = Authentication(both(clear("t"), clear("t"), peer)).judge(connector(*named))
    assert isinstance(claim, Claim)
    assert (claim.gateways, claim.party) == (served, served[0])


@pytest.mark.parametrize("token", ["t", "m", "x"])
def test_a_token_must_be_good_for_the_gateways_of_both_kinds(token: str) -> None:
    """W-10."""
    authentication = Authentication(both(clear("t"), clear("m"), "web"))
    assert authentication.judge(connector("web", token=token)) is Verdict.REFUSED


async def test_a_hash_of_a_message_gateway_is_remembered_and_costs_the_unknown_as_much() -> None:
    """W-10."""
    checker = Checker()
    settings = both(clear("t"), hashed("t"), "mail")
    authentication = Authentication(settings, checker)
    assert authentication.judge(connector("mail")) is Verdict.SLOW
    assert await authentication.decide(connector("nowhere")) is None
    assert checker.asked == [("hash of t", "t")]
    assert isinstance(await authentication.decide(connector("mail", "web")), Claim)
    authentication.replace(settings)
    assert isinstance(authentication.judge(connector("mail")), Claim)
    authentication.replace(config())
    assert authentication.judge(connector("mail")) is Verdict.REFUSED


@pytest.mark.parametrize(
    "hello",
    [
        connector("web", token="wrong"),
        connector("web", "shop"),
        connector("web", "nowhere"),
        connector(),
        Hello(version=1, role=Role.CONNECTOR, token="t"),
        Hello(version=1, role=Role.CONNECTOR, peers=("web",)),
        Hello(version=1, peers=("nowhere",)),
    ],
)
async def test_what_does_not_fit_is_refused(hello: Hello) -> None:
    """W-10."""
    authentication = Authentication(
        config([gateway(WEB, "web", clear("t")), gateway(SHOP, "shop", clear("other"))])
    )
    assert authentication.judge(hello) is Verdict.REFUSED
    assert await authentication.decide(hello) is None


@pytest.mark.parametrize(
    "hello",
    [
        workplace("102", "alice", "a"),
        workplace("101", "nobody", "a"),
        workplace("101", "alice", "b"),
        Hello(version=1, role=Role.WORKPLACE, peers=("101", "102"), login="alice", token="a"),
        Hello(version=1, role=Role.WORKPLACE, login="alice", token="a"),
        Hello(version=1, role=Role.WORKPLACE, peers=("101",), token="a"),
    ],
)
async def test_a_workplace_needs_its_number_a_login_and_the_agents_token(hello: Hello) -> None:
    """W-10."""
    authentication = Authentication(config(agents=[agent(ALICE, "alice", clear("a"))]))
    assert authentication.judge(hello) is Verdict.REFUSED


async def test_a_good_workplace_is_let_in() -> None:
    authentication = Authentication(config(agents=[agent(ALICE, "alice", clear("a"))]))
    claim = authentication.judge(workplace("101", "alice", "a"))
    assert isinstance(claim, Claim)
    assert (claim.role, claim.workplace, claim.agent_id) == (Role.WORKPLACE, "101", ALICE)


def test_retired_agents_and_workplaces_are_gone_and_retired_gateways_finish_their_chats() -> None:
    """C-4."""
    alice = agent(ALICE, "alice", clear("a"))
    web = evolve(gateway(WEB, "web", clear("t")), retired=True)
    hello = workplace("101", "alice", "a")
    assert claim_of(config(agents=[evolve(alice, retired=True)]), hello) is None
    assert claim_of(config(agents=[alice], retired=True), hello) is None
    assert claim_of(config([web]), connector("web")) is not None


async def test_a_hashed_token_is_checked_once_and_then_remembered() -> None:
    checker = Checker()
    authentication = Authentication(config(agents=[agent(ALICE, "alice", hashed("a"))]), checker)
    hello = workplace("101", "alice", "a")

    assert authentication.judge(hello) is Verdict.SLOW
    assert await authentication.decide(hello)
    assert isinstance(authentication.judge(hello), Claim)
    assert await authentication.decide(hello)
    assert checker.asked == [("hash of a", "a")]


async def test_a_reload_forgets_a_good_token_only_with_its_hash() -> None:
    """C-4, W-10: after a reload those who were let in before do not wait for strangers."""
    authentication = Authentication(config(agents=[agent(ALICE, "alice", hashed("a"))]), Checker())
    hello = workplace("101", "alice", "a")
    assert await authentication.decide(hello)
    authentication.replace(
        config(agents=[agent(ALICE, "alice", hashed("a")), agent(BOB, "b", hashed("b"))])
    )
    assert isinstance(authentication.judge(hello), Claim)
    authentication.replace(config(agents=[agent(ALICE, "alice", hashed("b"))]))
    assert authentication.judge(hello) is Verdict.SLOW
    assert await authentication.decide(hello) is None
    authentication.replace(config(agents=[agent(ALICE, "alice", hashed("a"))]))
    assert authentication.judge(hello) is Verdict.SLOW


async def test_a_wrong_token_is_never_remembered() -> None:
    authentication = Authentication(config(agents=[agent(ALICE, "alice", hashed("a"))]), Checker())
    hello = workplace("101", "alice", "b")
    assert await authentication.decide(hello) is None
    assert authentication.judge(hello) is Verdict.SLOW


@pytest.mark.parametrize(
    "hello",
    [
        workplace("101", "nobody", "x"),
        workplace("999", "alice", "x"),
        workplace("101", "alice", "x"),
        workplace("101", "bob", "x"),
        connector("nowhere", token="x"),
        connector("web", token="x"),
    ],
)
async def test_every_refusal_costs_one_slow_check(hello: Hello) -> None:
    checker = Checker()
    agents = [agent(ALICE, "alice", hashed("a")), agent(BOB, "bob", clear("b"))]
    authentication = Authentication(config([gateway(WEB, "web", clear("t"))], agents), checker)
    assert authentication.judge(hello) is Verdict.SLOW
    assert await authentication.decide(hello) is None
    assert len(checker.asked) == 1


async def test_gateways_with_different_hashes_must_all_fit_the_token() -> None:
    """W-10."""
    found = config([gateway(WEB, "web", hashed("t")), gateway(SHOP, "shop", hashed("s"))])
    authentication = Authentication(found, Checker())
    assert await authentication.decide(connector("web", token="t"))
    assert await authentication.decide(connector("web", "shop", token="t")) is None


async def test_a_reload_in_the_middle_of_a_check_has_the_last_word() -> None:
    with_alice = config(agents=[agent(ALICE, "alice", hashed("a"))])
    without = config(agents=[agent(BOB, "bob", hashed("b"))])

    async def check(secret: Secret, token: str) -> bool:
        authentication.replace(without)
        return True

    authentication = Authentication(with_alice, check)
    assert await authentication.decide(workplace("101", "alice", "a")) is None
