//! Scripts for `pgbench` of the service's own statements.
//!
//! The statements are the service's to the letter, but that each placeholder becomes a variable of `pgbench`, cast to the
//! placeholder's type. Ids come in batches, because a script can only make numbers up.

use std::fmt::Write;

use vouch_domain::id::OrganisationId;
use vouch_testkit::Parsed;

use crate::{
    data::{AMENDABLE, BATCH, EVERYONE, PAYERS, Table},
    statements::Statements,
};

/// Rows that the service asks for where a page of 50 is read: one more tells whether there are more.
const PAGE: &str = "51";
/// Rows of a page of the Treasury API, which counts instead.
const TREASURY_PAGE: &str = "50";
/// The most transactions of a ledger.
const LEDGER: &str = "200";
/// Stands for the whole tenant where rows are counted.
const WHOLE_TENANT: &str = "'00000000-0000-0000-0000-000000000000'";

/// A script that does one thing [`BATCH`] times.
pub struct Script {
    pub(crate) sql: String,
    /// What `pgbench` is told beside the script: a plan for values that stand in the text would not be the service's.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// Statements that a run counts for.
    pub(crate) operations: f64,
}

impl Script {
    /// Retrieves customers. The query that fetches a batch counts too: it costs as much as they do.
    #[must_use]
    pub fn retrieve(statement: &Parsed, column: &str) -> Self {
        let each = |n| bind(statement, &[":org", ":env", &format!(":{column}{n}")]);
        Self {
            operations: f64::from(BATCH + 1),
            ..Self::of_batches(&EVERYONE, each)
        }
    }

    /// Reads first pages.
    #[must_use]
    pub fn page(statement: &Parsed) -> Self {
        Self::again(|_| {
            bind(
                statement,
                &[":org", ":env", "NULL", "NULL", "NULL", "NULL", PAGE],
            )
        })
    }

    /// Reads the pages after customers.
    #[must_use]
    pub fn page_after(statement: &Parsed) -> Self {
        Self::of_batches(&EVERYONE, |n| {
            let cursor = format!(":id{n}");
            bind(
                statement,
                &[":org", ":env", &cursor, "NULL", "NULL", "NULL", PAGE],
            )
        })
    }

    /// Reads first pages of what holds this text; `grams` are its grams, as PostgreSQL writes an array.
    #[must_use]
    pub fn search(statement: &Parsed, text: &str, grams: String) -> Self {
        let values = [
            ":org", ":env", "NULL", "NULL", "NULL", ":search", PAGE, ":grams",
        ];
        let mut script = Self::again(|_| bind(statement, &values));
        script.variables = vec![("search", text.to_owned()), ("grams", grams)];
        script
    }

    /// Reads the Treasury API's first pages of customers, and counts customers.
    #[must_use]
    pub fn treasury_page(statements: &Statements) -> Self {
        let page = [":org", ":env", TREASURY_PAGE];
        let page = bind(&statements.treasury_page, &page);
        Self::again(|_| format!("{page};\n{}", count(statements)))
    }

    /// Reads its pages after customers, and counts customers.
    #[must_use]
    pub fn treasury_page_after(statements: &Statements) -> Self {
        Self::of_batches(&PAYERS, |n| {
            let page = [":org", ":env", TREASURY_PAGE, &format!(":id{n}")];
            let page = bind(&statements.treasury_page_after, &page);
            format!("{page};\n{}", count(statements))
        })
    }

    /// Reads the ledger.
    #[must_use]
    pub fn ledger(statement: &Parsed) -> Self {
        Self::again(|_| bind(statement, &[":org", ":env", WHOLE_TENANT, LEDGER]))
    }

    /// Reads customers' ledgers.
    #[must_use]
    pub fn ledger_of_customer(statement: &Parsed) -> Self {
        Self::of_batches(&PAYERS, |n| {
            bind(statement, &[":org", ":env", &format!(":id{n}"), LEDGER])
        })
    }

