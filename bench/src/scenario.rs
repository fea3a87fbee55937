//! What is measured.

use vouch_domain::{id::OrganisationId, ports::SearchText};
use vouch_postgres::sought;

use crate::{
    Failure,
    data::Paths,
    pgbench::{Script, Search},
    statements::Statements,
};

/// One kind of request, and the same in SQL.
pub struct Scenario {
    /// Its name, and that of its file of paths.
    pub name: &'static str,
    /// Which form of request `wrk` sends.
    pub kind: &'static str,
    /// What `pgbench` runs.
    pub script: Script,
}

/// A search, by its name and its text. The texts are what the loaded names, addresses and references make them.
const SEARCHES: [(&str, &str); 9] = [
    ("search_selective", "user-0004711"),
    ("search_common", "mail.example"),
    ("search_none", "nobody-at-all"),
    ("search_3", "yao"),
    ("search_3_none", "qzx"),
    ("search_2", "ya"),
    ("search_2_none", "qz"),
    ("search_1", "y"),
    ("search_1_none", "ß"),
];

/// All of them on this organisation's customers, with their files of paths.
///
/// # Errors
/// When a file cannot be written.
pub fn all(
    statements: &Statements,
    organisation: OrganisationId,
    paths: &Paths,
) -> Result<Vec<Scenario>, Failure> {
    let get = |name, script| Scenario {
        name,
        kind: "get",
        script,
    };
    let mut scenarios = vec![
        get("retrieve_by_id", Script::retrieve(&statements.by_id, "id")),
        get(
            "retrieve_by_reference",
            Script::retrieve(&statements.by_reference, "reference"),
        ),
        get("list", Script::page(&statements.page, false, None)),
        get(
            "list_deep",
            Script::page(&statements.page_after, true, None),
        ),
    ];
    for (name, text) in SEARCHES {
        let encoded = text.replace('ß', "%C3%9F");
        paths.write(name, &[format!("/v1/customers?q={encoded}")])?;
        let search = Search {
            text: text.to_owned(),
            grams: format!(
                "{{{}}}",
                sought(organisation, &SearchText::parse(text)?).join(",")
            ),
        };
        scenarios.push(get(
            name,
            Script::page(&statements.search, false, Some(search)),
        ));
    }
    scenarios.push(Scenario {
        name: "patch",
        kind: "patch",
        script: Script::amend(statements),
    });
    scenarios.push(Scenario {
        name: "create",
        kind: "create",
        script: Script::create(statements),
    });
    Ok(scenarios)
}
