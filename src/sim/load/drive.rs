//! One lane: a connection of one user that asks when it is due, and counts what is answered.

use std::{cell::RefCell, collections::HashMap, io, rc::Rc, time::Instant};

use super::{
    link::{Frame, Link, write_frame},
    mix::{Ask, Mix},
    schedule::Pacer,
    tally::Tally,
};

/// Open orders of a lane of batches before all of them are cancelled.
const BATCHED_OPEN_MAX: usize = 200;
/// A frame's kind: text, and pong.
const TEXT: u8 = 1;
const PONG: u8 = 10;

/// What a lane drives, and how.
#[derive(Clone, Debug)]
pub struct LanePlan {
    /// `host:port`.
    pub address: String,
    /// Where orders are placed; `/{id}` behind it names one.
    pub path: String,
    /// Orders of a batch.
    pub batch: usize,
    /// Commands of a WebSocket that may wait for their answers.
    pub in_flight: usize,
}

/// One lane.
pub struct Lane {
    pub course: LanePlan,
    pub token: String,
    pub mix: Mix,
    pub turns: Pacer,
    pub tally: Rc<RefCell<Tally>>,
}

impl Lane {
    /// Places and cancels one by one over HTTP.
    pub async fn rest(mut self) -> io::Result<()> {
        let mut link = Link::open(&self.course.address).await?;
        let LanePlan { address, path, .. } = &self.course;
        let token = &self.token;
        let common = format!("host: {address}\r\nauthorization: Bearer {token}\r\n");
        let post = format!(
            "POST {path} HTTP/1.1\r\n{common}content-type: application/json\r\ncontent-length: "
        );
        let (mut order, mut request) = (String::new(), String::new());
        while let Some(due) = self.turns.next().await {
            let ask = self.mix.next(&mut order);
            request.clear();
            match ask {
                Ask::Place => {
                    request.push_str(&post);
                    request.push_str(&order.len().to_string());
                    request.push_str("\r\n\r\n");
                    request.push_str(&order);
                }
                Ask::Cancel(id) => {
                    request.push_str(&format!("DELETE {path}/{id} HTTP/1.1\r\n{common}\r\n"));
                }
            }
            self.tally.borrow_mut().sent(due);
            link.send(request.as_bytes()).await?;
            let (status, body) = link.answer().await?;
            let mut tally = self.tally.borrow_mut();
            tally.answered(due);
            match (ask, status) {
                (Ask::Place, 201) => placed(body, &mut tally, &mut self.mix),
                (Ask::Cancel(_), 200) => tally.cancelled += 1,
                (Ask::Cancel(_), 404 | 409) => tally.gone += 1,
                _ => tally.refuse(code(body)),
            }
        }
        Ok(())
    }

