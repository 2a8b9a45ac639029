//! The mirror's side of MySQL: connections, the schema, the cursor, batches. The only file that names
//! sqlx.
//!
//! Guarantees: rows and cursor change together or not at all; every call ends within its time, also
//! where the server is frozen. After any failure the connection is thrown away.

use std::{future::Future, str::FromStr, time::Duration};

use futures_util::TryStreamExt;
use sqlx::{
    Arguments, AssertSqlSafe, Connection, Executor, MySqlConnection, Row as _, SqlSafeStr,
    mysql::{MySqlArguments, MySqlConnectOptions, MySqlPoolOptions, MySqlRow},
    pool::PoolConnection,
};

use super::{
    MirrorError,
    row::{Batch, Cell, Row, Table},
    table::TABLES,
};
use crate::{
    domain::id::{Sequence, Stamp},
    store::Chain,
};

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long one statement on rows may take.
const STATEMENT_WITHIN: Duration = Duration::from_secs(15);
/// How long a change of the schema may take, or emptying a table.
const SCHEMA_WITHIN: Duration = Duration::from_secs(300);
/// The most rows of one statement. Smaller statements have a power of two, so that few are prepared.
pub(super) const ROWS_MAX: usize = 256;
/// Each table has a statement for each power of two.
const STATEMENTS: usize = 256;
/// Rows that are read at once.
const READ_MAX: u64 = 5_000;

/// `no database of this name`, as servers number it.
const NO_DATABASE: u16 = 1049;

/// Changes of the schema, by number from 1; what was released never changes.
const MIGRATIONS: [&str; 2] =
    [include_str!("sql/0001_tables.sql"), include_str!("sql/0002_reports.sql")];

/// The table in which the cursor stands.
pub const CURSOR: &str = "mirror_cursor";

/// Where a mirror stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The last fact in it.
    pub sequence: Sequence,
    /// The journal's chain there.
    pub chain: Chain,
}

/// The cursor as it stands in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCursor {
    /// Which exchange is mirrored.
    pub exchange: String,
    /// Up to where.
    pub cursor: Cursor,
    /// Behind which fact its history begins.
    pub opened_behind: Sequence,
}

/// A connection.
pub struct Database {
    connection: Option<PoolConnection<sqlx::MySql>>,
}

impl Drop for Database {
    fn drop(&mut self) {
        // Given back to the pool, it would wait for a server that may be frozen.
        drop(self.connection.take().map(PoolConnection::detach));
    }
}

/// What a server's failure is to the mirror.
fn failed(doing: &str) -> impl FnOnce(sqlx::Error) -> MirrorError + '_ {
    move |error| MirrorError::Database { doing: doing.to_owned(), detail: error.to_string() }
}

async fn within<T>(
    limit: Duration,
    doing: &str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, MirrorError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done.map_err(failed(doing)),
        Err(_) => {
            Err(MirrorError::TooSlow { doing: doing.to_owned(), within_secs: limit.as_secs() })
        }
    }
}

/// Whether `url` can be used.
///
/// # Errors
/// What is wrong with it, without what it holds.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    let known = url.starts_with("mysql://") || url.starts_with("mariadb://");
    let options = MySqlConnectOptions::from_str(url).ok().filter(|_| known);
    let options = options.ok_or("must be mysql://user:password@host:port/database")?;
    match options.get_database() {
        Some(name) if !name.contains('`') => Ok(()),
        _ => Err("must name a database: mysql://user:password@host:port/database"),
    }
}

impl Database {
    /// Connects; makes the database where it is missing and the user may.
    ///
    /// # Errors
    /// What keeps it from being used.
    pub async fn connect(url: &str) -> Result<Database, MirrorError> {
        let options = MySqlConnectOptions::from_str(url).map_err(failed("read mysql_url"))?;
        let options = options.statement_cache_capacity(STATEMENTS);
        match connect(options.clone()).await {
            Err(sqlx::Error::Database(error)) if is_missing(&*error) => {
                make_database(options.clone()).await?;
                let again = connect(options).await.map_err(failed("connect"))?;
                Ok(Database { connection: Some(again) })
            }
            Ok(connection) => Ok(Database { connection: Some(connection) }),
            Err(sqlx::Error::PoolTimedOut) => Err(MirrorError::TooSlow {
                doing: "connect".into(),
                within_secs: CONNECT_WITHIN.as_secs(),
            }),
            Err(error) => Err(failed("connect")(error)),
        }
    }

