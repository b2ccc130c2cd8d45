"""What the official Python client sees of this implementation (docs/spec/keyport.md §14).

Takes a JSON object on stdin with the base URL, keys and licences that the test has made, and prints one JSON object: the
name of each check with null, or with what was wrong. Every check runs, also after one that failed.
"""

import json
import os
import sys
import tempfile
import traceback

from keyport import KeyPort
from keyport import KeyPortAuthError, KeyPortConfigError, KeyPortError, KeyPortRateLimitError

given = json.load(sys.stdin)
base_url = given["base_url"]
checks = []


def check(function):
    checks.append(function)
    return function


def client(api_key=None, **options):
    return KeyPort(api_key or given["api_key"], base_url=base_url, **options)


def raised(expected, action):
    """The error of exactly this class that the action raises."""
    try:
        result = action()
    except KeyPortError as error:
        assert type(error) is expected, f"{type(error).__name__} instead of {expected.__name__}: {error}"
        return error
    raise AssertionError(f"{expected.__name__} was not raised, but came back: {result!r}")


def same(actual, expected):
    assert actual == expected, f"{actual!r} instead of {expected!r}"


def told_only_by_its_text(error, status):
    same((error.status, error.code), (None, None))
    assert str(status) in str(error), f"{status} is not in: {error}"


@check
def an_empty_key_is_a_fault_of_the_configuration():
    raised(KeyPortConfigError, lambda: KeyPort("", base_url=base_url))


@check
def a_client_is_made_from_a_file():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "keyport.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"api_key": "kp_live_wrong", "base_url": base_url, "timeout": 5.0}, file)
        with KeyPort.from_config_file(path) as wrong:
            raised(KeyPortAuthError, lambda: wrong.validate(given["license_key"]))
        with KeyPort.from_config_file(path, api_key=given["api_key"]) as right:
            same(right.validate(given["license_key"])["status"], "active")


@check
def validate_returns_the_ten_fields_in_their_order():
    with client() as keyport:
        result = keyport.validate(given["license_key"])
        same(list(result), given["validate_fields"])
        same(result["valid"], True)
        same(result["ip_registered"], True)
        same((result["ip_count"], result["max_ips"]), (1, 1))


@check
def every_status_of_a_200_is_an_ordinary_result():
    for status, case in given["cases"].items():
        with client(case["api_key"]) as keyport:
            result = keyport.validate(case["license_key"])
            same(result["status"], status)
            same(result["valid"], status == "active")
            same(list(result), given["validate_fields"])


@check
def version_and_device_are_left_out_when_they_are_empty():
    versioned = given["versioned"]
    with client(versioned["api_key"]) as keyport:
        key = versioned["license_key"]
        without = keyport.validate(key)
        same((without["version"], without["version_valid"]), ("2.0", True))
        same(keyport.validate(key, version="", device_id=""), without)
        same(keyport.validate(key, device_id="device-é"), without)
        older = keyport.validate(key, version="1.0")
        same((older["status"], older["version"], older["version_valid"]), ("active", "1.0", False))


@check
def an_empty_licence_key_makes_no_call():
    with client() as keyport:
        raised(KeyPortConfigError, lambda: keyport.validate(""))


@check
def get_license_returns_the_22_fields_in_their_order():
    with client() as keyport:
        result = keyport.get_license(given["license_key"])
        same(list(result), given["lookup_fields"])
        same(result["license_key"], given["license_key"])
        same(result["customer_name"], "Zoë 日本")


@check
def odd_keys_round_trip_to_a_clean_404():
    for key in ["a/b", "with space", "ключ", "日本", "100%", "%2F", "a?b#c", "AAAA-BBBB-CCCC-DDDD"]:
        with client() as keyport:
            error = raised(KeyPortError, lambda: keyport.get_license(key))
            told_only_by_its_text(error, 404)


@check
def an_unknown_key_is_an_auth_error():
    with client("kp_live_" + "0" * 64) as keyport:
        for action in (
            lambda: keyport.validate(given["license_key"]),
            lambda: keyport.get_license(given["license_key"]),
        ):
            error = raised(KeyPortAuthError, action)
            same((error.status, error.code), (401, "invalid_api_key"))


@check
def a_key_that_was_rotated_away_is_an_auth_error():
    with client(given["rotated_away"]) as keyport:
        raised(KeyPortAuthError, lambda: keyport.validate(given["license_key"]))


@check
def an_exhausted_quota_tells_the_seconds_until_midnight():
    exhausted = given["exhausted"]
    with client(exhausted["api_key"]) as keyport:
        same(keyport.validate(exhausted["license_key"])["status"], "active")
        same(keyport.get_license(exhausted["license_key"])["current_unique_ip_count"], 1)
        for action in (
            lambda: keyport.validate(exhausted["license_key"]),
            lambda: keyport.get_license(exhausted["license_key"]),
        ):
            error = raised(KeyPortRateLimitError, action)
            same((error.status, error.code), (429, "rate_limit_exceeded"))
            same(error.retry_after, given["seconds_to_midnight"])
            assert "midnight" in str(error), f"the message of the body is lost: {error}"


@check
def lookups_register_no_address():
    fresh = given["fresh"]
    with client(fresh["api_key"]) as keyport:
        for _ in range(2):
            same(keyport.get_license(fresh["license_key"])["current_unique_ip_count"], 0)


@check
def another_error_is_told_by_its_text():
    with KeyPort(given["api_key"], base_url=base_url + "/nowhere") as keyport:
        error = raised(KeyPortError, lambda: keyport.validate(given["license_key"]))
        told_only_by_its_text(error, 404)


@check
def no_answer_in_time_is_a_timeout():
    with KeyPort(given["api_key"], base_url=given["silent_url"], timeout=0.3) as keyport:
        error = raised(KeyPortError, lambda: keyport.validate(given["license_key"]))
        same((error.status, error.code), (408, "timeout"))


outcomes = {}
for each in checks:
    try:
        each()
        outcomes[each.__name__] = None
    except Exception:
        outcomes[each.__name__] = traceback.format_exc()
print(json.dumps(outcomes))