    /// Places many with each request over HTTP; now and then cancels all, which is no order.
    pub async fn batch(mut self) -> io::Result<()> {
        let mut link = Link::open(&self.course.address).await?;
        let LanePlan { address, path, batch, .. } = &self.course;
        let token = &self.token;
        let common = format!("host: {address}\r\nauthorization: Bearer {token}\r\n");
        let (mut body, mut request) = (String::new(), String::new());
        let mut open = 0;
        while let Some(due) = self.turns.next().await {
            request.clear();
            let cancels = open >= BATCHED_OPEN_MAX;
            if cancels {
                request.push_str(&format!("DELETE {path} HTTP/1.1\r\n{common}\r\n"));
            } else {
                write_batch(&mut self.mix, *batch, &mut body);
                request.push_str(&format!(
                    "POST {path}/batch HTTP/1.1\r\n{common}content-type: application/json\r\n\
                     content-length: {}\r\n\r\n{body}",
                    body.len()
                ));
            }
            self.tally.borrow_mut().sent(due);
            link.send(request.as_bytes()).await?;
            let (status, said) = link.answer().await?;
            let mut tally = self.tally.borrow_mut();
            tally.answered(due);
            match (cancels, status) {
                (true, 200) => open = 0,
                (false, 200) => {
                    let placed = said.matches(r#""status":201"#).count();
                    open += placed;
                    tally.placed += placed as u64;
                    (placed..*batch).for_each(|_| tally.refuse("in a batch"));
                }
                _ => tally.refuse(code(said)),
            }
        }
        Ok(())
    }

    /// Places and cancels over a WebSocket, with some commands under way at a time.
    pub async fn socket(mut self, name: &str) -> io::Result<()> {
        let mut link = Link::open_socket(&self.course.address, &format!("/ws/{name}")).await?;
        log_in(&mut link, &self.token).await?;
        let mut commands = Commands::default();
        let mut ended = false;
        loop {
            let full = ended || commands.under_way.len() >= self.course.in_flight;
            if full {
                if commands.under_way.is_empty() {
                    return Ok(());
                }
                commands.flush(&mut link).await?;
                link.fill().await?;
            } else {
                // What is due goes out together; answers are read when nothing is.
                tokio::select! {
                    biased;
                    due = self.turns.next() => match due {
                        Some(due) => {
                            commands.write(due, &mut self.mix);
                            self.tally.borrow_mut().sent(due);
                            if matches!(self.turns, Pacer::Closed { .. }) {
                                continue;
                            }
                            commands.flush(&mut link).await?;
                        }
                        None => ended = true,
                    },
                    filled = link.fill() => filled?,
                }
            }
            self.take_answers(&mut link, &mut commands).await?;
        }
    }

    async fn take_answers(&mut self, link: &mut Link, commands: &mut Commands) -> io::Result<()> {
        let mut pong = None;
        while let Some(frame) = link.frame()? {
            match frame {
                Frame::Text(text) => {
                    let mut tally = self.tally.borrow_mut();
                    if let Some((due, ask)) = commands.answered(text) {
                        tally.answered(due);
                        match (ask, text.starts_with(r#"{"type":"order."#)) {
                            (Ask::Place, true) => placed(text, &mut tally, &mut self.mix),
                            (Ask::Cancel(_), true) => tally.cancelled += 1,
                            (_, false) => match code(text) {
                                "ORDER_NOT_FOUND" | "ORDER_NOT_OPEN" => tally.gone += 1,
                                code => tally.refuse(code),
                            },
                        }
                    }
                }
                Frame::Ping(payload) => pong = Some(payload),
                Frame::Close => return Err(io::ErrorKind::ConnectionAborted.into()),
                Frame::Other => {}
            }
        }
        if let Some(payload) = pong {
            let mut bytes = Vec::new();
            write_frame(PONG, &payload, &mut bytes);
            link.send(&bytes).await?;
        }
        Ok(())
    }
}

fn write_batch(mix: &mut Mix, orders: usize, body: &mut String) {
    body.clear();
    body.push_str(r#"{"orders":["#);
    for number in 0..orders {
        if number > 0 {
            body.push(',');
        }
        mix.write_any(body);
    }
    body.push_str("]}");
}

/// The commands of one WebSocket.
#[derive(Default)]
struct Commands {
    next: u64,
    under_way: HashMap<u64, (Instant, Ask)>,
    order: String,
    text: String,
    output: Vec<u8>,
}

impl Commands {
    fn write(&mut self, due: Instant, mix: &mut Mix) {
        let ask = mix.next(&mut self.order);
        self.next += 1;
        let id = self.next;
        self.text.clear();
        match ask {
            Ask::Place => {
                self.text.push_str(&format!(r#"{{"op":"order.place","id":{id},"order":"#));
                self.text.push_str(&self.order);
                self.text.push('}');
            }
            Ask::Cancel(order) => self
                .text
                .push_str(&format!(r#"{{"op":"order.cancel","id":{id},"order_id":"{order}"}}"#)),
        }
        write_frame(TEXT, self.text.as_bytes(), &mut self.output);
        self.under_way.insert(id, (due, ask));
    }

    async fn flush(&mut self, link: &mut Link) -> io::Result<()> {
        if !self.output.is_empty() {
            link.send(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    /// The command that a message answers.
    fn answered(&mut self, text: &str) -> Option<(Instant, Ask)> {
        let (_, id) = text.split_once(r#""id":"#)?;
        let digits = id.find(|c: char| !c.is_ascii_digit())?;
        self.under_way.remove(&id[..digits].parse().ok()?)
    }
}

async fn log_in(link: &mut Link, token: &str) -> io::Result<()> {
    let mut bytes = Vec::new();
    write_frame(TEXT, format!(r#"{{"op":"auth","token":"{token}"}}"#).as_bytes(), &mut bytes);
    link.send(&bytes).await?;
    loop {
        match link.frame()? {
            Some(Frame::Text(text)) if text.contains(r#""type":"authenticated""#) => return Ok(()),
            Some(Frame::Text(text)) => return Err(io::Error::other(text.to_owned())),
            Some(_) => {}
            None => link.fill().await?,
        }
    }
}

/// Notes an order that was taken.
fn placed(said: &str, tally: &mut Tally, mix: &mut Mix) {
    tally.placed += 1;
    let status = member(said, r#""status":""#);
    if matches!(status, "PARTIALLY_FILLED" | "FILLED") {
        tally.traded += 1;
    }
    if matches!(status, "PENDING" | "PARTIALLY_FILLED")
        && let Ok(id) = member(said, r#""order":{"id":""#).parse()
    {
        mix.opened(id);
    }
}

/// The stable code of a refusal.
fn code(said: &str) -> &str {
    member(said, r#""code":""#)
}

/// The text behind `start`, up to the next quote.
fn member<'a>(said: &'a str, start: &str) -> &'a str {
    let rest = said.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once('"').map_or("unreadable", |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instrument::Price;
    use crate::sim::{
        client::InstrumentInfo, load::mix::PlacementArea, replay::replay_book::Increments,
    };

    fn ground() -> PlacementArea {
        let info = InstrumentInfo {
            name: "USDT-USD".into(),
            base: "USDT".into(),
            quote: "USD".into(),
            tick_size: "0.0001".into(),
            lot_size: "0.01".into(),
            min_notional: "1.00".into(),
            price_band_percent: "20".into(),
            last_price: None,
        };
        PlacementArea::new(Increments::read(&info).unwrap(), Price::new(10_000))
    }

    #[test]
    fn an_answer_tells_what_became_of_its_order() {
        let (mut tally, mut mix) = (Tally::new(), Mix::new(ground(), 1));
        for (status, traded) in [("PENDING", 0), ("FILLED", 1), ("EXPIRED", 1)] {
            let said = format!(r#"{{"order":{{"id":"77","status":"{status}"}},"fills":[]}}"#);
            placed(&said, &mut tally, &mut mix);
            assert_eq!(tally.traded, traded, "{status}");
        }
        assert_eq!(tally.placed, 3);
        assert_eq!(code(r#"{"code":"INSUFFICIENT_FUNDS","status":422}"#), "INSUFFICIENT_FUNDS");
        assert_eq!(code("nothing"), "unreadable");
    }

    #[test]
    fn a_command_is_answered_by_its_name() {
        let (mut commands, mut mix) = (Commands::default(), Mix::new(ground(), 1));
        let due = Instant::now();
        (0..3).for_each(|_| commands.write(due, &mut mix));
        let said = r#"{"type":"order.placed","id":2,"order":{"id":"9"}}"#;
        assert!(commands.answered(said).is_some());
        assert!(commands.answered(said).is_none(), "once only");
        assert!(commands.answered(r#"{"type":"heartbeat","sequence":3}"#).is_none());
        assert_eq!(commands.under_way.len(), 2);
    }
}
