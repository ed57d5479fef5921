"""One run: a world with a broker, clients and faults, played from its seed to a verdict.

A run has five phases. *Storm*: people talk and faults strike. *Calm*: no fault any more, people go
on. *Quiet*: people start nothing any more; offers, retries and graces run out. *Probe*: every
client asks for fresh snapshots. *End*: the last bytes arrive, and the store is dumped.
"""

from __future__ import annotations

from functools import partial

from attrs import define, evolve, field, frozen

from broker.checker import Violation, check
from broker.checker.dump import Dump
from broker.checker.history import History, Kind
from broker.config.model import SECOND
from broker.simulation import installation
from broker.simulation.actors.agents import AgentPerson, SupervisorPerson
from broker.simulation.actors.attacker import Spied, Vandal
from broker.simulation.actors.bots import BotPerson
from broker.simulation.actors.crowd import Newcomer
from broker.simulation.actors.visitors import Dialler, Visitor
from broker.simulation.broker_process import Host
from broker.simulation.clients import Net, Program
from broker.simulation.disk import Disk
from broker.simulation.faults import OF_SERVICE, Faults, Window
from broker.simulation.habits import Browsing, habits_of
from broker.simulation.installation import Installation
from broker.simulation.post import has_post
from broker.simulation.postroom import Postroom
from broker.simulation.rng import Rng
from broker.simulation.setup import describe
from broker.simulation.sharing import sharing_of
from broker.simulation.strain import Strain
from broker.simulation.world import MS, World
from connectors.client.backoff import Backoff
from connectors.client.events import Event
from connectors.client.settings import ConnectorSettings, Gateway, Tuning, WorkplaceSettings
from protocol.encoding import JSON, MESSAGEPACK, Encoding
from protocol.identifiers import derive
from protocol.values import Guid, Role

TUNING = Tuning(
    echo_wait=8.0,
    answer_wait=8.0,
    resync_window=2,
    rests=2,  # a transcript that is full stays so, and a run has an end
    backoff=Backoff(first=0.2, longest=3.0),
)
COMPARE_EVERY = 12 * SECOND
CLOCK_STEPS = (-7_200, -3_600, -60, -5, 30, 300, 3_600, 86_400)
"""By how many seconds the system's clock is set, forward and back."""


@frozen(kw_only=True)
class Script:
    """How large a run is; a seed fills in the rest.

    Attributes:
        storm: How long faults strike, seconds.
        calm: How long people go on without faults.
        quiet: How long everything has to settle.
    """

    seed: str
    visitors: int = 7
    agents: int = 4
    vandals: int = 2
    faults: int = 10
    storm: int = 75
    calm: int = 20
    quiet: int = 45


def installation_of(script: Script) -> Installation:
    """In which installation a run plays, but for what strains it."""
    return installation.build(Rng(script.seed).fork("town"), script.agents)


@frozen
class Outcome:
    """What a run came to."""

    script: Script
    digest: str
    violations: tuple[Violation, ...]
    counts: dict[str, int]
    history: History = field(repr=False)
    dump: Dump = field(repr=False)


