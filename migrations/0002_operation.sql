-- What a running service keeps beside the ledger. Identifiers are UUIDv7 text, JSON is text, instants are
-- microseconds since 1970.

-- Long work: training, imports, forecasts, scenarios, exports.
create table operations (
    operation_id text not null primary key,
    kind text not null,
    -- queued, running, succeeded, failed, cancelled
    status text not null,
    created_at bigint not null,
    created_by text not null,
    started_at bigint,
    ended_at bigint,
    done bigint not null,
    total bigint not null,
    note text,
    request text not null,
    result text,
    -- RFC 9457 problem of a failed operation
    problem text,
    -- path of the file that is its result, in the cache; null for none
    file text,
    -- legal entities that its owner may see, JSON list; null for all
    entities text
);
create index operations_by_time on operations (created_at, operation_id);

-- Models never change; an alias says which one is in use.
create table model_versions (
    version text not null primary key,
    model text not null,
    trained_as_of text not null,
    created_at bigint not null,
    created_by text not null,
    ledger_fingerprint text not null,
    seed bigint not null,
    code_version text not null,
    -- proof of the gate: verdict and figures, JSON; null before it was proven
    proof text,
    -- shares of each feature's values at training, JSON, against which drift is measured
    profile text
);
create index model_versions_by_time on model_versions (created_at, version);

create table model_files (
    version text not null references model_versions (version),
    name text not null,
    content text not null,
    primary key (version, name)
);

-- champion, challenger, shadow; revision grows by one with each change and is the ETag.
create table model_aliases (
    alias text not null primary key,
    version text not null references model_versions (version),
    revision bigint not null,
    changed_at bigint not null,
    changed_by text not null
);

-- Every change of an alias, also a refused or a waiting one: what rollback goes back along.
create table promotions (
    promotion_id text not null primary key,
    alias text not null,
    version text not null,
    previous_version text,
    requested_at bigint not null,
    requested_by text not null,
    -- waiting, done, refused, rolled_back
    status text not null,
    reason text not null,
    decided_at bigint,
    decided_by text
);
create index promotions_by_time on promotions (requested_at, promotion_id);

-- Forecasts are immutable records; forecast_id is the SHA-256 of record and lines, and of the currency they were
-- translated into, where they were.
create table forecasts (
    forecast_id text not null primary key,
    created_at bigint not null,
    created_by text not null,
    as_of text not null,
    model_version text not null,
    -- legal entities it was limited to, JSON list; null for all
    entities text,
    request text not null,
    -- the answer as it is given out, JSON
    document text not null,
    record text not null,
    -- gzip, base64: it has a line an invoice
    lines text not null
);
create index forecasts_by_time on forecasts (created_at, forecast_id);

-- What was predicted of an invoice on a day: for calibration, coverage and shadow scoring.
create table predictions (
    as_of text not null,
    invoice_id text not null,
    model_version text not null,
    customer_id text not null,
    entity text,
    due_date text not null,
    late_probability double precision not null,
    paid_within_7 double precision not null,
    paid_within_30 double precision not null,
    p10 text not null,
    p50 text not null,
    p90 text not null,
    primary key (as_of, invoice_id, model_version)
);

-- The risk of a customer at the turn of a day, and whether it is another one than before.
create table customer_risks (
    customer_id text not null,
    as_of text not null,
    risk text not null,
    previous_risk text,
    late_share double precision not null,
    expected_delay_days double precision not null,
    primary key (customer_id, as_of)
);
create index customer_risks_by_day on customer_risks (as_of, customer_id);

-- Drift of inputs, calibration and coverage, a row a day and measure.
create table monitors (
    as_of text not null,
    model_version text not null,
    measure text not null,
    value double precision not null,
    threshold double precision not null,
    is_alarm bigint not null,
    primary key (as_of, model_version, measure)
);

-- What the system was asked to advise and what came of it (next best action).
create table recommendations (
    recommendation_id text not null primary key,
    customer_id text not null,
    as_of text not null,
    created_at bigint not null,
    document text not null
);
create table recommendation_outcomes (
    outcome_id text not null primary key,
    recommendation_id text not null references recommendations (recommendation_id),
    recorded_at bigint not null,
    document text not null
);

-- The answer to a POST with an Idempotency-Key, for a day.
create table idempotency_records (
    actor text not null,
    idempotency_key text not null,
    request_hash text not null,
    created_at bigint not null,
    status bigint not null,
    -- header names and values that belong to the answer, JSON
    headers text not null,
    body text not null,
    primary key (actor, idempotency_key)
);
create index idempotency_records_by_time on idempotency_records (created_at);

-- Keys are random: a plain SHA-256 cannot be guessed back.
create table api_keys (
    key_id text not null primary key,
    name text not null,
    secret_hash text not null,
    -- JSON list of roles
    roles text not null,
    -- JSON list of legal entities; null for all
    entities text,
    created_at bigint not null,
    created_by text not null,
    expires_at bigint,
    revoked_at bigint,
    last_used_at bigint,
    -- the key that this one takes over from
    replaces text
);

create table webhook_endpoints (
    endpoint_id text not null primary key,
    url text not null,
    -- JSON list of event types; empty for all
    event_types text not null,
    -- JSON list of whsec_... secrets, newest first; several while they are rotated
    secrets text not null,
    is_enabled bigint not null,
    created_at bigint not null,
    created_by text not null,
    revision bigint not null
);

create table webhook_events (
    event_id text not null primary key,
    event_type text not null,
    occurred_at bigint not null,
    -- CloudEvents 1.0, JSON
    body text not null
);

create table webhook_deliveries (
    delivery_id text not null primary key,
    event_id text not null references webhook_events (event_id),
    endpoint_id text not null references webhook_endpoints (endpoint_id),
    -- waiting, delivered, dead
    status text not null,
    attempts bigint not null,
    next_attempt_at bigint not null,
    last_status bigint,
    last_error text,
    updated_at bigint not null
);
create index webhook_deliveries_by_turn on webhook_deliveries (status, next_attempt_at);

-- Who did what: each row holds the hash of the row before it, so that none can be changed or left out unseen.
create table audit_events (
    sequence bigint not null primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text not null,
    previous_hash text not null,
    hash text not null
);

-- Small values of the service itself, such as the last business day that was turned.
create table settings (
    name text not null primary key,
    value text not null
);
