-- Money seen at the bank, and what names an invoice beside its id: what cash is applied by.

alter table invoices add column number text;
alter table invoices add column payment_reference text;
alter table payments add column receipt_id text;
alter table payments add column confidence double precision;
create index payments_by_receipt on payments (receipt_id, sequence);

create table receipts (
    sequence bigint not null primary key,
    receipt_id text not null,
    customer_id text,
    value_date text not null,
    booking_date text,
    amount_minor bigint not null,
    currency text not null,
    in_ledger_minor bigint,
    bank_account text,
    kind text,
    reversal_of text,
    payer_name text,
    -- A fingerprint: the account of a payer is never kept.
    payer_account text,
    structured_reference text,
    remittance text,
    end_to_end_id text,
    referred_documents text,
    bank_reference text,
    source text,
    recorded_at text,
    known_on text,
    supersedes bigint,
    accepted_at bigint not null,
    content_hash text not null
);
create index receipts_by_key on receipts (receipt_id, sequence);
create index receipts_by_customer on receipts (customer_id, sequence);
