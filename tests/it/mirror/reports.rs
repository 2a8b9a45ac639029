//! The reports of the documentation: each runs as it is written there, and has the columns that are shown.

use super::server::Server;

/// What stands in the fenced blocks of a language, in their order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let (mut blocks, mut open) = (Vec::new(), None::<String>);
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(name)) => open = (name == language).then(String::new),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => *block = format!("{block}{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

/// The names in the head of a table as the client draws it.
fn columns(table: &str) -> Vec<&str> {
    let head = table.lines().find(|line| line.starts_with('|')).unwrap_or_default();
    head.split('|').map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// Runs them all on a mirror in which something of each kind has happened.
pub fn run_as_written(server: &Server) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reporting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (queries, results) = (blocks(&page, "sql"), blocks(&page, "text"));
    assert_eq!(queries.len(), results.len(), "each report shows a result");
    for (query, shown) in queries.iter().zip(&results) {
        let table = server.table(query);
        assert_eq!(columns(&table), columns(shown), "{query}\n{table}");
        assert!(table.lines().count() > 4, "nothing comes out of\n{query}");
    }
}
