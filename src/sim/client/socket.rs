//! The client's side of a WebSocket: operations, messages, and the two halves.

use std::collections::BTreeMap;

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite::Message as Frame,
};

use super::{ClientError, FillView, NewOrder, OrderView, Placed, Refusal, unexpected};

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What is sent on a socket.
#[derive(Debug, Serialize)]
#[serde(tag = "op")]
#[allow(missing_docs)]
pub enum Op<'a> {
    #[serde(rename = "auth")]
    Auth {
        token: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        cancel_on_disconnect: bool,
    },
    #[serde(rename = "subscribe")]
    Subscribe {
        id: u64,
        /// 0 is the raw feed.
        #[serde(skip_serializing_if = "Option::is_none")]
        conflate_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        depth: Option<usize>,
        channels: Vec<String>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        resume: BTreeMap<String, u64>,
    },
    #[serde(rename = "unsubscribe")]
    Unsubscribe { id: u64, channels: Vec<String> },
    #[serde(rename = "ping")]
    Ping {},
    #[serde(rename = "order.place")]
    Place { id: u64, order: &'a NewOrder },
    #[serde(rename = "order.cancel")]
    Cancel {
        id: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        order_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_order_id: Option<&'a str>,
    },
}

/// What comes on a socket.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Message {
    Authenticated,
    Subscribed {
        id: u64,
    },
    Placed {
        id: u64,
        placed: Placed,
    },
    Cancelled {
        id: u64,
        order: OrderView,
        sequence: u64,
    },
    Refused(Refusal),
    /// Something on a channel.
    Event(Event),
    /// A heartbeat, a pong, or what later versions may send.
    Other {
        kind: String,
    },
}

/// What happened on a channel.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Event {
    pub kind: String,
    pub channel: String,
    pub sequence: u64,
    /// The event before it on this channel.
    pub prev_sequence: Option<u64>,
    pub data: Value,
}

/// Every field that a frame from the exchange may have.
#[derive(Deserialize)]
struct Incoming {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    sequence: u64,
    prev_sequence: Option<u64>,
    channel: Option<String>,
    #[serde(default)]
    data: Value,
    order: Option<OrderView>,
    #[serde(default)]
    fills: Vec<FillView>,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
}

impl Message {
    /// Reads one text frame.
    pub fn parse(text: &str) -> Result<Message, ClientError> {
        let incoming: Incoming = serde_json::from_str(text)
            .map_err(|e| unexpected("a socket's frame", &e, text.as_bytes()))?;
        let Incoming { kind, id, sequence, prev_sequence, data, fills, .. } = incoming;
        let message = match (kind.as_str(), id, incoming.order, incoming.channel) {
            ("authenticated", ..) => Message::Authenticated,
            ("subscribed", Some(id), ..) => Message::Subscribed { id },
            ("order.placed", Some(id), Some(order), _) => {
                Message::Placed { id, placed: Placed { order, fills, sequence } }
            }
            ("order.cancelled", Some(id), Some(order), _) => {
                Message::Cancelled { id, order, sequence }
            }
            ("error", id, ..) => {
                let (status, code, detail) = (incoming.status, incoming.code, incoming.detail);
                Message::Refused(Refusal { id, status, code, detail })
            }
            (_, _, _, Some(channel)) => {
                Message::Event(Event { kind, channel, sequence, prev_sequence, data })
            }
            _ => Message::Other { kind },
        };
        Ok(message)
    }
}

/// An open WebSocket; take the halves apart to send and receive at the same time.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Socket {
    pub writer: SocketWriter,
    pub reader: SocketReader,
}

impl Socket {
    pub(super) async fn open(url: &str) -> Result<Socket, ClientError> {
        // Small frames that wait for each other would cost 40 ms each.
        let (stream, _) = connect_async_with_config(url, None, true).await?;
        let (sink, source) = stream.split();
        Ok(Socket { writer: SocketWriter { sink }, reader: SocketReader { source } })
    }
}

/// The half that sends.
#[derive(Debug)]
pub struct SocketWriter {
    sink: SplitSink<Stream, Frame>,
}