    fn raw(&mut self) -> &mut MySqlConnection {
        self.connection.as_mut().expect("it is taken only when this is dropped")
    }

    async fn run(&mut self, doing: &str, sql: String) -> Result<(), MirrorError> {
        let work = self.raw().execute(sqlx::raw_sql(AssertSqlSafe(sql)));
        within(SCHEMA_WITHIN, doing, work).await.map(drop)
    }

    /// The names of tables and views that are there.
    async fn names(&mut self) -> Result<Vec<String>, MirrorError> {
        let sql = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                   WHERE table_schema = DATABASE()";
        let work = sqlx::query_scalar(sql).fetch_all(self.raw());
        within(STATEMENT_WITHIN, "list tables", work).await
    }

    /// Brings the schema up to date. An interrupted change is made again.
    ///
    /// # Errors
    /// `Foreign` where the database holds tables that are not the mirror's, `Newer` where a newer
    /// release has been here.
    pub async fn migrate(&mut self) -> Result<(), MirrorError> {
        let names = self.names().await?;
        if !names.iter().any(|name| name == "schema_version") {
            match names.into_iter().next() {
                Some(_) if self.holds_mirror().await? => self.drop_all().await?,
                Some(table) => return Err(MirrorError::Foreign { table }),
                None => {}
            }
            let sql = "CREATE TABLE schema_version (version INT UNSIGNED NOT NULL PRIMARY KEY, \
                       applied_at DATETIME(3) NOT NULL) ENGINE = InnoDB";
            self.run("make the schema", sql.into()).await?;
        }
        let newest = sqlx::query_scalar(
            "SELECT CAST(COALESCE(MAX(version), 0) AS UNSIGNED) FROM schema_version",
        );
        let work = newest.fetch_one(self.raw());
        let done: u64 = within(STATEMENT_WITHIN, "read the schema's version", work).await?;
        if done > MIGRATIONS.len() as u64 {
            return Err(MirrorError::Newer { version: done });
        }
        for (version, migration) in (1..).zip(MIGRATIONS).skip(done as usize) {
            for statement in statements(migration) {
                self.run(&format!("apply migration {version}"), statement).await?;
            }
            let sql = "INSERT INTO schema_version VALUES (?, UTC_TIMESTAMP(3))";
            let work = sqlx::query(sql).bind(version as u64).execute(self.raw());
            within(STATEMENT_WITHIN, "note the schema's version", work).await?;
            tracing::info!(version, "the mirror's schema was brought up to date");
        }
        Ok(())
    }

    /// Whether there is a mirror in it.
    ///
    /// # Errors
    /// What the server says.
    pub async fn holds_mirror(&mut self) -> Result<bool, MirrorError> {
        Ok(self.names().await?.iter().any(|name| name == "schema_version" || name == CURSOR))
    }

