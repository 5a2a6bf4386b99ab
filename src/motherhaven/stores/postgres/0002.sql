-- Small records that all servers of this store share; changed by compare-and-set.
CREATE TABLE shared (
    name TEXT PRIMARY KEY,
    revision BIGINT NOT NULL,
    text TEXT NOT NULL
);
