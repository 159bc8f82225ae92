//! `duecast audit`: whether the audit trail is the one that was written.

use anyhow::bail;
use clap::{Args, Subcommand};

use super::screen::Screen;
use super::store_arguments::{StoreArguments, block_on};
use crate::app::store::AuditFault;

/// Check the audit trail of the service
#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no row of the audit trail was changed, put in or taken out
    Verify {
        #[command(flatten)]
        store: StoreArguments,
    },
}

pub(super) fn run(arguments: &Arguments, screen: &Screen) -> anyhow::Result<()> {
    let AuditCommand::Verify { store } = &arguments.command;
    let proof = block_on(async {
        let store = store.connect().await?;
        let proof = store.verify_audit().await?;
        store.close().await;
        Ok(proof)
    })?;
    match proof.fault {
        None => screen.line(format!(
            "{} rows, each as it was written; the head is {}",
            proof.rows, proof.head
        )),
        Some(AuditFault::Missing(sequence)) => bail!(
            "row {sequence} of the audit trail is missing; the {} rows before it are as they were written",
            proof.rows
        ),
        Some(AuditFault::Altered(sequence)) => bail!(
            "row {sequence} of the audit trail is not the one that was written; {} rows before it are",
            proof.rows
        ),
    }
}