    /// The tables of the mirror that somebody removed. Views are made again.
    ///
    /// # Errors
    /// What the server says.
    pub async fn missing(&mut self) -> Result<Vec<&'static str>, MirrorError> {
        let names = self.names().await?;
        let is_missing = |name: &&str| !names.iter().any(|known| known == name);
        let tables: Vec<&str> = made(MIGRATIONS[0], "EXISTS ").filter(is_missing).collect();
        if tables.is_empty() && made(MIGRATIONS[1], "VIEW ").any(|view| is_missing(&view)) {
            for statement in statements(MIGRATIONS[1]) {
                self.run("make the views", statement).await?;
            }
        }
        Ok(tables)
    }

    /// Removes everything that the mirror made.
    ///
    /// # Errors
    /// What the server says.
    pub async fn drop_all(&mut self) -> Result<(), MirrorError> {
        let names = self.names().await?;
        let there = |name: &&str| names.iter().any(|known| known == name);
        for view in made(MIGRATIONS[1], "VIEW ").filter(there) {
            self.run("remove a view", format!("DROP VIEW {view}")).await?;
        }
        self.run("remove tables", "SET SESSION foreign_key_checks = 0".into()).await?;
        // Its version goes last, so that an interrupted removal is known to be the mirror's.
        for table in made(MIGRATIONS[0], "EXISTS ").chain(["schema_version"]).filter(there) {
            self.run("remove a table", format!("DROP TABLE {table}")).await?;
        }
        self.run("remove tables", "SET SESSION foreign_key_checks = 1".into()).await
    }

    /// Removes all rows, the cursor first: without it, the rest is known to be of no use.
    ///
    /// # Errors
    /// What the server says.
    pub async fn empty(&mut self) -> Result<(), MirrorError> {
        self.run("remove the cursor", "DELETE FROM mirror_cursor".into()).await?;
        self.run("empty tables", "SET SESSION foreign_key_checks = 0".into()).await?;
        for table in TABLES {
            self.run("empty a table", format!("TRUNCATE TABLE {}", table.name)).await?;
        }
        self.run("empty tables", "SET SESSION foreign_key_checks = 1".into()).await
    }

    /// Where the mirror stands; `None` where it is empty.
    ///
    /// # Errors
    /// What the server says.
    pub async fn stands(&mut self) -> Result<Option<StoredCursor>, MirrorError> {
        let sql = "SELECT exchange, sequence, chain, opened_behind FROM mirror_cursor WHERE id = 1";
        let work = sqlx::query(sql).fetch_optional(self.raw());
        let row = within(STATEMENT_WITHIN, "read the cursor", work).await?;
        let read = |row: MySqlRow| -> Result<StoredCursor, sqlx::Error> {
            let chain: String = row.try_get(2)?;
            let chain = chain.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            let cursor = Cursor { sequence: Sequence(row.try_get(1)?), chain };
            let opened_behind = Sequence(row.try_get(3)?);
            Ok(StoredCursor { exchange: row.try_get(0)?, cursor, opened_behind })
        };
        row.map(read).transpose().map_err(failed("read the cursor"))
    }

    /// Writes the first rows of an empty mirror, and its cursor, which stands behind them.
    ///
    /// # Errors
    /// What the server says; then nothing was written.
    pub async fn open(
        &mut self,
        batch: &Batch,
        stands: &StoredCursor,
        at: Option<Stamp>,
    ) -> Result<(), MirrorError> {
        let mut work = self.raw().begin().await.map_err(failed("begin"))?;
        write_rows(&mut work, batch).await?;
        let sql = "INSERT INTO mirror_cursor (id, exchange, sequence, chain, opened_behind, \
                   opened_at, updated_at) VALUES (1, ?, ?, ?, ?, ?, UTC_TIMESTAMP(3))";
        let statement = sqlx::query(sql)
            .bind(&stands.exchange)
            .bind(stands.cursor.sequence.0)
            .bind(stands.cursor.chain.to_string())
            .bind(stands.opened_behind.0)
            .bind(at.and_then(|at| Cell::time(at).printed_text()));
        within(STATEMENT_WITHIN, "write the cursor", statement.execute(&mut *work)).await?;
        within(STATEMENT_WITHIN, "commit", work.commit()).await
    }

    /// Writes rows and moves the cursor from `before` to `after`, together. Where it is there already,
    /// since an earlier attempt went through unseen, nothing changes.
    ///
    /// # Errors
    /// `Moved` where the cursor is elsewhere. Whether anything was written is then for the next attempt
    /// to find out.
    pub async fn write(
        &mut self,
        batch: &Batch,
        before: Sequence,
        after: &Cursor,
    ) -> Result<(), MirrorError> {
        let begin = self.raw().begin();
        let mut work = within(STATEMENT_WITHIN, "begin", begin).await?;
        let sql = "SELECT sequence FROM mirror_cursor WHERE id = 1 FOR UPDATE";
        let cursor = sqlx::query_scalar(sql).fetch_optional(&mut *work);
        let found: Option<u64> = within(STATEMENT_WITHIN, "lock the cursor", cursor).await?;
        match found.map(Sequence) {
            Some(at) if at == after.sequence => return Ok(()),
            Some(at) if at == before => {}
            found => return Err(MirrorError::Moved { found }),
        }
        write_rows(&mut work, batch).await?;
        let sql = "UPDATE mirror_cursor SET sequence = ?, chain = ?, updated_at = UTC_TIMESTAMP(3) \
                   WHERE id = 1";
        let moved = sqlx::query(sql).bind(after.sequence.0).bind(after.chain.to_string());
        within(STATEMENT_WITHIN, "move the cursor", moved.execute(&mut *work)).await?;
        within(STATEMENT_WITHIN, "commit", work.commit()).await
    }

    /// Writes rows and nothing else.
    ///
    /// # Errors
    /// What the server says; then nothing was written.
    pub async fn insert(&mut self, batch: &Batch) -> Result<(), MirrorError> {
        let mut work = self.raw().begin().await.map_err(failed("begin"))?;
        write_rows(&mut work, batch).await?;
        within(STATEMENT_WITHIN, "commit", work.commit()).await
    }

    /// From here on everything that is read is of one moment.
    ///
    /// # Errors
    /// What the server says.
    pub async fn freeze_view(&mut self) -> Result<(), MirrorError> {
        let sql = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
        self.run("begin reading", sql.into()).await
    }

    /// Reads a table in the order of its ids, each row as texts.
    ///
    /// # Errors
    /// What the server says.
    pub async fn read(
        &mut self,
        table: &Table,
        mut each: impl FnMut(u64, Vec<Option<String>>),
    ) -> Result<(), MirrorError> {
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!("CAST(`{column}` AS CHAR)")).collect();
        let sql = format!(
            "SELECT id, {} FROM `{}` WHERE id > ? ORDER BY id LIMIT {READ_MAX}",
            columns.join(", "),
            table.name
        );
        let mut last = 0;
        loop {
            let mut count = 0;
            let read = async {
                let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(last);
                let mut rows = query.fetch(self.raw());
                while let Some(row) = rows.try_next().await? {
                    last = row.try_get(0)?;
                    let cells = (1..row.len()).map(|at| row.try_get(at));
                    each(last, cells.collect::<Result<_, _>>()?);
                    count += 1;
                }
                Ok(())
            };
            within(SCHEMA_WITHIN, table.name, read).await?;
            if count < READ_MAX {
                return Ok(());
            }
        }
    }
}

