//! PostgreSQL's own benchmark, `pgbench`, with the service's statements: what the database can do on this machine.
//!
//! The statements are the service's to the letter, but that each placeholder becomes a variable of `pgbench`, cast to the
//! placeholder's type. Ids come in batches, because a script can only make numbers up.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use tokio::process::Command;
use vouch_local_postgres::binary_folders;
use vouch_testkit::Parsed;

use crate::{Failure, data::BATCH, statements::Statements};

/// Batches in `bench.everyone` and `bench.amendable`, numbered from 0.
const BATCHES_OF_EVERYONE: u32 = 1_250;
const BATCHES_OF_AMENDABLE: u32 = 500;

/// What a page is searched for.
pub struct Search {
    /// The text.
    pub text: String,
    /// Its grams, as PostgreSQL writes an array.
    pub grams: String,
}

/// A script that does one thing [`BATCH`] times.
pub struct Script {
    sql: String,
    /// What is searched for: variables, because a plan for a known text would not be the service's.
    search: Option<Search>,
    /// Statements that a run counts for: reads count the one that fetches the batch, which costs as much as they do.
    pub operations: f64,
}

impl Script {
    /// Retrieves customers.
    #[must_use]
    pub fn retrieve(statement: &Parsed, column: &str) -> Self {
        let each = |n| bind(statement, &[":org", ":env", &format!(":{column}{n}")]);
        Self::reads("everyone", each)
    }

    /// Reads the pages after customers, or first pages where the statement knows no cursor.
    #[must_use]
    pub fn page(statement: &Parsed, after: bool, search: Option<Search>) -> Self {
        let each = |n| {
            let cursor = if after {
                format!(":id{n}")
            } else {
                "NULL".to_owned()
            };
            let (text, grams) = (":search", ":grams");
            bind(
                statement,
                &[":org", ":env", &cursor, "NULL", "NULL", text, "51", grams],
            )
        };
        Self {
            search,
            ..Self::reads("everyone", each)
        }
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
                "{basis} \\gset was{n}_\n{};\n",
                bind(&statements.amend, &amend)
            )
        };
        let events: String = (0..BATCH).fold(String::new(), |mut sql, n| {
            let _ = write!(sql, ", bench.new_id() AS event{n}");
            sql
        });
        let last = BATCHES_OF_AMENDABLE - 1;
        let mut sql = format!(
            "\\set n random(0, {last})\nSELECT *{events} FROM bench.amendable WHERE n = :n \\gset\n"
        );
        sql.extend((0..BATCH).map(each));
        Self {
            sql,
            search: None,
            operations: operations(0),
        }
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
        let mut sql = format!(
            "SELECT {} FROM {} \\gset\n",
            columns.join(", "),
            newcomers.join(", ")
        );
        let each = |n| {
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
            format!(
                "{};\n{};\n",
                bind(&statements.reserve, &reserve),
                bind(&statements.record, &record)
            )
        };
        sql.extend((0..BATCH).map(each));
        Self {
            sql,
            search: None,
            operations: operations(0),
        }
    }

    fn reads(table: &str, each: impl Fn(usize) -> String) -> Self {
        let last = BATCHES_OF_EVERYONE - 1;
        let mut sql =
            format!("\\set n random(0, {last})\nSELECT * FROM bench.{table} WHERE n = :n \\gset\n");
        sql.extend((0..BATCH).map(|n| format!("{};\n", each(n))));
        Self {
            sql,
            search: None,
            operations: operations(1),
        }
    }
}

fn operations(more: u8) -> f64 {
    // A handful.
    f64::from(u8::try_from(BATCH).unwrap_or(u8::MAX) + more)
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

/// Runs scripts.
pub struct Pgbench {
    program: PathBuf,
    url: String,
    variables: Vec<(&'static str, String)>,
    file: PathBuf,
}

impl Pgbench {
    /// On this database as this tenant; `sealed` are a customer's data key and personal data, in hexadecimal.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn new(
        url: &str,
        organisation: &str,
        sealed: [String; 2],
        file: PathBuf,
    ) -> Result<Self, Failure> {
        let [data_key, personal_data] = sealed;
        let folders = binary_folders();
        let program = folders
            .into_iter()
            .map(|folder| folder.join("pgbench"))
            .find(|path| path.exists());
        Ok(Self {
            program: program
                .ok_or("pgbench is not installed: `apt-get install postgresql-contrib`")?,
            url: url.to_owned(),
            variables: vec![
                ("org", organisation.to_owned()),
                ("env", "test".to_owned()),
                ("hashes", format!("\\x{}", "5a".repeat(144))),
                ("fingerprint", format!("\\x{}", "5a".repeat(32))),
                ("data_key", format!("\\x{data_key}")),
                ("personal_data", format!("\\x{personal_data}")),
            ],
            file,
        })
    }

    /// Runs a script so long on so many connections. Answers operations per second.
    ///
    /// # Errors
    /// When any statement fails.
    pub async fn run(
        &self,
        script: &Script,
        connections: u16,
        seconds: u16,
    ) -> Result<f64, Failure> {
        std::fs::write(&self.file, &script.sql)?;
        let threads = connections.min(2);
        let mut command = Command::new(&self.program);
        command
            .env("PGOPTIONS", "-c jit=off")
            .args([
                "-n",
                "-M",
                "prepared",
                "-c",
                &connections.to_string(),
                "-j",
                &threads.to_string(),
            ])
            .args(["-T", &seconds.to_string(), "-f", path(&self.file)?]);
        for (name, value) in &self.variables {
            command.args(["-D", &format!("{name}={value}")]);
        }
        if let Some(Search { text, grams }) = &script.search {
            command.args(["-D", &format!("search={text}")]);
            command.args(["-D", &format!("grams={grams}")]);
        }
        let output = command.arg(&self.url).output().await?;
        let said = String::from_utf8_lossy(&output.stdout);
        let rate = said
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
        match (output.status.success(), rate) {
            (true, Some(rate)) => Ok(rate.parse::<f64>()? * script.operations),
            _ => Err(format!("pgbench: {said}{}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}

fn path(path: &Path) -> Result<&str, Failure> {
    Ok(path.to_str().ok_or("a path that is not UTF-8")?)
}
