//! What is measured.

use vouch_domain::{ports::SearchText, tenant::Tenant};
use vouch_postgres::sought;

use crate::{Failure, paths::Paths, script::Script, statements::Statements};

/// Whose data is asked for.
pub struct Caller {
    /// The tenant.
    pub tenant: Tenant,
    /// Its key.
    pub key: String,
}

/// One kind of request, and the same in SQL.
pub struct Scenario<'a> {
    /// Its name, and that of its file of paths.
    pub name: &'static str,
    /// Which form of request `wrk` sends.
    pub kind: &'static str,
    /// The key that it is sent with.
    pub key: &'a str,
    /// What `pgbench` runs.
    pub script: Script,
}

impl<'a> Scenario<'a> {
    fn new(name: &'static str, kind: &'static str, caller: &'a Caller, script: Script) -> Self {
        Self {
            name,
            kind,
            key: &caller.key,
            script: script.on(caller.tenant.organisation),
        }
    }
}

/// A search, by its name and its text. The texts are what the loaded names, addresses and references make them.
const SEARCHES: [(&str, &str); 13] = [
    ("search_selective", "user-0004711"),
    ("search_name", "grace yao"),
    ("search_common", "mail.example"),
    ("search_middling", "047"),
    ("search_old", "user-000"),
    ("search_oldest_tenth", "user-00"),
    ("search_none", "nobody-at-all"),
    ("search_3", "yao"),
    ("search_3_none", "qzx"),
    ("search_2", "ya"),
    ("search_2_none", "qz"),
    ("search_1", "y"),
    ("search_1_none", "ß"),
];

/// What the Remittance API is asked.
///
/// # Errors
/// When a file of paths cannot be written.
pub fn of_remittance<'a>(
    statements: &Statements,
    caller: &'a Caller,
    paths: &Paths,
) -> Result<Vec<Scenario<'a>>, Failure> {
    let get = |name, script| Scenario::new(name, "get", caller, script);
    let by_id = Script::retrieve(&statements.by_id, "id");
    let by_reference = Script::retrieve(&statements.by_reference, "reference");
    let mut scenarios = vec![
        get("retrieve_by_id", by_id),
        get("retrieve_by_reference", by_reference),
        get("list", Script::page(&statements.page)),
        get("list_deep", Script::page_after(&statements.page_after)),
    ];
    for (name, text) in SEARCHES {
        let encoded = text.replace(' ', "%20").replace('ß', "%C3%9F");
        paths.write(name, &[format!("/v1/customers?q={encoded}")])?;
        let grams = grams(text)?;
        let script = Script::search(&statements.search, text, grams);
        scenarios.push(get(name, script));
    }
    let (amend, create) = (Script::amend(statements), Script::create(statements));
    scenarios.push(Scenario::new("patch", "patch", caller, amend));
    scenarios.push(Scenario::new("create", "create", caller, create));
    Ok(scenarios)
}

/// What the Treasury API is asked.
#[must_use]
pub fn of_treasury<'a>(statements: &Statements, caller: &'a Caller) -> Vec<Scenario<'a>> {
    let ledger_of_customer = Script::ledger_of_customer(&statements.ledger_of_customer);
    [
        ("treasury_list", Script::treasury_page(statements)),
        (
            "treasury_list_deep",
            Script::treasury_page_after(statements),
        ),
        ("ledger", Script::ledger(&statements.ledger)),
        ("ledger_of_customer", ledger_of_customer),
    ]
    .into_iter()
    .map(|(name, script)| Scenario::new(name, "get", caller, script))
    .collect()
}

/// The grams of a search, as PostgreSQL writes an array.
fn grams(text: &str) -> Result<String, Failure> {
    let grams = sought(&SearchText::parse(text)?);
    let quoted: Vec<_> = grams.iter().map(|gram| format!("\"{gram}\"")).collect();
    Ok(format!("{{{}}}", quoted.join(",")))
}
