//! Conformance: plays a foreign command stream into the real order book and writes the reports that
//! price-time priority asks for, so that they can be compared with other engines' to the byte.
//!
//! The book matches here as it always does; only what those engines do not have is out of the way:
//! no price band, no fees, each order its own user (so no self-trade), a budget that always covers,
//! and a tick times a lot worth one minor unit (so no rounding).
//!
//! A command file is little-endian: 8 bytes of magic, a u32 version, a u32 count, then records of 40
//! bytes: u8 type (0 new, 1 cancel, 2 modify), u8 side (0 buy, 1 sell), u8 ioc, u8 padding,
//! u32 quantity, u64 sequence, u64 order id, i64 price in ticks, u64 reserved. It may be gzipped.
//! A JSON file holds cases: a list of `{name, messages, expected_reports}`.
//!
//! Reports are lines, none after the last, ordered by sequence, then kind:
//! `0,seq,side,id,price,quantity` accepted · `1,seq,price,quantity,maker,taker` trade ·
//! `2,seq,side,id,price` cancelled (also an IOC's rest) · `3,seq,side,id,price,quantity` modified ·
//! `4,seq,id` and `5,seq,id` cancel and modify of an order that does not rest.

use std::{collections::HashMap, fmt::Write, io::Read, path::Path};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::{
    book::Book,
    id::{InstrumentId, OrderId, Stamp, UserId},
    instrument::{Increment, Instrument, PRICE_MAX, Price, Quantity},
    money::{Amount, Asset, Rate},
    order::{OrderStatus, PlaceOrder, Side, TimeInForce},
    rejection::Rejection,
    request::NOTIONAL_MAX,
};

const MAGIC: &[u8; 8] = b"100_WBEM";
const VERSION: u32 = 1;
const HEADER: usize = 16;
const RECORD: usize = 40;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a file could not be played.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read or unpacked.
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    /// Neither a command file nor a list of cases.
    #[error("neither a command file nor a list of cases: {0}")]
    Json(#[from] serde_json::Error),
    /// The header or the length of a command file is wrong.
    #[error("not a command file of version {VERSION}: {0}")]
    Format(&'static str),
    /// A message that no engine could take.
    #[error("message {sequence}: {why}")]
    Message {
        /// Its sequence.
        sequence: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// What a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Ask {
    New,
    Cancel,
    Modify,
}

/// One message of a stream; quantity in lots, price in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Message {
    pub sequence: u64,
    pub ask: Ask,
    pub side: Side,
    pub ioc: bool,
    pub quantity: Quantity,
    pub id: u64,
    pub price: Price,
}

/// A short case with its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Case {
    pub name: String,
    pub expected: Vec<String>,
    pub actual: Vec<String>,
}

/// What playing a file gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The reports of a command stream.
    Stream(String),
    /// The cases of a JSON file.
    Cases(Vec<Case>),
}

impl Outcome {
    /// The text for people and pipes: the reports, or a line for each case and, for those that
    /// fail, what was expected and what came.
    pub fn text(&self) -> String {
        match self {
            Outcome::Stream(reports) => reports.clone(),
            Outcome::Cases(cases) => cases.iter().map(Case::text).collect(),
        }
    }

    /// Whether no case failed; a stream has nothing to compare itself with and always passes.
    pub fn passes(&self) -> bool {
        match self {
            Outcome::Stream(_) => true,
            Outcome::Cases(cases) => cases.iter().all(Case::passes),
        }
    }
}

impl Case {
    /// Whether the reports are the expected ones.
    pub fn passes(&self) -> bool {
        self.expected == self.actual
    }

    fn text(&self) -> String {
        match self.passes() {
            true => format!("ok {}\n", self.name),
            false => {
                let (expected, actual) = (self.expected.join("\n  "), self.actual.join("\n  "));
                format!("FAILED {}\n expected\n  {expected}\n actual\n  {actual}\n", self.name)
            }
        }
    }
}

