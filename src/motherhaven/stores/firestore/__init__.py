"""The Store on Google Cloud Firestore."""

from motherhaven.stores.firestore.store import FirestoreStore

__all__ = ["FirestoreStore"]
