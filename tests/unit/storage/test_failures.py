import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from obstore.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError
from structlog.testing import capture_logs

from photodock.domain.errors import (
    ObjectNotFound,
    ObjectUnavailable,
    ObjectUnreadable,
    StorageAccessDenied,
    StorageError,
    StorageUnavailable,
)
from photodock.storage.failures import RangeNotSatisfiable, is_transient, translated


def answer(code: str) -> str:
    return f"Server returned non-2xx: <Error><Code>{code}</Code><StringToSign>the-signed-text</StringToSign></Error>"


def client_error(code: str, status: int) -> ClientError:
    metadata = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code, "Message": "the-signed-text"}, "ResponseMetadata": metadata}, "Call")


def translation_of(error: Exception) -> StorageError:
    with pytest.raises(StorageError) as caught, translated("read_head", "a/key"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError(answer("NoSuchKey")), ObjectNotFound),
        (FileNotFoundError(answer("NoSuchBucket")), StorageAccessDenied),
        (GenericError(answer("InvalidRange")), RangeNotSatisfiable),
        (GenericError("Cache-Control header contained non UTF-8 characters"), ObjectUnreadable),
        (GenericError("Content-Range header contained non UTF-8 characters"), StorageUnavailable),
        (GenericError("hyper::Error(\n Parse(\n TooLarge,\n ),\n )"), ObjectUnavailable),
        (GenericError(answer("SlowDown")), StorageUnavailable),
        (GenericError("HTTP error: error sending request"), StorageUnavailable),
        (PermissionDeniedError(answer("AccessDenied")), StorageAccessDenied),
        (UnauthenticatedError("401"), StorageAccessDenied),
        (client_error("AccessDenied", 403), StorageAccessDenied),
        (client_error("NoSuchBucket", 404), StorageAccessDenied),
        (client_error("InternalError", 500), StorageUnavailable),
        (EndpointConnectionError(endpoint_url="http://store"), StorageUnavailable),
        (ConnectionResetError(), StorageUnavailable),
        (TimeoutError(), StorageUnavailable),
    ],
)
def test_each_failure_becomes_its_own_error(error, expected):
    assert type(translation_of(error)) is expected


@pytest.mark.parametrize(
    ("error", "kind", "level"),
    [
        (PermissionDeniedError(answer("SignatureDoesNotMatch")), "SignatureDoesNotMatch", "error"),
        (GenericError(answer("SlowDown")), "SlowDown", "warning"),
        (GenericError("HTTP error"), "GenericError", "warning"),
        (client_error("InternalError", 500), "InternalError", "warning"),
    ],
)
def test_the_log_has_the_kind_of_failure_and_nothing_of_what_was_signed(error, kind, level):
    with capture_logs() as logs:
        found = translation_of(error)
    assert [(line["kind"], line["log_level"], line["key"]) for line in logs] == [(kind, level, "a/key")]
    assert "the-signed-text" not in f"{logs} {found}"
    # Neither is it in the traceback that a log of this error would print.
    assert found.__cause__ is None
    assert found.__suppress_context__


def test_a_refusal_is_logged_with_what_to_check():
    with capture_logs() as logs:
        translation_of(PermissionDeniedError(answer("AccessDenied")))
    assert "s3:ListBucket" in logs[0]["hint"]


@pytest.mark.parametrize("error", [FileNotFoundError(answer("NoSuchKey")), GenericError(answer("InvalidRange"))])
def test_what_is_simply_not_there_is_not_logged(error):
    with capture_logs() as logs:
        translation_of(error)
    assert logs == []


def test_a_mistake_in_the_program_is_not_taken_for_a_failure_of_the_store():
    with pytest.raises(KeyError), translated("read_head", "a/key"):
        raise KeyError("e_tag")


def test_only_a_store_that_is_away_is_worth_another_attempt():
    assert is_transient(StorageUnavailable("away"))
    assert not is_transient(StorageAccessDenied("refused"))
    assert not is_transient(ObjectNotFound("not there"))