/// Plays a file (`.bin`, `.bin.gz` or the JSON of cases; told apart by content) into fresh books.
pub fn run(path: &Path) -> Result<Outcome, Error> {
    let bytes = read_unpacked(path)?;
    if bytes.starts_with(MAGIC) {
        return Ok(Outcome::Stream(play(&parse_stream(&bytes)?)?));
    }
    let cases: Vec<CaseFile> = serde_json::from_slice(&bytes)?;
    cases.into_iter().map(CaseFile::play).collect::<Result<_, _>>().map(Outcome::Cases)
}

/// The messages of a command file, gzipped or not.
pub fn read_stream(path: &Path) -> Result<Vec<Message>, Error> {
    parse_stream(&read_unpacked(path)?)
}

/// Plays messages into a fresh book and returns its reports.
pub fn play(messages: &[Message]) -> Result<String, Error> {
    let mut engine = Engine::default();
    messages.iter().try_for_each(|message| engine.take(message))?;
    Ok(engine.into_reports())
}

/// The SHA-256 of reports, in lower-case hex.
pub fn sha256(reports: &str) -> String {
    Sha256::digest(reports).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_unpacked(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = std::fs::read(path)?;
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

fn parse_stream(bytes: &[u8]) -> Result<Vec<Message>, Error> {
    if bytes.len() < HEADER || !bytes.starts_with(MAGIC) {
        return Err(Error::Format("the magic is missing"));
    }
    let (header, records) = bytes.split_at(HEADER);
    if u32::from_le_bytes(field(header, 8)) != VERSION {
        return Err(Error::Format("another version"));
    }
    let count = u32::from_le_bytes(field(header, 12)) as usize;
    if records.len() != count * RECORD {
        return Err(Error::Format("its length does not fit its count"));
    }
    records.chunks_exact(RECORD).map(parse_record).collect()
}

fn parse_record(record: &[u8]) -> Result<Message, Error> {
    let sequence = u64::from_le_bytes(field(record, 8));
    let refuse = |why| Err(Error::Message { sequence, why });
    let ask = match record[0] {
        0 => Ask::New,
        1 => Ask::Cancel,
        2 => Ask::Modify,
        _ => return refuse("an unknown type"),
    };
    let side = match record[1] {
        0 => Side::Buy,
        1 => Side::Sell,
        _ => return refuse("an unknown side"),
    };
    Ok(Message {
        sequence,
        ask,
        side,
        ioc: record[2] != 0,
        quantity: Quantity::new(u32::from_le_bytes(field(record, 4)).into()),
        id: u64::from_le_bytes(field(record, 16)),
        price: Price::new(i64::from_le_bytes(field(record, 24))),
    })
}

/// The `N` bytes at `at`; the callers' slices are long enough.
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

/// A case as its file has it; the sequence of a message is its index.
#[derive(Deserialize)]
struct CaseFile {
    name: String,
    messages: Vec<MessageFile>,
    expected_reports: Vec<String>,
}

#[derive(Deserialize)]
struct MessageFile {
    #[serde(rename = "type")]
    ask: Ask,
    side: SideFile,
    ioc: u8,
    qty: u32,
    id: u64,
    price: i64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SideFile {
    Buy,
    Sell,
}

impl CaseFile {
    fn play(self) -> Result<Case, Error> {
        let messages: Vec<Message> =
            (0..).zip(&self.messages).map(|(at, message)| message.at(at)).collect();
        let actual = play(&messages)?.lines().map(str::to_owned).collect();
        Ok(Case { name: self.name, expected: self.expected_reports, actual })
    }
}

impl MessageFile {
    fn at(&self, sequence: u64) -> Message {
        let side = match self.side {
            SideFile::Buy => Side::Buy,
            SideFile::Sell => Side::Sell,
        };
        Message {
            sequence,
            ask: self.ask,
            side,
            ioc: self.ioc != 0,
            quantity: Quantity::new(self.qty.into()),
            id: self.id,
            price: Price::new(self.price),
        }
    }
}

/// A book with the foreign names of its orders.
pub struct Engine {
    book: Book,
    /// The order that a foreign id stands for, as long as it rests.
    by_name: HashMap<u64, OrderId>,
    /// The foreign id of each order, by its number in the book.
    names: Vec<u64>,
    reports: String,
}

impl Default for Engine {
    fn default() -> Engine {
        let (book, by_name) = (Book::new(instrument()), HashMap::new());
        Engine { book, by_name, names: Vec::new(), reports: String::new() }
    }
}

impl Engine {
    /// Plays one message.
    pub fn take(&mut self, message: &Message) -> Result<(), Error> {
        let resting = self.by_name.get(&message.id).copied();
        let resting = resting.filter(|id| self.book.order(*id).is_some());
        match (message.ask, resting) {
            (Ask::New, None) => {
                self.report(0, message, message.side);
                self.place(message, message.side)
            }
            (Ask::New, Some(_)) => refuse(message, "its id rests already"),
            (Ask::Cancel, Some(id)) => {
                let (side, price) = self.remove(message, id)?;
                self.report_cancel(message, side, price);
                Ok(())
            }
            (Ask::Modify, Some(id)) => {
                let (side, _) = self.remove(message, id)?;
                self.place(message, side)?;
                self.report(3, message, side);
                Ok(())
            }
            (Ask::Cancel, None) => self.report_unknown(4, message),
            (Ask::Modify, None) => self.report_unknown(5, message),
        }
    }

    /// The book as it stands.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// All reports, without a newline at the end.
    pub fn into_reports(mut self) -> String {
        self.reports.pop();
        self.reports
    }

    fn place(&mut self, message: &Message, side: Side) -> Result<(), Error> {
        check_figures(message)?;
        let user = UserId(self.names.len() as u64 + 1);
        let asked = PlaceOrder {
            time_in_force: if message.ioc { TimeInForce::Ioc } else { TimeInForce::Gtc },
            ..PlaceOrder::limit(side, message.quantity, message.price)
        };
        let placed = self.book.place(user, &asked, NOTIONAL_MAX, Stamp::default());
        let fact = placed.or_else(|rejection| refuse_by(message, &rejection))?;
        self.names.push(message.id);
        for fill in &fact.fills {
            let (maker, taker) = (self.name(fill.maker), message.id);
            let (sequence, price, quantity) = (message.sequence, fill.price, fill.quantity);
            self.line(format_args!("1,{sequence},{price},{quantity},{maker},{taker}"));
        }
        let order = &fact.orders[0];
        match order.status {
            OrderStatus::Expired => self.report_cancel(message, side, message.price),
            OrderStatus::Filled => {}
            _ => drop(self.by_name.insert(message.id, order.id)),
        }
        Ok(())
    }

    fn remove(&mut self, message: &Message, id: OrderId) -> Result<(Side, Price), Error> {
        let user = UserId(id.number());
        let fact = self.book.cancel(user, id, Stamp::default());
        let fact = fact.or_else(|rejection| refuse_by(message, &rejection))?;
        self.by_name.remove(&message.id);
        let order = &fact.orders[0];
        Ok((order.side, order.price.unwrap_or(message.price)))
    }

    fn name(&self, id: OrderId) -> u64 {
        self.names[id.number() as usize - 1]
    }

    fn report(&mut self, kind: u8, message: &Message, side: Side) {
        let Message { sequence, id, price, quantity, .. } = message;
        self.line(format_args!("{kind},{sequence},{},{id},{price},{quantity}", digit(side)));
    }

    fn report_cancel(&mut self, message: &Message, side: Side, price: Price) {
        let Message { sequence, id, .. } = message;
        self.line(format_args!("2,{sequence},{},{id},{price}", digit(side)));
    }

    fn report_unknown(&mut self, kind: u8, message: &Message) -> Result<(), Error> {
        self.line(format_args!("{kind},{},{}", message.sequence, message.id));
        Ok(())
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.reports, "{line}").expect("writing to a string cannot fail");
    }
}

fn digit(side: Side) -> u8 {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

fn check_figures(message: &Message) -> Result<(), Error> {
    if !(Price::new(1)..=PRICE_MAX).contains(&message.price) {
        return refuse(message, "its price is not above zero, or too large");
    }
    if message.quantity == Quantity::ZERO {
        return refuse(message, "its quantity is zero");
    }
    let worth = message.price.get().checked_mul(message.quantity.get());
    match worth.is_some_and(|worth| worth <= NOTIONAL_MAX.get()) {
        true => Ok(()),
        false => refuse(message, "price times quantity is too large"),
    }
}

fn refuse<T>(message: &Message, why: &'static str) -> Result<T, Error> {
    Err(Error::Message { sequence: message.sequence, why })
}

fn refuse_by<T>(message: &Message, rejection: &Rejection) -> Result<T, Error> {
    refuse(message, rejection.detail())
}

/// One tick times one lot is one minor unit, and nothing is between an order and its match.
pub fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        name: "CONFORMANCE".into(),
        base: Asset::Usd,
        quote: Asset::Usdt,
        tick: Increment { units: 1, scale: 4 },
        lot: Increment { units: 1, scale: 2 },
        min_notional: Amount::new(1),
        maker_fee: Rate(0),
        taker_fee: Rate(0),
        band: Rate::UNBOUNDED,
        protection: Rate(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/matching").join(name)
    }

    fn expected(name: &str) -> String {
        let bytes = read_unpacked(&data(&format!("{name}.expected.txt.gz"))).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[track_caller]
    fn check(name: &str) {
        let Outcome::Stream(actual) = run(&data(&format!("{name}.bin.gz"))).unwrap() else {
            panic!("{name} is a stream");
        };
        let expected = expected(name);
        let first = actual.lines().zip(expected.lines()).position(|(a, e)| a != e);
        assert_eq!(first, None, "the first line that differs");
        assert_eq!(sha256(&actual), sha256(&expected));
    }

    #[test]
    fn the_normal_stream_gives_the_agreed_reports() {
        check("normal.n10000.s23");
    }

    #[test]
    fn the_static_stream_gives_the_agreed_reports() {
        check("static.n10000.s23");
    }

    #[test]
    fn the_flash_crash_gives_the_agreed_reports() {
        check("flash-crash.n10000.s23");
    }

    #[test]
    fn the_edge_cases_give_the_agreed_reports() {
        let outcome = run(&data("edge_cases.json")).unwrap();
        assert!(outcome.passes(), "{}", outcome.text());
        let Outcome::Cases(cases) = outcome else { panic!("these are cases") };
        assert_eq!(cases.len(), 17);
    }

    #[test]
    fn a_failing_case_is_named_with_both_reports() {
        let case = Case {
            name: "odd".into(),
            expected: vec!["4,0,1".into()],
            actual: vec!["5,0,1".into()],
        };
        assert!(!Outcome::Cases(vec![case.clone()]).passes());
        assert_eq!(case.text(), "FAILED odd\n expected\n  4,0,1\n actual\n  5,0,1\n");
    }

    #[test]
    fn broken_files_are_refused() {
        let good = read_unpacked(&data("static.n10000.s23.bin.gz")).unwrap();
        let text = |bytes: &[u8]| parse_stream(bytes).unwrap_err().to_string();
        assert!(text(&good[..good.len() - 1]).contains("length"));
        assert!(text(b"MEBW_001").contains("magic"));
        let mut other = good.clone();
        other[8] = 2;
        assert!(text(&other).contains("another version"));
        let mut other = good.clone();
        other[HEADER] = 9;
        assert_eq!(text(&other), "message 0: an unknown type");
    }

    #[test]
    fn figures_beyond_the_book_are_refused() {
        let message = Message {
            sequence: 7,
            ask: Ask::New,
            side: Side::Buy,
            ioc: false,
            quantity: Quantity::new(1),
            id: 1,
            price: Price::new(0),
        };
        let refused = |message: Message| play(&[message]).unwrap_err().to_string();
        assert!(refused(message).starts_with("message 7: its price"));
        assert!(
            refused(Message { quantity: Quantity::ZERO, price: Price::new(1), ..message })
                .contains("quantity")
        );
        let huge =
            Message { quantity: Quantity::new(u32::MAX.into()), price: PRICE_MAX, ..message };
        assert!(refused(huge).contains("too large"));
    }

    #[test]
    fn sha256_is_in_hex() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(""), empty);
    }
}