    /// Reads and amends customers. What was sealed is written back as it was.
    #[must_use]
    pub fn amend(statements: &Statements) -> Self {
        let each = |n| {
            let basis = [":org", ":env", &format!(":id{n}"), "NULL", "NULL"];
            let read = |column: &str| format!(":was{n}_{column}");
            let amend = [
                ":org",
                ":env",
                &format!(":id{n}"),
                &read("version"),
                ":hashes",
                &read("data_key"),
                &read("personal_data"),
                "NULL",
                "NULL",
                "NULL",
                "false",
                &format!(":event{n}"),
                "'{street}'",
            ];
            let basis = bind(&statements.basis, &basis);
            format!(
                "{basis} \\gset was{n}_\n{}",
                bind(&statements.amend, &amend)
            )
        };
        let events: String = (0..BATCH).fold(String::new(), |mut sql, n| {
            let _ = write!(sql, ", bench.new_id() AS event{n}");
            sql
        });
        Self::of(batch(&AMENDABLE, &events), each)
    }

    /// Creates customers, without a rail.
    #[must_use]
    pub fn create(statements: &Statements) -> Self {
        const COLUMNS: [&str; 8] = [
            "id", "token", "event", "name", "address", "search", "grams", "person",
        ];
        let columns = |n| {
            COLUMNS
                .map(|column| format!("p{n}.{column} AS {column}{n}"))
                .join(", ")
        };
        let columns: Vec<String> = (0..BATCH).map(columns).collect();
        let newcomers: Vec<String> = (0..BATCH)
            .map(|n| format!("bench.newcomer() p{n}"))
            .collect();
        let (columns, newcomers) = (columns.join(", "), newcomers.join(", "));
        let first = format!("SELECT {columns} FROM {newcomers} \\gset\n");
        Self::of(first, |n| {
            let own = |column: &str| format!(":{column}{n}");
            let (id, address) = (own("id"), own("address"));
            let key = format!("uuid_send(CAST({id} AS uuid))");
            let reserve = [
                ":org",
                ":env",
                &id,
                &id,
                "'individual'",
                "'CA'",
                "'passport'",
                &own("name"),
                &address,
                &own("search"),
                ":hashes",
                ":data_key",
                ":personal_data",
                &own("person"),
                &own("token"),
                "15000",
                &key,
                "'remittance'",
                ":fingerprint",
            ];
            let record = [
                ":org",
                ":env",
                &id,
                &own("token"),
                &id,
                "true",
                &own("event"),
                &own("grams"),
            ];
            let reserve = bind(&statements.reserve, &reserve);
            format!("{reserve};\n{}", bind(&statements.record, &record))
        })
    }

    /// On this organisation's data.
    #[must_use]
    pub fn on(mut self, organisation: OrganisationId) -> Self {
        self.variables
            .push(("org", organisation.uuid().to_string()));
        self
    }

    fn again(each: impl Fn(u8) -> String) -> Self {
        Self::of(String::new(), each)
    }

    fn of_batches(table: &Table, each: impl Fn(u8) -> String) -> Self {
        Self::of(batch(table, ""), each)
    }

    fn of(first: String, each: impl Fn(u8) -> String) -> Self {
        let mut sql = first;
        sql.extend((0..BATCH).map(|n| format!("{};\n", each(n))));
        Self {
            sql,
            variables: Vec::new(),
            operations: f64::from(BATCH),
        }
    }
}

/// Fetches any of the batches, with more columns.
fn batch(table: &Table, more: &str) -> String {
    let (name, last) = (table.name, table.batches - 1);
    format!("\\set n random(0, {last})\nSELECT *{more} FROM bench.{name} WHERE n = :n \\gset\n")
}

fn count(statements: &Statements) -> String {
    bind(&statements.treasury_count, &[":org", ":env", WHOLE_TENANT])
}

/// The statement with these in place of its placeholders.
fn bind(statement: &Parsed, values: &[&str]) -> String {
    let mut parts = statement.sql.split('$');
    let mut sql = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part
            .find(|next: char| !next.is_ascii_digit())
            .unwrap_or(part.len());
        let (number, rest) = part.split_at(digits);
        let index = number.parse::<usize>().unwrap_or_default().wrapping_sub(1);
        let value = values.get(index).copied().unwrap_or("NULL");
        let sql_type = statement.types.get(index).map_or("text", String::as_str);
        let _ = write!(sql, "CAST({value} AS {sql_type}){rest}");
    }
    sql
}
