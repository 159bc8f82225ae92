-- The ledger: facts that are never changed and never removed.
--
-- A row says that something was so (its business date) and that the source knew of it (recorded_at). What is
-- said again in another way is a new row that supersedes the old one; what is owed is always derived.
-- sequence numbers every fact of every table in the order it was accepted: a reader that has seen n asks for
-- what came after n. Dates are text such as 2026-01-31, instants are microseconds since 1970, amounts are
-- integers of minor units.

-- One row: the last number given, and a hash over all facts in their order, by which two ledgers are compared.
create table ledger_head (
    id bigint not null primary key check (id = 1),
    sequence bigint not null,
    fingerprint text not null
);
insert into ledger_head (id, sequence, fingerprint) values (1, 0, '');

create table customers (
    sequence bigint not null primary key,
    customer_id text not null,
    name text,
    country text,
    party_type text,
    segment text,
    language text,
    credit_limit_minor bigint,
    currency text,
    credit_score double precision,
    parent_id text,
    collector text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index customers_by_key on customers (customer_id, sequence);

create table invoices (
    sequence bigint not null primary key,
    invoice_id text not null,
    customer_id text not null,
    invoice_date text not null,
    due_date text not null,
    amount_minor bigint not null,
    currency text not null,
    entity text,
    business_unit text,
    payment_terms text,
    document_type text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index invoices_by_key on invoices (invoice_id, sequence);
create index invoices_by_customer on invoices (customer_id, sequence);

create table payments (
    sequence bigint not null primary key,
    payment_id text not null,
    invoice_id text not null,
    paid_date text not null,
    amount_minor bigint not null,
    currency text not null,
    method text,
    customer_id text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index payments_by_key on payments (payment_id, sequence);
create index payments_by_customer on payments (customer_id, sequence);
create index payments_by_invoice on payments (invoice_id, sequence);

create table credit_notes (
    sequence bigint not null primary key,
    credit_note_id text not null,
    customer_id text not null,
    credit_date text not null,
    amount_minor bigint not null,
    currency text not null,
    invoice_id text,
    reason text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index credit_notes_by_key on credit_notes (credit_note_id, sequence);
create index credit_notes_by_customer on credit_notes (customer_id, sequence);
create index credit_notes_by_invoice on credit_notes (invoice_id, sequence);

create table write_offs (
    sequence bigint not null primary key,
    write_off_id text not null,
    invoice_id text not null,
    write_off_date text not null,
    amount_minor bigint not null,
    currency text not null,
    reason text,
    customer_id text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index write_offs_by_key on write_offs (write_off_id, sequence);
create index write_offs_by_customer on write_offs (customer_id, sequence);
create index write_offs_by_invoice on write_offs (invoice_id, sequence);

create table disputes (
    sequence bigint not null primary key,
    dispute_id text not null,
    invoice_id text not null,
    opened_on text not null,
    amount_minor bigint,
    currency text,
    reason_code text,
    resolved_on text,
    outcome text,
    customer_id text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index disputes_by_key on disputes (dispute_id, sequence);
create index disputes_by_customer on disputes (customer_id, sequence);
create index disputes_by_invoice on disputes (invoice_id, sequence);

create table promises (
    sequence bigint not null primary key,
    promise_id text not null,
    customer_id text not null,
    created_on text not null,
    promised_date text not null,
    promised_amount_minor bigint,
    currency text,
    invoice_id text,
    channel text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index promises_by_key on promises (promise_id, sequence);
create index promises_by_customer on promises (customer_id, sequence);
create index promises_by_invoice on promises (invoice_id, sequence);

create table instalment_plans (
    sequence bigint not null primary key,
    plan_id text not null,
    invoice_id text not null,
    instalment_no bigint not null,
    agreed_on text not null,
    due_date text not null,
    amount_minor bigint not null,
    currency text not null,
    customer_id text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index instalment_plans_by_key on instalment_plans (plan_id, instalment_no, sequence);
create index instalment_plans_by_customer on instalment_plans (customer_id, sequence);
create index instalment_plans_by_invoice on instalment_plans (invoice_id, sequence);

create table actions (
    sequence bigint not null primary key,
    action_id text not null,
    customer_id text not null,
    action_type text not null,
    channel text,
    sent_on text not null,
    invoice_id text,
    level bigint,
    cost_minor bigint,
    currency text,
    propensity double precision,
    chosen_by text,
    outcome text,
    outcome_on text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index actions_by_key on actions (action_id, sequence);
create index actions_by_customer on actions (customer_id, sequence);
create index actions_by_invoice on actions (invoice_id, sequence);

create table credit_ratings (
    sequence bigint not null primary key,
    customer_id text not null,
    score_date text not null,
    score double precision not null,
    source text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index credit_ratings_by_key on credit_ratings (customer_id, score_date, source, sequence);

create table fx_rates (
    sequence bigint not null primary key,
    from_currency text not null,
    to_currency text not null,
    rate_date text not null,
    rate double precision not null,
    source text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index fx_rates_by_key on fx_rates (from_currency, to_currency, rate_date, sequence);
