//! Rows as the mirror writes and compares them: cells, tables, and a batch of rows to be.
//!
//! A cell is kept as MySQL prints it, so that what was read can be compared with what was written to
//! the last digit. A row is the whole thing after a fact; of several in one batch only the last counts.

use std::collections::BTreeMap;

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::domain::{id::Stamp, money::print_scaled};

/// Decimals of a `DECIMAL(38, 18)`.
const DECIMALS: usize = 18;
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Nothing.
    Null,
    /// An id, a count, a rating or a flag.
    Number(u64),
    /// A text, a decimal or a time.
    Text(Box<str>),
}

impl Cell {
    /// A count of units of 10^-`scale`, as an exact decimal.
    pub fn decimal(units: i128, scale: u32) -> Cell {
        let mut text = print_scaled(units, scale);
        if scale == 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', DECIMALS.saturating_sub(scale as usize)));
        Cell::Text(text.into())
    }

    /// A text in plain decimal notation, as an exact decimal.
    pub fn printed(text: &str) -> Cell {
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let dot = if decimals == 0 { "." } else { "" };
        let zeros = "0".repeat(DECIMALS.saturating_sub(decimals));
        Cell::Text(format!("{text}{dot}{zeros}").into())
    }

    /// A moment in UTC.
    pub fn time(stamp: Stamp) -> Cell {
        let nanos = i128::from(stamp.0) * 1_000_000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok();
        let text = text.and_then(|time| time.format(TIME).ok());
        // A manual clock can be set beyond any calendar.
        Cell::Text(text.filter(|text| text.len() == 23).unwrap_or_else(|| LATEST.into()).into())
    }

    /// A text.
    pub fn text(text: impl Into<Box<str>>) -> Cell {
        Cell::Text(text.into())
    }

    /// `cell`, or nothing.
    pub fn or_null<T>(value: Option<T>, cell: impl FnOnce(T) -> Cell) -> Cell {
        value.map_or(Cell::Null, cell)
    }

    /// As MySQL prints it; `None` for nothing.
    pub fn printed_text(&self) -> Option<String> {
        match self {
            Cell::Null => None,
            Cell::Number(number) => Some(number.to_string()),
            Cell::Text(text) => Some(text.to_string()),
        }
    }
}

/// The last moment that a `DATETIME(3)` holds.
const LATEST: &str = "9999-12-31 23:59:59.999";

/// The values of a row, in the order of its table's columns; the first is its id.
pub type Row = Vec<Cell>;

/// A table that the mirror fills.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; the first is the primary key.
    pub columns: &'static [&'static str],
    /// Whether its rows ever change.
    pub changes: bool,
    /// A column that stays as it is where a newer row has nothing in it.
    pub sticky: Option<&'static str>,
}

impl Table {
    /// The place of the column that stays.
    pub fn sticky_at(&self) -> Option<usize> {
        self.columns.iter().position(|column| Some(*column) == self.sticky)
    }

    /// Puts what stays of an older row into a newer one.
    pub fn merge(&self, older: &Row, newer: &mut Row) {
        if let Some(at) = self.sticky_at()
            && newer[at] == Cell::Null
        {
            newer[at] = older[at].clone();
        }
    }
}

/// Rows to be written together, by table and id.
#[derive(Debug)]
pub struct Batch {
    tables: &'static [Table],
    rows: Vec<BTreeMap<u64, Row>>,
}

impl Batch {
    /// No rows yet, for these tables.
    pub fn new(tables: &'static [Table]) -> Batch {
        Batch { tables, rows: tables.iter().map(|_| BTreeMap::new()).collect() }
    }

    /// Puts a row in place of an older one with its id.
    pub fn put(&mut self, table: usize, id: u64, rest: impl IntoIterator<Item = Cell>) {
        let mut row: Row = Vec::with_capacity(self.tables[table].columns.len());
        row.push(Cell::Number(id));
        row.extend(rest);
        debug_assert_eq!(row.len(), self.tables[table].columns.len(), "{:?}", self.tables[table]);
        let rows = &mut self.rows[table];
        if let Some(older) = rows.get(&id) {
            self.tables[table].merge(older, &mut row);
        }
        rows.insert(id, row);
    }

    /// The tables with their rows, in the order in which they can be written.
    pub fn tables(&self) -> impl Iterator<Item = (&'static Table, &BTreeMap<u64, Row>)> {
        self.tables.iter().zip(&self.rows)
    }

    /// How many rows it has.
    pub fn count(&self) -> usize {
        self.rows.iter().map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_print_as_mysql_prints_them() {
        let text = |cell: Cell| cell.printed_text().unwrap();
        assert_eq!(text(Cell::decimal(-1, 6)), "-0.000001000000000000");
        assert_eq!(text(Cell::decimal(500, 0)), "500.000000000000000000");
        assert_eq!(text(Cell::printed("0.05")), "0.050000000000000000");
        assert_eq!(text(Cell::printed("7")), "7.000000000000000000");
        assert_eq!(text(Cell::time(Stamp(1_723_075_200_007))), "2024-08-08 00:00:00.007");
        assert_eq!(text(Cell::time(Stamp(i64::MAX))), LATEST);
    }

    #[test]
    fn the_last_row_of_an_id_counts_but_for_what_stays() {
        static TABLES: [Table; 1] =
            [Table { name: "t", columns: &["id", "a", "b"], changes: true, sticky: Some("b") }];
        let mut batch = Batch::new(&TABLES);
        batch.put(0, 7, [Cell::Number(1), Cell::Number(2)]);
        batch.put(0, 7, [Cell::Number(3), Cell::Null]);
        let rows: Vec<&Row> = batch.tables().flat_map(|(_, rows)| rows.values()).collect();
        assert_eq!(rows, [&vec![Cell::Number(7), Cell::Number(3), Cell::Number(2)]]);
    }
}