@define(eq=False, repr=False, slots=False)
class Play:
    """The run itself."""

    script: Script
    world: World = field(factory=World)
    history: History = field(factory=History)

    def run(self) -> Outcome:
        """Play it to the end and judge it."""
        script, world = self.script, self.world
        self._set_up()
        begun = world.now
        self._keep_comparing()
        world.run_until(begun + script.storm * SECOND)
        self._calm_down()
        world.run_until(world.now + script.calm * SECOND)
        staff = (*self.agents, *self.bots, *self.habits, *self.browsing, *self.sharing)
        for person in (*self.visitors, *self.diallers, *staff):
            person.quiet = True
        self.postroom.fall_silent()
        for vandal in self.vandals:
            vandal.stop()
        for newcomer in self.crowd:
            newcomer.stop()
        world.run_until(world.now + script.quiet * SECOND)
        self.postroom.stop()
        self._hold()
        self.history.add(world.now, Kind.PROBE)
        for program in self._programs():
            self.history.add(world.now, Kind.VIEW, program.name, **program.view())
            program.verify()
        world.run_until(world.now + SECOND)
        self.history.add(world.now, Kind.END)
        return self._judge()

    # -- the cast

    def _set_up(self) -> None:
        script, world = self.script, self.world
        rng = Rng(script.seed)
        self.installation = installation_of(script)
        self.some_in_json = rng.fork("json").happens(0.5)
        self.faults = Faults(world, rng.fork("faults"), self._strike)
        strain = Strain.draw(rng.fork("strain"))
        if strain.connections is not None:
            self.installation = installation.narrowed(self.installation, strain.connections)
        self.crowd: list[Newcomer] = []
        self.service = rng.fork("service")
        self.post_read = rng.fork("post read again")
        self.host = Host(
            world,
            rng.fork("host"),
            self.history,
            Disk(),
            self.faults,
            self.installation.config,
            strain,
        )
        self.net = Net(world, rng.fork("net"), self.history, self.host)
        self.host.on_gave = self._gave
        self.history.add(world.now, Kind.SETUP, **describe(self.installation.config))
        self.host.start()
        self._cast_connectors(rng)
        self.agents = [self._agent(rng, index) for index in range(script.agents)]
        self.bots = [self._bot(rng, installation.BOTS[0])]
        self.vandals = [self._vandal(rng, index) for index in range(script.vandals)]
        self.habits = habits_of(rng, world, self.agents, self._spied)
        self.browsing = [
            Browsing(world, rng.fork(f"browsing-{one.name}"), program=one)
            for one in self.connectors
        ]
        self.sharing = sharing_of(rng, world, self.agents, self.connectors)
        besides = (*self.habits, *self.browsing, *self.sharing)
        staff = (*self.agents, *self.bots, *self.vandals, *besides)
        for person in (*self.visitors, *self.diallers, *staff):
            person.begin()
        config, office = self.installation.config, rng.fork("postroom")
        self.postroom = Postroom.staffed(self.net, office, config, TUNING, self.agents)
        self.postroom.begin()
        self.faults.plan(script.faults, world.now + script.storm * SECOND)

    def _cast_connectors(self, rng: Rng) -> None:
        self.visitors: list[Visitor] = []
        self.connectors = [
            self._connector(rng, "site", ("web", "mobile"), follow=True, window=4),
            self._connector(rng, "site2", ("web",), follow=rng.happens(0.5), window=1),
            self._connector(rng, "social", ("social",), follow=True, window=rng.between(1, 8)),
        ]
        self.diallers = [
            Dialler(
                self.world,
                rng.fork(f"dialler-{program.name}"),
                program=program,
                peers=peers,
                reached=self.visitors.append,
            )
            for program, peers in zip(
                self.connectors, (("web", "mobile"), ("web",), ("social",)), strict=True
            )
        ]
        for dialler in self.diallers:
            dialler.program.on_event = partial(self._connector_hears, dialler)
        for index in range(self.script.visitors):
            mine = rng.fork(f"visitor{index}")
            peer = mine.weighed((("web", 4), ("mobile", 3), ("social", 2)))
            own, twin = self.connectors[2 if peer == "social" else 0], None
            if peer == "web":
                own, twin = mine.choose(((own, None), (own, self.connectors[1])))
            self.visitors.append(
                Visitor(
                    self.world,
                    mine,
                    program=own,
                    twin=twin,
                    peer=peer,
                    name=f"visitor{index}",
                )
            )

    def _connector(
        self, rng: Rng, name: str, peers: tuple[str, ...], *, follow: bool, window: int
    ) -> Program:
        pieces = rng.fork(f"pieces-{name}").happens(0.7)
        settings = ConnectorSettings(
            gateways=tuple(Gateway(peer) for peer in peers),
            token=installation.token_of("social" if peers == ("social",) else "web"),
            encoding=self._encoding(name == "site2"),
            tuning=evolve(TUNING, follow=follow, window=window, pieces=pieces),
        )
        return Program(self.net, name, settings)

    def _encoding(self, other: bool) -> Encoding:
        """In every other run one of the connectors and one of the agents speak JSON."""
        return JSON if other and self.some_in_json else MESSAGEPACK

    def _connector_hears(self, dialler: Dialler, event: Event) -> None:
        dialler.heard(event)
        for visitor in self.visitors:
            visitor.heard(event)
        for browsing in self.browsing:
            browsing.heard(event)

    def _agent(self, rng: Rng, index: int) -> AgentPerson:
        settings = WorkplaceSettings(
            number=str(101 + index),
            login=f"agent{index}",
            token=installation.token_of(f"agent{index}"),
            encoding=self._encoding(index == 1),
            tuning=TUNING,
            # Half of them leave it to the library to know their conversations; one in four knows none.
            conversations=index % 2 == 0 and has_post(self.installation.config),
            takes_messages=index % 4 == 1,
        )
        mine = rng.fork(f"agent{index}")
        known = self.installation.config.agents
        cls = AgentPerson
        if known[derive("agent", settings.login)].role == "supervisor":
            cls = SupervisorPerson
        # The agents, the bad client's one and the bots: not everybody can be asked.
        others = tuple(guid for guid, agent in known.items() if agent.login != settings.login)
        return cls(self.world, mine, net=self.net, settings=settings, colleagues=others)

    def _bot(self, rng: Rng, name: str) -> BotPerson:
        settings = WorkplaceSettings(
            number=installation.seat_of(name),
            login=name,
            token=installation.token_of(name),
            tuning=TUNING,
        )
        return BotPerson(self.world, rng.fork(name), net=self.net, settings=settings)

    def _vandal(self, rng: Rng, index: int) -> Vandal:
        mine = rng.fork(f"vandal{index}")
        if index % 2:
            login, number = f"agent{self.script.agents}", str(101 + self.script.agents)
            return Vandal(
                self.world,
                mine,
                net=self.net,
                role=Role.WORKPLACE,
                login=login,
                peer=number,
                spied=self._spied,
                results=self._results,
            )
        return Vandal(
            self.world,
            mine,
            net=self.net,
            role=Role.CONNECTOR,
            peer="mobile",
            spied=self._spied,
            results=self._results,
        )

    def _spied(self) -> list[Spied]:
        """What a bad client may know of the others' chats."""
        life = self.host.life
        if life is None or life.engine is None:
            return []
        peers = {gateway.id: gateway.peer for gateway in self.host.config.gateways.values()}
        chats = life.engine.state.chats.values()
        return [(chat.id, peers[chat.gateway], chat.visitor.tracking_id) for chat in chats]

    def _results(self) -> list[Guid]:
        """What a bad client may know of what the others filled in."""
        life = self.host.life
        if life is None or life.engine is None:
            return []
        return [key for chat in life.engine.state.chats.values() for key in chat.forms.results]

    def _programs(self) -> list[Program]:
        agents = [a.program for a in self.agents if a.program is not None]
        agents += [b.program for b in self.bots if b.program is not None]
        programs = (*self.connectors, *agents, *self.postroom.programs)
        return [p for p in programs if not p.off]

    # -- faults

    def _strike(self, window: Window) -> None:
        rng = self.faults.rng
        if window is Window.ANY_TIME:
            self.host.crash(window)
        elif window is Window.FROZEN:
            self.host.freeze(rng.between(4, 40) * SECOND)
        elif window is Window.CLOCK_SET:
            by = rng.choose(CLOCK_STEPS) * SECOND
            self.history.add(self.world.now, Kind.FAULT, what=window.value, by=by)
            self.host.ahead += by
        elif window is Window.RELOAD:
            self.host.reload(self.installation.reload(rng, self.post_read))
        elif window in OF_SERVICE:
            self._press(window)
        else:
            names = list(self.net.wires)
            if window is Window.SLOW_READER and rng.happens(0.7):
                names = [name for name in names if name.startswith("s")]  # who has most to read
            if names:
                self._hit(rng.choose(names), window)

    def _press(self, window: Window) -> None:
        """What the server has to bear."""
        rng, host = self.service, self.host
        if host.healed:
            return
        self.history.add(self.world.now, Kind.FAULT, what=window.value)
        if window is Window.NO_DESCRIPTORS:
            host.lose_descriptors(rng.between(1, 4) * SECOND)
        elif window is not Window.SHUT_DOWN:
            self._gather_crowd(rng.choose((8, 16, 30)))
        soon = rng.between(20 * MS, 300 * MS)
        match window:
            case Window.CROWD_AND_SLOW:
                self.faults.armed.append(Window.COMMIT_SLOW)
            case Window.CROWD_AND_RELOAD:
                config = self.installation.reload(rng, self.post_read)
                self.world.after(soon, lambda: host.reload(config))
            case Window.SHUT_DOWN | Window.CROWD_AND_END:
                # So that there is something to wait for: commits are quick otherwise.
                self.faults.armed.append(Window.COMMIT_SLOW)
                self.world.after(soon, host.shut_down)
            case _:
                pass

    def _gather_crowd(self, size: int) -> None:
        for _ in range(size):
            name = f"crowd{len(self.crowd)}"
            one = Newcomer(self.world, self.service.fork(name), net=self.net, name=name)
            self.crowd.append(one)
            one.begin()

    def _hit(self, name: str, window: Window) -> None:
        wire = self.net.wires.get(name)
        if wire is None or self.host.healed:
            return
        self.history.add(self.world.now, Kind.FAULT, name, what=window.value)
        match window:
            case Window.DEAF:
                wire.silence(up=True, down=False)
            case Window.MUTE:
                wire.silence(up=False, down=True)
            case Window.HALF_OPEN:
                wire.silence(up=True, down=True)
            case Window.SLOW_READER:
                wire.down.slow = self.faults.rng.choose((50, 500))
            case _:
                wire.cut()

    def _gave(self, conn: str, type_: str) -> None:
        if type_ == "SC_CHAT_ALERT" and self.faults.met(Window.ALERT_CUT):
            self._soon(conn, self.faults.rng.choose((Window.CUT, Window.HALF_OPEN)))
        elif type_.endswith(("_SENTENCE", "CHAT_STATUS")) and self.faults.met(Window.ANSWER_CUT):
            self._soon(conn, self.faults.rng.choose((Window.CUT, Window.MUTE)))

    def _soon(self, conn: str, window: Window) -> None:
        delay = self.faults.rng.choose((0, MS, 50 * MS))
        self.world.after(delay, lambda: self._hit(conn, window))

    def _calm_down(self) -> None:
        """The faults end: nothing new strikes, slow readers read, what is dead may be noticed."""
        self.faults.armed.clear()
        self.host.healed = True
        for wire in self.net.wires.values():
            wire.down.slow = 0
        self.postroom.settle_down()
        self.history.add(self.world.now, Kind.CALM)

    # -- watching

    def _keep_comparing(self) -> None:
        self._compare()
        self.world.after(COMPARE_EVERY, self._keep_comparing)

    def _compare(self) -> None:
        """Compare memory and store, if nothing is in flight (I-10)."""
        life = self.host.life
        if life is None or life.engine is None or not life.engine.idle:
            return
        life.engine.compare(self.host.disk.store, self.host.config)

    def _hold(self) -> None:
        """Hold all clocks: no timer fires any more, and everything that is under way arrives."""
        if self.host.life is not None:
            self.host.life.held_at = self.world.now
        for program in self._programs():
            program.hold()
        self.world.run_until(self.world.now + SECOND)

    def _judge(self) -> Outcome:
        self._compare()
        if self.host.life is not None and self.host.life.engine is not None:
            self.host.life.engine.inspect()
            self.host.life.engine.end()
        dump = self.host.disk.dump()
        violations = tuple(check(self.history, dump))
        counts = {
            "events": len(self.history),
            "steps": self.world.steps,
            "chats": len(dump.chats),
            "sentences": len(dump.sentences),
            "crashes": self.host.crashes,
            "starts": self.host.starts,
        }
        return Outcome(self.script, self.history.digest, violations, counts, self.history, dump)


def play(script: Script) -> Outcome:
    """Play one run."""
    return Play(script).run()