impl SocketWriter {
    /// Hands `op` over without waiting until it is on the wire; follow with [`Self::flush`].
    pub async fn feed(&mut self, op: &Op<'_>) -> Result<(), ClientError> {
        let text = serde_json::to_string(op).map_err(|e| ClientError::Protocol(e.to_string()))?;
        Ok(self.sink.feed(Frame::text(text)).await?)
    }

    /// Puts on the wire what was fed.
    pub async fn flush(&mut self) -> Result<(), ClientError> {
        Ok(self.sink.flush().await?)
    }

    /// Sends one operation.
    pub async fn send(&mut self, op: &Op<'_>) -> Result<(), ClientError> {
        self.feed(op).await?;
        self.flush().await
    }

    /// Says goodbye.
    pub async fn close(&mut self) -> Result<(), ClientError> {
        Ok(self.sink.close().await?)
    }
}

/// The half that receives; it must be read for the exchange's pings to be answered.
#[derive(Debug)]
pub struct SocketReader {
    source: SplitStream<Stream>,
}

impl SocketReader {
    /// The next message; an error once the connection has ended.
    pub async fn receive(&mut self) -> Result<Message, ClientError> {
        loop {
            match self.source.next().await {
                Some(Ok(Frame::Text(text))) => return Message::parse(&text),
                Some(Ok(Frame::Close(close))) => {
                    let why = close.map_or(String::new(), |c| format!(": {} {}", c.code, c.reason));
                    return Err(ClientError::Transport(format!("the socket was closed{why}")));
                }
                Some(Ok(_)) => (),
                Some(Err(error)) => return Err(error.into()),
                None => return Err(ClientError::Transport("the socket has ended".to_owned())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::order::Side;

    #[test]
    fn an_order_is_written_as_the_api_reads_it() {
        let order = NewOrder::limit("BTC-USDT", Side::Buy, "0.50000".into(), "61837.63".into())
            .post_only()
            .client_order_id("r-1".into());
        let text = serde_json::to_value(Op::Place { id: 7, order: &order }).unwrap();
        let expected = json!({"op": "order.place", "id": 7, "order": {
            "instrument": "BTC-USDT", "order_type": "BUY", "order_subtype": "LIMIT",
            "quantity": "0.50000", "price": "61837.63", "post_only": true, "client_order_id": "r-1",
        }});
        assert_eq!(text, expected);
        let cancel = Op::Cancel { id: 8, order_id: None, client_order_id: Some("r-1") };
        let expected = json!({"op": "order.cancel", "id": 8, "client_order_id": "r-1"});
        assert_eq!(serde_json::to_value(cancel).unwrap(), expected);
    }

    #[test]
    fn frames_become_messages() {
        let order = r#"{"id":"12","client_order_id":null,"status":"PENDING","remaining_quantity":"1","filled_quantity":"0"}"#;
        let placed =
            format!(r#"{{"type":"order.placed","id":7,"order":{order},"fills":[],"sequence":99}}"#);
        let Message::Placed { id: 7, placed } = Message::parse(&placed).unwrap() else {
            panic!("not an answer to an order");
        };
        assert!(placed.order.is_open());
        assert_eq!((placed.order.id.as_str(), placed.sequence), ("12", 99));

        let refused = r#"{"type":"error","id":9,"code":"OFF_TICK","status":422,"detail":"no"}"#;
        let Message::Refused(refusal) = Message::parse(refused).unwrap() else {
            panic!("not a refusal");
        };
        assert_eq!((refusal.id, refusal.code.as_str()), (Some(9), "OFF_TICK"));
        assert!(!refusal.is_passing());

        let event = r#"{"type":"order_book_update","channel":"orderbook:BTC-USD","sequence":5,"prev_sequence":3,"timestamp":"x","data":{"bids":[]}}"#;
        let Message::Event(event) = Message::parse(event).unwrap() else {
            panic!("not an event");
        };
        assert_eq!((event.sequence, event.prev_sequence), (5, Some(3)));
        assert!(Message::parse("{").is_err());
    }
}