fn is_missing(error: &dyn sqlx::error::DatabaseError) -> bool {
    let error = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
    error.is_some_and(|error| error.number() == NO_DATABASE)
}

async fn connect(options: MySqlConnectOptions) -> Result<PoolConnection<sqlx::MySql>, sqlx::Error> {
    let pool = MySqlPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_WITHIN)
        .after_connect(|connection, _| {
            Box::pin(async move {
                // What does not fit is an error, whatever the server's own mode is.
                let sql = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,\
                           ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
                           innodb_lock_wait_timeout = 10";
                connection.execute(sql).await.map(drop)
            })
        })
        .connect_with(options);
    tokio::time::timeout(CONNECT_WITHIN, async { pool.await?.acquire().await })
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

async fn make_database(options: MySqlConnectOptions) -> Result<(), MirrorError> {
    let name = options.get_database().unwrap_or_default().to_owned();
    // Any database that is always there will do; one can only ask while connected.
    let mut connection =
        connect(options.database("information_schema")).await.map_err(failed("connect"))?;
    let sql =
        format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
    let work = connection.execute(AssertSqlSafe(sql).into_sql_str());
    within(STATEMENT_WITHIN, "make the database", work).await?;
    tracing::info!(name, "made the mirror's database");
    Ok(())
}

/// The statements of a migration.
fn statements(migration: &str) -> impl Iterator<Item = String> + '_ {
    let code: String = migration
        .lines()
        .filter(|line| !line.starts_with("--"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let parts: Vec<String> = code.split(";\n").map(|part| part.trim().to_owned()).collect();
    parts.into_iter().filter(|part| !part.is_empty())
}

/// What a migration makes, the last first: the names behind `word`.
fn made<'a>(migration: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = migration.lines().rev().filter(|line| line.starts_with("CREATE "));
    lines.filter_map(move |line| line.split_once(word)?.1.split_whitespace().next())
}

