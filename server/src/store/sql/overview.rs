//! All credentials, for whoever runs the deployment.

use jiff::Timestamp;

use super::{Connection as _, Engine, SqlStore, credential, pair, read, values};
use crate::store::{Overview, Pair, Pending, Placed, StoreError, Wanted};

impl<E: Engine> SqlStore<E> {
    async fn read_credentials(
        &self,
        wanted: Wanted<'_>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Placed>, StoreError> {
        let (collections, pattern) = (wanted.collections(), wanted.pattern());
        let statement =
            "SELECT seq, collection, id, tenant, name, secret_hash, attributes, created_at, updated_at,
             last_used_at, expires_at, revoked_at FROM credential
             WHERE seq < $1 AND collection LIKE $2 ESCAPE '!'
             AND ($3 IS NULL
                OR ($3 = 'revoked' AND revoked_at IS NOT NULL)
                OR ($3 = 'expired' AND revoked_at IS NULL AND expires_at <= $4)
                OR ($3 = 'active' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)))
             AND ($5 IS NULL OR LOWER(id) LIKE $5 ESCAPE '!' OR LOWER(name) LIKE $5 ESCAPE '!'
                OR LOWER(tenant) LIKE $5 ESCAPE '!')
             ORDER BY seq DESC LIMIT $6";
        let rows = self
            .engine
            .reader()
            .await?
            .rows(
                statement,
                values![
                    before.unwrap_or(i64::MAX),
                    collections.as_str(),
                    wanted.state_word(),
                    wanted.now,
                    pattern.as_deref(),
                    i64::from(limit),
                ],
            )
            .await?;
        let placed = rows.iter().map(|row| {
            let collection = row.text("collection")?;
            let corrupt = StoreError::Corrupt { table: "credential", column: "collection" };
            let (contract, kind) = collection.split_once('/').ok_or(corrupt)?;
            Ok(Placed {
                contract: contract.to_owned(),
                kind: kind.to_owned(),
                place: row.number("seq")?,
                credential: credential::parsed(row)?,
            })
        });
        placed.collect()
    }

    async fn read_pairs(
        &self,
        wanted: Wanted<'_>,
        before: Option<(Timestamp, &str)>,
        limit: u32,
    ) -> Result<Vec<Pair>, StoreError> {
        let pattern = wanted.pattern();
        let (time, key) = before.unwrap_or((Timestamp::MAX, ""));
        let statement = "SELECT api_key, secret_hash, active, created_at, revoked_at FROM api_credential
             WHERE (created_at < $1 OR (created_at = $1 AND api_key < $2))
             AND ($3 IS NULL
                OR ($3 = 'revoked' AND (revoked_at IS NOT NULL OR NOT active))
                OR ($3 = 'active' AND revoked_at IS NULL AND active))
             AND ($4 IS NULL OR LOWER(api_key) LIKE $4 ESCAPE '!')
             ORDER BY created_at DESC, api_key DESC LIMIT $5";
        let values = values![time, key, wanted.state_word(), pattern.as_deref(), i64::from(limit)];
        let rows = self.engine.reader().await?.rows(statement, values).await?;
        rows.iter().map(pair::parsed).collect()
    }
}

impl<E: Engine> Overview for SqlStore<E> {
    fn all_credentials<'a>(
        &'a self,
        wanted: Wanted<'a>,
        before: Option<i64>,
        limit: u32,
    ) -> Pending<'a, Vec<Placed>> {
        read!(self.read_credentials(wanted, before, limit))
    }

    fn all_pairs<'a>(
        &'a self,
        wanted: Wanted<'a>,
        before: Option<(Timestamp, &'a str)>,
        limit: u32,
    ) -> Pending<'a, Vec<Pair>> {
        read!(self.read_pairs(wanted, before, limit))
    }
}
