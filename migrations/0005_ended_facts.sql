-- A fact that only says until when the one it supersedes held: a match at the bank gave way to what the system that
-- keeps the receivables says itself. It has the values of that fact, and counts in no sum. Empty in every other row.

alter table customers add column superseded_on text;
alter table invoices add column superseded_on text;
alter table payments add column superseded_on text;
alter table credit_notes add column superseded_on text;
alter table write_offs add column superseded_on text;
alter table disputes add column superseded_on text;
alter table promises add column superseded_on text;
alter table instalment_plans add column superseded_on text;
alter table actions add column superseded_on text;
alter table credit_ratings add column superseded_on text;
alter table fx_rates add column superseded_on text;
alter table receipts add column superseded_on text;