/// Writes rows, table by table, many a statement.
async fn write_rows(connection: &mut MySqlConnection, batch: &Batch) -> Result<(), MirrorError> {
    for (table, rows) in batch.tables() {
        let rows: Vec<&Row> = rows.values().collect();
        for part in parts(&rows) {
            let sql = insert_sql(table, part.len());
            let arguments = arguments(part).map_err(failed(table.name))?;
            let work = sqlx::query_with(AssertSqlSafe(sql), arguments).execute(&mut *connection);
            within(STATEMENT_WITHIN, table.name, work).await?;
        }
    }
    Ok(())
}

/// Cuts rows into parts of which each has a power of two.
fn parts<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let most = rows.len().min(ROWS_MAX).checked_ilog2()?;
        let (part, rest) = rows.split_at(1 << most);
        rows = rest;
        Some(part)
    })
}

/// A row that is there already is replaced, or left alone where rows of its table never change.
fn insert_sql(table: &Table, rows: usize) -> String {
    let quoted = |column: &&str| format!("`{column}`");
    let columns: Vec<String> = table.columns.iter().map(quoted).collect();
    let marks = format!("({})", vec!["?"; columns.len()].join(", "));
    let set = |column: &&str| match Some(*column) == table.sticky {
        true => format!("`{column}` = COALESCE(VALUES(`{column}`), `{column}`)"),
        false => format!("`{column}` = VALUES(`{column}`)"),
    };
    let changes: Vec<String> = match table.changes {
        true => table.columns[1..].iter().map(set).collect(),
        false => vec!["`id` = `id`".into()],
    };
    format!(
        "INSERT INTO `{}` ({}) VALUES {} ON DUPLICATE KEY UPDATE {}",
        table.name,
        columns.join(", "),
        vec![marks; rows].join(", "),
        changes.join(", ")
    )
}

fn arguments(rows: &[&Row]) -> Result<MySqlArguments, sqlx::Error> {
    let mut arguments = MySqlArguments::default();
    for cell in rows.iter().flat_map(|row| row.iter()) {
        match cell {
            Cell::Null => arguments.add(None::<&str>),
            Cell::Number(number) => arguments.add(*number),
            Cell::Text(text) => arguments.add(&**text),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_powers_of_two() {
        let rows = vec![(); 2 * ROWS_MAX + 13];
        let sizes: Vec<usize> = parts(&rows).map(<[()]>::len).collect();
        assert_eq!(sizes, [ROWS_MAX, ROWS_MAX, 8, 4, 1]);
        assert_eq!(parts::<()>(&[]).count(), 0);
    }

    #[test]
    fn migrations_are_whole_statements() {
        let all = MIGRATIONS.iter().flat_map(|migration| statements(migration));
        let all: Vec<String> = all.collect();
        assert!(all.iter().all(|statement| statement.starts_with("CREATE ")), "{all:?}");
        assert_eq!(made(MIGRATIONS[0], "EXISTS ").last(), Some("mirror_cursor"));
        assert_eq!(made(MIGRATIONS[1], "VIEW ").last(), Some("report_daily"));
    }

    #[test]
    fn a_url_names_a_server_and_a_database() {
        assert_eq!(check_url("mysql://souk:secret@localhost:3306/souk"), Ok(()));
        assert!(check_url("mysql://localhost").is_err());
        assert!(check_url("postgres://localhost/souk").is_err());
        assert!(check_url("souk").is_err());
    }
}
