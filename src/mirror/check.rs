//! Compares what MySQL holds with the fold at its cursor, row by row.
//!
//! Of each expected row only a hash is kept, so that a long history fits; where one differs, the fold is
//! run again to say how.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::Serialize;

use super::{
    MirrorError, Source,
    database::{Cursor, Database, StoredCursor},
    fold::Fold,
    row::{Batch, Row, Table},
    table::TABLES,
};
use crate::domain::id::Sequence;

/// A row as it is read: what MySQL prints of each column.
type Texts = Vec<Option<String>>;

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Report {
    pub equal: bool,
    /// The cursor: everything up to and including this fact was compared.
    pub sequence: Sequence,
    /// The last fact that is durable.
    pub durable: Sequence,
    /// What did not change since this fact was not compared: the facts before it are gone.
    pub behind: Sequence,
    /// How many rows were compared, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// The first row that differs.
    pub difference: Option<Difference>,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Difference {
    pub table: &'static str,
    pub id: u64,
    /// The first column that differs; `None` where the whole row is missing or should not be there.
    pub column: Option<&'static str>,
    pub expected: Option<String>,
    pub found: Option<String>,
}

/// What a table should hold.
#[derive(Default)]
struct Expected {
    hashes: HashMap<u64, u64>,
    /// Rows in which something stays that newer ones do not say.
    sticky: HashMap<u64, Row>,
}

/// Compares.
///
/// # Errors
/// What keeps it from being compared.
pub async fn check(url: &str, source: &Source) -> Result<Report, MirrorError> {
    let mut database = Database::connect(url).await?;
    if !database.holds_mirror().await? {
        return Err(MirrorError::Rebuild { why: "there is no mirror in the database" });
    }
    if let Some(table) = database.missing().await?.first() {
        return Err(MirrorError::Incomplete { table });
    }
    database.freeze_view().await?;
    let stands = database.stands().await?;
    let stands = stands.ok_or(MirrorError::Rebuild { why: "the mirror is not complete" })?;
    if stands.exchange != source.exchange {
        return Err(MirrorError::Rebuild { why: "the mirror is of another data folder" });
    }
    let Cursor { sequence, chain } = stands.cursor;
    if !source.reader.continues(sequence, chain)? {
        return Err(MirrorError::Rebuild {
            why: "the data folder has another history than the mirror",
        });
    }
    let (mut expected, behind) = expect(source, &stands)?;
    let whole = behind == stands.opened_behind;
    let mut report = Report {
        equal: true,
        sequence,
        durable: source.reader.durable(),
        behind: if whole { Sequence(0) } else { behind },
        rows: BTreeMap::new(),
        difference: None,
    };
    for (place, (table, expected)) in TABLES.iter().zip(&mut expected).enumerate() {
        let (compared, wrong) = compare(&mut database, table, expected, whole).await?;
        report.rows.insert(table.name, compared);
        if let Some((id, found)) = wrong {
            let row = row_of(source, &stands, place, id)?;
            report.difference = Some(differing(table, id, row, found, whole));
            report.equal = false;
            break;
        }
    }
    Ok(report)
}

/// Folds everything up to the cursor; `each` gets the rows of each batch. Returns where it began: where
/// the mirror did, unless facts that it has are gone since.
fn fold(
    source: &Source,
    stands: &StoredCursor,
    mut each: impl FnMut(&Batch),
) -> Result<Sequence, MirrorError> {
    let (mut fold, opening) = Fold::beginning(source)?;
    let (behind, through) = (fold.cursor.sequence, stands.cursor.sequence);
    if behind > through {
        return Err(MirrorError::Rebuild { why: "the facts up to the mirror's cursor are gone" });
    }
    if behind < stands.opened_behind {
        return Err(MirrorError::Rebuild {
            why: "the data folder holds facts that the mirror lacks",
        });
    }
    if behind == stands.opened_behind {
        each(&opening);
    }
    while fold.cursor.sequence < through {
        each(&fold.advance(source, through)?);
    }
    Ok(behind)
}

fn expect(
    source: &Source,
    stands: &StoredCursor,
) -> Result<(Vec<Expected>, Sequence), MirrorError> {
    let mut expected: Vec<Expected> = TABLES.iter().map(|_| Expected::default()).collect();
    let behind = fold(source, stands, |batch| {
        for ((table, rows), expected) in batch.tables().zip(&mut expected) {
            for (id, row) in rows {
                let mut row = row.clone();
                if table.sticky.is_some() {
                    if let Some(older) = expected.sticky.get(id) {
                        table.merge(older, &mut row);
                    }
                    expected.sticky.insert(*id, row.clone());
                }
                expected.hashes.insert(*id, hash(&texts(&row)));
            }
        }
    })?;
    if behind != stands.opened_behind {
        // What stays may be of a fact that is gone.
        for (table, expected) in TABLES.iter().zip(&mut expected) {
            for (id, row) in &expected.sticky {
                expected.hashes.insert(*id, hash(&without_sticky(table, texts(row))));
            }
        }
    }
    Ok((expected, behind))
}

fn without_sticky(table: &Table, mut texts: Texts) -> Texts {
    table.sticky_at().iter().for_each(|at| texts[*at] = None);
    texts
}

/// How many rows of a table were compared, and the first that differs with what was found there.
/// Unless it is `whole`, rows that are not expected are of facts that are gone.
async fn compare(
    database: &mut Database,
    table: &'static Table,
    expected: &mut Expected,
    whole: bool,
) -> Result<(u64, Option<(u64, Option<Texts>)>), MirrorError> {
    let mut compared = 0;
    let mut wrong: Option<(u64, Option<Texts>)> = None;
    database
        .read(table, |id, found| {
            let found = if whole { found } else { without_sticky(table, found) };
            let as_expected = match expected.hashes.remove(&id) {
                Some(expected) => {
                    compared += 1;
                    expected == hash(&found)
                }
                None => !whole,
            };
            if !as_expected && wrong.is_none() {
                wrong = Some((id, Some(found)));
            }
        })
        .await?;
    let missing = expected.hashes.keys().min().map(|id| (*id, None));
    let first = [wrong, missing].into_iter().flatten().min_by_key(|(id, _)| *id);
    Ok((compared, first))
}

/// The row that should be there.
fn row_of(
    source: &Source,
    stands: &StoredCursor,
    place: usize,
    id: u64,
) -> Result<Option<Row>, MirrorError> {
    let mut last: Option<Row> = None;
    fold(source, stands, |batch| {
        let Some((table, rows)) = batch.tables().nth(place) else { return };
        if let Some(row) = rows.get(&id) {
            let mut row = row.clone();
            last.iter().for_each(|older| table.merge(older, &mut row));
            last = Some(row);
        }
    })?;
    Ok(last)
}

fn differing(
    table: &'static Table,
    id: u64,
    expected: Option<Row>,
    found: Option<Texts>,
    whole: bool,
) -> Difference {
    let expected = expected.map(|row| texts(&row));
    let expected = expected.map(|row| if whole { row } else { without_sticky(table, row) });
    let line = |text: Texts| {
        let cells: Vec<String> =
            text.into_iter().map(|cell| cell.unwrap_or_else(|| "NULL".into())).collect();
        cells.join(", ")
    };
    match (expected, found) {
        (Some(expected), Some(found)) => {
            let at = expected.iter().zip(&found).position(|(e, f)| e != f).unwrap_or(0);
            let (expected, found) = (expected[at].clone(), found[at].clone());
            Difference { table: table.name, id, column: Some(table.columns[at]), expected, found }
        }
        (expected, found) => Difference {
            table: table.name,
            id,
            column: None,
            expected: expected.map(line),
            found: found.map(line),
        },
    }
}

fn texts(row: &Row) -> Texts {
    row.iter().map(|cell| cell.printed_text()).collect()
}

fn hash(texts: &Texts) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    hasher.finish()
}
