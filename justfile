# What continuous integration runs, by name. `just` alone lists the recipes.

default:
    @just --list

# Everything that must be green before a commit.
check: fmt-check test clippy docs

# Format all sources.
fmt:
    cargo fmt --all

# Fail when a source is not formatted.
fmt-check:
    cargo fmt --all -- --check

# All tests, with what they need; arguments filter by name.
test *FILTER:
    scripts/test {{FILTER}}

# Only the behaviour tests.
spec *FILTER:
    cargo test --release --test spec -- {{FILTER}}

# Only the checks of the repository itself.
tidy:
    cargo test --release --test tidy

# Lints, in the profile of the tests, so that build scripts and macros are shared.
clippy:
    cargo clippy --release --all-targets --locked -- -D warnings

# The reference, warnings denied.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --locked

# Licences, advisories and sources; needs cargo-deny.
deny:
    cargo deny check

# Time, rows a second and peak memory of each stage; arguments name tasks.
bench *TASKS:
    cargo bench --bench flow -- {{TASKS}}

# The five-minute tour.
demo:
    cargo run --release -- demo

# The committed sample ledger, written again from its seed; its truth stays in out/.
sample:
    cargo run --release -- simulate --customers 150 --invoices 6000 --seed 20261122 --out out/sample
    cp out/sample/*.csv data/sample/

# The committed model, trained again on the sample.
model:
    cargo run --release -- train --ledger data/sample --as-of 2026-03-29 --out models/demo
