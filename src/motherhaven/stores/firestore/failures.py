"""What Google's errors mean for whoever runs the server, and what to do about each."""

from typing import Final

from google.api_core import exceptions as google
from google.auth.exceptions import TransportError

from motherhaven.contract.errors import ConfigError, StoreError, StoreUnavailable

_PASSING: Final[tuple[tuple[type[Exception], str], ...]] = (
    (google.ResourceExhausted,
     "the quota is used up: on the free plan it is renewed at midnight Pacific time; to go on "
     "now, turn billing on: https://console.cloud.google.com/billing/linkedaccount?project={0}"),
    (google.TooManyRequests, "too many requests; send less, or raise the quota"),
    (google.DeadlineExceeded, "it did not answer in time; try again"),
    (google.ServiceUnavailable, "it cannot be reached; check the network and try again"),
    (google.Aborted, "others write the same documents; try again"),
    (TransportError, "Google's sign-in cannot be reached; try again"),
)  # fmt: skip
"""Trying again may help."""

_LASTING: Final[tuple[tuple[type[Exception], str, str], ...]] = (
    (google.PermissionDenied, "firestore_permission",
     "the account may not use it, or there is no project {0}, or its Firestore API is off. "
     "Check the id with `gcloud projects list`; turn the API on with `gcloud services enable "
     "firestore.googleapis.com --project={0}`; and give the account its role with `gcloud "
     "projects add-iam-policy-binding {0} --member=serviceAccount:ACCOUNT "
     "--role=roles/datastore.user`"),
    (google.Unauthenticated, "firestore_credentials",
     "the credentials are not accepted; run `gcloud auth application-default login`, or make "
     "a new key for the service account and name its file in GOOGLE_APPLICATION_CREDENTIALS"),
    (google.NotFound, "firestore_no_database",
     "there is no such project or database. Check the id with `gcloud projects list`; make "
     "the database with `gcloud firestore databases create --project={0} --location=nam5`"),
    (google.FailedPrecondition, "firestore_index",
     "it lacks an index, or the database is not in Native mode; deploy the indexes with "
     "`firebase deploy --only firestore --project={0}` in deploy/firestore"),
)  # fmt: skip
"""Only a person can mend these."""


def no_credentials(name: str, error: Exception) -> ConfigError:
    """No credentials are set up on this machine."""
    return ConfigError(
        f"MOTHERHAVEN_STORE={name}: no Google credentials were found; run `gcloud "
        "auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a "
        f"service account's key file ({error})",
        code="firestore_credentials",
    )


def told_error(name: str, project: str, error: Exception, *, opening: bool) -> Exception:
    """The error of our own tree for one of Google's; `opening`: the server is starting."""
    said = getattr(error, "message", None) or str(error)
    for kind, reason in _PASSING:
        if isinstance(error, kind):
            return StoreUnavailable(f"store {name}: {reason.format(project)} ({said})")
    if isinstance(error, google.InvalidArgument):
        return StoreError(f"store {name}: it refuses the request; see the message ({said})")
    for kind, code, reason in _LASTING:
        if isinstance(error, kind):
            text = f"store {name}: {reason.format(project)} ({said})"
            return ConfigError(f"MOTHERHAVEN_STORE: {text}", code=code) if opening else (
                StoreUnavailable(text)
            )  # fmt: skip
    if isinstance(error, google.GoogleAPICallError):
        return StoreUnavailable(f"store {name}: it failed ({said})")
    text = (
        f"store {name}: Google's sign-in refuses ({said}); renew the credentials with "
        "`gcloud auth application-default login`"
    )
    return ConfigError(text, code="firestore_credentials") if opening else StoreUnavailable(text)
