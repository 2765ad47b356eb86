import httpx
import pytest
from fakeredis import FakeServer

from agentchat.api.accounts import name_key
from agentchat.tables import Key

pytestmark = pytest.mark.anyio

PASSWORD = "analytical engine"


async def test_registering_logs_a_person_in_by_a_cookie_no_script_and_no_other_site_can_use(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.post("/api/register", json={"username": "Ada", "password": PASSWORD})

    attributes = answer.headers["set-cookie"].split("; ")[1:]
    assert attributes == ["HttpOnly", "Max-Age=604800", "Path=/api", "SameSite=strict", "Secure"]
    assert (answer.status_code, (await browser.get("/api/me")).json()) == (201, {"id": 1, "username": "Ada"})


async def test_a_name_that_differs_in_case_alone_is_taken(ada: httpx.AsyncClient) -> None:
    answer = await ada.post("/api/register", json={"username": "aDA", "password": PASSWORD})

    assert (answer.status_code, answer.json()) == (409, {"detail": "this user name is taken; choose another one"})


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"username": "a b", "password": PASSWORD},
            "username: has to be 3 to 32 letters, digits, dots, dashes or underscores",
        ),
        ({"username": "ada", "password": "short"}, "password: string should have at least 8 characters"),
        (
            {"username": "ada", "password": PASSWORD, "email": "nobody"},
            "email: has to be a mail address such as ada@example.org",
        ),
        ({"username": "ada"}, "password: field required"),
        ([], "the request has to be a JSON object, sent as application/json"),
    ],
)
async def test_a_refused_registration_says_why_in_one_sentence(
    browser: httpx.AsyncClient, body: object, detail: str
) -> None:
    answer = await browser.post("/api/register", json=body)

    assert (answer.status_code, answer.json()) == (422, {"detail": detail})


async def test_half_a_surrogate_pair_is_refused_and_breaks_nothing(browser: httpx.AsyncClient) -> None:
    body = b'{"username": "ada", "password": "\\ud800 and more"}'

    answer = await browser.post("/api/register", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(ada: httpx.AsyncClient) -> None:
    wrong = await ada.post("/api/login", json={"username": "ada", "password": "difference engine"})
    unknown = await ada.post("/api/login", json={"username": "bob", "password": PASSWORD})

    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.json() == {"detail": "the user name or the password is wrong"}


async def test_after_ten_failures_even_the_right_password_has_to_wait(ada: httpx.AsyncClient) -> None:
    for _ in range(10):
        await ada.post("/api/login", json={"username": "ada", "password": "difference engine"})

    answer = await ada.post("/api/login", json={"username": "ada", "password": PASSWORD})

    assert (answer.status_code, answer.json()) == (429, {"detail": "too many failed logins"})
    assert 0 < int(answer.headers["retry-after"]) <= 900


async def test_logins_that_succeed_are_not_counted(ada: httpx.AsyncClient) -> None:
    answers = [await ada.post("/api/login", json={"username": "ada", "password": PASSWORD}) for _ in range(60)]

    assert {200} == {answer.status_code for answer in answers}


async def test_one_client_that_tries_many_names_is_stopped_and_another_is_not(ada: httpx.AsyncClient) -> None:
    for number in range(50):
        await ada.post("/api/login", json={"username": f"name{number}", "password": PASSWORD})
    body = {"username": "ada", "password": PASSWORD}

    stopped = await ada.post("/api/login", json=body)
    other = await ada.post("/api/login", json=body, headers={"X-Real-IP": "203.0.113.7"})

    assert (stopped.status_code, other.status_code) == (429, 200)


async def test_a_session_that_was_logged_out_is_dead_even_with_its_cookie_kept(ada: httpx.AsyncClient) -> None:
    cookie = {"Cookie": f"agentchat_session={ada.cookies['agentchat_session']}"}

    await ada.post("/api/logout")

    assert (await ada.get("/api/me", headers=cookie)).status_code == 401


async def test_without_redis_people_stay_logged_in_and_nobody_can_log_in(
    ada: httpx.AsyncClient, redis_server: FakeServer
) -> None:
    redis_server.connected = False

    me = await ada.get("/api/me")
    login = await ada.post("/api/login", json={"username": "ada", "password": PASSWORD})

    assert (me.status_code, login.status_code) == (200, 503)
    assert "try again" in login.json()["detail"]


async def test_logging_out_twice_is_fine(ada: httpx.AsyncClient) -> None:
    answers = [await ada.post("/api/logout") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]


async def test_a_name_that_grows_when_its_case_is_folded_still_fits(browser: httpx.AsyncClient) -> None:
    name = "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 32

    answer = await browser.post("/api/register", json={"username": name, "password": PASSWORD})

    assert answer.status_code == 201
    assert len(name_key(name)) == 96 <= Key.length  # type: ignore[operator]  # a String has one


async def test_a_deleted_account_is_gone_with_its_conversations_and_its_name_is_free(ada: httpx.AsyncClient) -> None:
    cookie = {"Cookie": f"agentchat_session={ada.cookies['agentchat_session']}"}
    await ada.post("/api/conversations", json={"title": "secret plans"})

    assert (await ada.delete("/api/me")).status_code == 204

    assert (await ada.get("/api/me", headers=cookie)).status_code == 401
    assert (await ada.post("/api/login", json={"username": "Ada", "password": PASSWORD})).status_code == 401
    assert (await ada.post("/api/register", json={"username": "Ada", "password": PASSWORD})).status_code == 201
    assert (await ada.get("/api/conversations")).json() == []


async def test_nobody_deletes_an_account_without_being_logged_in(browser: httpx.AsyncClient) -> None:
    assert (await browser.delete("/api/me")).status_code == 401
