"""Following the agent: what it says is told once, whatever happens to the engine and to the connection."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.command import Result
from fairlead.ops.deploy.following import Agent, AgentError, StillRunningError
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target
from fairlead.ops.errors import FairleadError, LockedError, UnreachableError

TARGET = Target("docker", "linux/amd64", "999", "1000:1000", ())


def _said(event, **more):
    return json.dumps({"event": event, **more})


END = _said("end", exit=0, text="", details="")


class Engine:
    """A host whose agent says *streams*, one after the other; *running* is what the engine tells of it in between."""

    name = "prod"

    def __init__(self, *streams, running=(), away=0, taken=False, lock=None):
        self.streams = list(streams)
        self.running = list(running)
        self.away = away
        self.taken = taken
        self.ran = []
        self.words = []
        self.files = {} if lock is None else {"/srv/shop/state/lock": lock}
        self.gone = self.dead = False

    def run(self, command, timeout_s=None):
        words = command.argv[1:]
        self.ran.append(words[0])
        self.words.append(words)
        if words[0] == "ps":
            return Result(1, err="Cannot connect") if self.dead else Result(0, "" if self.gone else "0123456789ab\n")
        if words[0] == "rm" and "--force" in words:
            self.gone = True
        if words[0] == "inspect":
            return Result(0, self.running.pop(0) if self.running else "false")
        if words[0] == "run" and self.taken:
            self.running.append("true")
            return Result(125, err='Conflict. The container name "/shop-agent" is already in use')
        if words[0] == "version" and self.away:
            self.away -= 1
            return Result(1, err="Cannot connect to the Docker daemon")
        return Result(0)

    def read(self, path):
        return self.files.get(path)

    def put(self, path, content, mode):
        self.files[path] = content

    def stream(self, command, line):
        told = self.streams.pop(0) if self.streams else ()
        if isinstance(told, BaseException):
            raise told
        for text in told:
            line(text)
        return Result(0)


def _followed(engine):
    told = []
    try:
        Agent(engine, TARGET, Layout("shop", "/srv/shop")).follow(told.append)
    except FairleadError as error:
        return [line["step"] for line in told], error
    return [line["step"] for line in told], None


def test_every_line_is_told_until_the_end():
    told, error = _followed(Engine([_said("start", step="a"), "not of the agent", _said("done", step="a"), END]))

    assert (["a", "a"], None) == (told, error)


def test_an_engine_that_is_away_for_a_moment_is_waited_for_and_no_line_is_told_twice():
    first, second = _said("start", step="a"), _said("start", step="b")
    engine = Engine([first, "Cannot connect"], [first, second, END], running=["true"], away=2)

    assert (["a", "b"], None) == _followed(engine)
    assert 3 == engine.ran.count("version")


def test_an_agent_that_was_ended_in_the_middle_needs_a_person():
    told, error = _followed(Engine([_said("start", step="a")]))

    assert (["a"], AgentError, 3) == (told, type(error), error.exit_code)
    assert "--resume --host prod goes on, --abort takes it back" in str(error)


def test_an_agents_own_failure_is_handed_on_with_its_code_and_its_words():
    _, error = _followed(Engine([_said("end", exit=1, text="start: no", details="the log")]))

    assert (1, "prod: start: no", "the log") == (error.exit_code, str(error), error.details)


def test_a_connection_that_is_lost_leaves_the_agent_at_work():
    _, error = _followed(Engine(UnreachableError("gone")))

    assert (StillRunningError, 6) == (type(error), error.exit_code)
    assert "inv deploy --resume --host prod follows it" in str(error)


def test_who_stops_following_is_told_that_the_agent_goes_on():
    _, error = _followed(Engine(KeyboardInterrupt()))

    assert (6, True) == (error.exit_code, "no longer followed, the agent goes on there" in str(error))


def test_a_second_agent_is_refused_with_who_is_at_work_and_on_what():
    lock = "deploy of r7 by ann@laptop, since 2026-11-23 04:00:00 UTC (process 1)"
    agent = Agent(Engine(running=["true"], lock=lock), TARGET, Layout("shop", "/srv/shop"))

    said = "prod: deploy of r7 by ann@laptop, since 2026-11-23 04:00:00 UTC is at work there; inv deploy --resume"
    with pytest.raises(LockedError, match=said):
        agent.run("fairlead-agent:1", ("switch",), lambda _: None)


def test_of_two_who_start_an_agent_at_the_same_moment_one_is_refused_and_ends_nothing():
    engine = Engine(running=["false"], taken=True)

    with pytest.raises(LockedError, match="prod: an agent is at work there"):
        Agent(engine, TARGET, Layout("shop", "/srv/shop")).run("fairlead-agent:1", ("switch",), lambda _: None)
    assert ["inspect", "rm", "run"] == engine.ran[:3]
    assert {} == json.loads(engine.files["/srv/shop/state/ended.json"])
    assert [] == [words for words in engine.words if "--force" in words]


@pytest.mark.parametrize(("again", "told"), [(True, True), (False, False)])
def test_only_what_must_not_stay_cut_off_is_started_again_by_the_engine(again, told):
    engine = Engine([END])

    Agent(engine, TARGET, Layout("shop", "/srv/shop")).run("fairlead-agent:1", ("tier",), lambda _: None, again=again)

    (words,) = [words for words in engine.words if words[0] == "run"]
    assert told == ("--restart" in words)


def test_an_agent_logs_where_it_is_followed_wherever_the_engine_logs_by_itself():
    engine = Engine([END])

    Agent(engine, TARGET, Layout("shop", "/srv/shop")).run("fairlead-agent:1", ("switch",), lambda _: None)

    (words,) = [words for words in engine.words if words[0] == "run"]
    at = words.index("--log-driver")
    assert ("--log-driver", "json-file", "--log-opt", "max-size=10m") == words[at : at + 4]


@pytest.mark.parametrize(("exit_code", "error"), [(0, type(None)), (1, AgentError)])
def test_of_two_who_follow_one_agent_both_are_told_how_it_ended(exit_code, error):
    engine = Engine([_said("start", step="a"), _said("end", exit=exit_code, text="start: no", details="the log")])
    first = _followed(engine)[1]
    engine.streams = [[_said("start", step="a")]]  # and then the first one removed it

    second = _followed(engine)[1]

    assert (error, error) == (type(first), type(second))
    assert (str(first), getattr(first, "exit_code", 0)) == (str(second), getattr(second, "exit_code", 0))


def test_how_an_earlier_agent_ended_is_not_taken_for_the_end_of_one_that_was_killed():
    engine = Engine([_said("start", step="a")])
    engine.files["/srv/shop/state/ended.json"] = END

    assert (AgentError, 3) == (type(error := _followed(engine)[1]), error.exit_code)
    assert "{}" == engine.files["/srv/shop/state/ended.json"].strip()


def test_how_an_earlier_agent_ended_is_not_asked_of_an_engine_that_stays_away():
    engine = Engine([_said("start", step="a")])
    engine.files["/srv/shop/state/ended.json"] = END
    engine.dead = True

    assert 3 == _followed(engine)[1].exit_code


def test_an_agent_that_ended_while_the_engine_was_away_is_read_to_its_end():
    assert (["a", "b"], None) == _followed(
        Engine([_said("start", step="a")], [_said("start", step="a"), _said("start", step="b"), END])
    )


def test_a_connection_that_is_lost_while_the_agent_is_started_says_that_it_may_be_at_work():
    class Lost(Engine):
        def run(self, command, timeout_s=None):
            if command.argv[1] == "run":
                raise UnreachableError("prod: the connection was lost while this ran: docker")
            return super().run(command, timeout_s)

    with pytest.raises(StillRunningError) as caught:
        Agent(Lost(), TARGET, Layout("shop", "/srv/shop")).run("fairlead-agent:1", ("switch",), lambda _: None)

    said = "the connection was lost while the agent was started; it may be at work there; inv deploy --resume"
    assert (6, f"prod: {said} --host prod follows it") == (caught.value.exit_code, str(caught.value))
