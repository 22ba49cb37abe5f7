"""Who may see the pages, and what a page of somebody else can do."""

from __future__ import annotations

import re
import secrets

import pytest

from sequent.web.access import Access
from tests.web.conftest import ACCESS, HOST, PORT

TOKEN = f"/?token={ACCESS.token}"


def test_without_the_token_nothing_is_shown(stranger):
    for address in ("/", "/static/page.js", "/static/style.css", "/no/such/page", "/?token=", "/?token=wrong"):
        assert stranger.get(address).status_code == 401
    assert stranger.post("/").status_code == 401


def test_the_address_with_the_token_opens_the_page_and_keeps_it_out_of_the_history(stranger):
    answer = stranger.get(f"{TOKEN}&flow=nightly")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?flow=nightly")
    cookie = answer.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie)
    assert stranger.get("/").status_code == 200


def test_a_link_of_another_page_is_led_on_by_a_page_since_its_cookie_comes_with_no_redirection(stranger):
    for site in ("cross-site", "same-site"):
        answer = stranger.get(f"{TOKEN}&flow=%22%3E", headers={"sec-fetch-site": site})
        assert answer.status_code == 200
        assert '<meta http-equiv="refresh" content="0; url=/?flow=%22%3E">' in answer.text
        assert ACCESS.token not in answer.text
        assert "set-cookie" in answer.headers
    for site in ("none", "same-origin"):
        assert stranger.get(TOKEN, headers={"sec-fetch-site": site}).status_code == 303


@pytest.mark.parametrize(
    ("cookie", "checked"),
    [
        (None, "auto"),
        ("sequent-theme=dark", "dark"),
        ("a=b; sequent-theme=light", "light"),
        ('sequent-theme="><b', "auto"),
    ],
)
def test_the_colours_that_were_chosen_are_kept(browser, cookie, checked):
    own = f"{ACCESS.cookie}={ACCESS.token}"
    text = browser.get("/", headers={"cookie": f"{own}; {cookie}" if cookie else own}).text
    assert re.findall(r'id="theme-(\w+)" value="\w+" checked', text) == [checked]


def test_a_token_leads_to_no_other_machine(stranger):
    answer = stranger.get(f"http://{HOST}//evil.com/x?token={ACCESS.token}")
    assert answer.headers["location"] == "/evil.com/x"


@pytest.mark.parametrize("cookie", ["wrong", "", ACCESS.token + "x", ACCESS.token[:-1]])
def test_another_cookie_is_no_token(stranger, cookie):
    stranger.cookies.set(ACCESS.cookie, cookie)
    assert stranger.get("/").status_code == 401


@pytest.mark.parametrize("other", ['settings={"a": 1}', "a:b c=\xe9", "=", "lone", f"{ACCESS.cookie}=old"])
def test_cookies_of_other_programs_do_not_hide_the_token(stranger, other):
    own = f"{ACCESS.cookie}={ACCESS.token}"
    for cookies in (f"{other}; {own}", f"{own};{other}"):
        assert stranger.get("/", headers={"cookie": cookies.encode("latin-1")}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.com", f"evil.com:{PORT}", "127.0.0.1", "127.0.0.1:80", f"127.0.0.1.evil.com:{PORT}", ""]
)
def test_a_name_that_another_machine_can_give_this_one_is_refused_before_anything_else(browser, host):
    assert browser.get("/", headers={"host": host}).status_code == 403
    assert browser.get(TOKEN, headers={"host": host}).status_code == 403


def test_two_names_at_once_are_refused(browser):
    assert browser.get("/", headers=[("host", HOST), ("host", HOST)]).status_code == 403


def test_the_name_localhost_is_its_own(browser):
    assert browser.get(TOKEN, headers={"host": f"localhost:{PORT}"}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.com"},
        {"origin": "null"},
        {"origin": f"https://{HOST}"},
        {"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"},
        {"origin": f"http://{HOST}", "sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_page_is_refused(browser, headers):
    assert browser.post("/", headers=headers).status_code == 403


def test_no_page_may_be_framed_sniffed_kept_or_extended_by_a_script(browser, stranger):
    for answer in (browser.get("/"), browser.get("/static/page.js"), browser.get("/", headers={"host": "evil.com"})):
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
        assert (policy["base-uri"], policy["frame-ancestors"], policy["form-action"]) == ("'none'", "'none'", "'self'")
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


def test_tokens_are_long_random_and_compared_in_constant_time(monkeypatch):
    first, second = Access.fresh(PORT), Access.fresh(PORT)
    assert first.token != second.token
    assert len(first.token) * 6 >= 256
    compared = []
    monkeypatch.setattr(secrets, "compare_digest", lambda *pair: compared.append(pair) or False)
    host = {b"host": [HOST.encode()]}
    assert not first.is_own_form(first.form_token)
    assert first.judge("GET", {**host, b"cookie": [f"{first.cookie}={first.token}".encode()]}, f"token={first.token}")
    assert len(compared) == 3


def test_the_token_of_forms_is_another_and_does_not_open_the_page(stranger):
    assert ACCESS.is_own_form(ACCESS.form_token)
    assert not ACCESS.is_own_form(ACCESS.token)
    assert stranger.get(f"/?token={ACCESS.form_token}").status_code == 401
