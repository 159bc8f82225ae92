//! Whose an invoice is.

use sqlx::Row;

use super::{Error, Store};

impl Store {
    /// Returns the customer of an invoice, by its latest version; nothing where there is no such invoice.
    ///
    /// # Errors
    ///
    /// [`Error::Sql`] when the store has no answer.
    pub async fn customer_of_invoice(&self, invoice_id: &str) -> Result<Option<String>, Error> {
        let found = sqlx::query(
            "select customer_id from invoices where invoice_id = $1 order by sequence desc limit 1",
        )
        .bind(invoice_id.to_owned())
        .fetch_optional(self.pool())
        .await
        .map_err(Error::sql("looking up the customer of an invoice"))?;
        found
            .map(|row| row.try_get::<String, _>("customer_id"))
            .transpose()
            .map_err(Error::sql("reading the customer of an invoice"))
    }
}
