//! A raw connection: HTTP/1.1 that is kept alive, or a WebSocket, over one socket and one buffer.
//!
//! It understands just what the exchange answers, at a fraction of what a client for everything costs:
//! the load shares its processors with the exchange. Answers without a length are not understood.

use std::io::{self, ErrorKind};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How much of the socket is read at a time.
const READ_BYTES: usize = 16 * 1024;

/// One connection.
#[derive(Debug)]
pub struct Link {
    stream: TcpStream,
    input: Vec<u8>,
    /// What of the input was handed out before.
    used: usize,
}

/// Something whole that came on a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message.
    Text(&'a str),
    /// Wants a pong with the same bytes.
    Ping(Vec<u8>),
    /// Nothing comes after it.
    Close,
    /// A pong, or what we do not ask for.
    Other,
}

impl Link {
    /// Connects to `host:port`.
    pub async fn open(address: &str) -> io::Result<Link> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Link { stream, input: Vec::with_capacity(READ_BYTES), used: 0 })
    }

    /// Connects, and makes a WebSocket of it.
    pub async fn open_socket(address: &str, path: &str) -> io::Result<Link> {
        let mut link = Link::open(address).await?;
        let asked = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: c291ayBsb2FkIHNvdWsgbA==\r\n\r\n"
        );
        link.send(asked.as_bytes()).await?;
        match link.answer().await?.0 {
            101 => Ok(link),
            status => Err(wrong(&format!("a WebSocket was refused with {status}"))),
        }
    }

    /// Puts bytes on the wire.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next HTTP answer: its status and its body.
    pub async fn answer(&mut self) -> io::Result<(u16, &str)> {
        self.forget();
        loop {
            if let Some(head) = Head::read(&self.input)?
                && self.input.len() >= head.end + head.length
            {
                self.used = head.end + head.length;
                return Ok((head.status, text(&self.input[head.end..self.used])?));
            }
            self.fill().await?;
        }
    }

    /// The next whole frame, if it is here already.
    pub fn frame(&mut self) -> io::Result<Option<Frame<'_>>> {
        let Some((kind, start, end)) = frame_at(&self.input[self.used..]) else {
            self.forget();
            return Ok(None);
        };
        let payload = &self.input[self.used + start..self.used + end];
        self.used += end;
        Ok(Some(match kind {
            0x81 => Frame::Text(text(payload)?),
            0x89 => Frame::Ping(payload.to_vec()),
            0x88 => Frame::Close,
            _ => Frame::Other,
        }))
    }

    /// Reads what has come. Nothing is lost where the caller stops waiting.
    pub async fn fill(&mut self) -> io::Result<()> {
        self.input.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.input).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn forget(&mut self) {
        self.input.drain(..std::mem::take(&mut self.used));
    }
}

/// What a request's answer begins with.
struct Head {
    status: u16,
    end: usize,
    length: usize,
}

impl Head {
    /// The head that begins here; `None` where it is not here whole.
    fn read(bytes: &[u8]) -> io::Result<Option<Head>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = text(&bytes[..end])?;
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| wrong("not an answer of HTTP"))?;
        let named = |line: &str| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        };
        let length = match status {
            101 | 204 => Some(0),
            _ => head.lines().find_map(named),
        };
        let length = length.ok_or_else(|| wrong("an answer of HTTP without its length"))?;
        Ok(Some(Head { status, end: end + 4, length }))
    }
}

/// Kind, start and end of the frame's payload, if all of it is here (RFC 6455, section 5.2).
fn frame_at(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let [kind, short, rest @ ..] = bytes else { return None };
    let (start, length) = match short & 0x7f {
        126 => (4, u16::from_be_bytes(*rest.first_chunk()?).into()),
        127 => (10, usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok()?),
        short => (2, usize::from(short)),
    };
    (bytes.len() >= start + length).then_some((*kind, start, start + length))
}

/// Writes a frame as clients do, with a mask that changes nothing.
pub fn write_frame(kind: u8, payload: &[u8], into: &mut Vec<u8>) {
    into.push(0x80 | kind);
    match payload.len() {
        short @ 0..=125 => into.push(0x80 | short as u8),
        long @ 126..=0xffff => {
            into.push(0x80 | 126);
            into.extend((long as u16).to_be_bytes());
        }
        huge => {
            into.push(0x80 | 127);
            into.extend((huge as u64).to_be_bytes());
        }
    }
    into.extend([0; 4]);
    into.extend(payload);
}

fn text(bytes: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| wrong("not a text"))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A link whose other end says `bytes`, some at a time, and ends.
    async fn told(bytes: Vec<u8>) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            for some in bytes.chunks(7) {
                peer.write_all(some).await.unwrap();
            }
        });
        Link::open(&address).await.unwrap()
    }

    #[tokio::test]
    async fn answers_are_told_apart() {
        let said = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 204 No Content\r\n\
                    x: y\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok";
        let mut link = told(said.into()).await;
        assert_eq!(link.answer().await.unwrap(), (201, "hello"));
        assert_eq!(link.answer().await.unwrap(), (204, ""));
        assert_eq!(link.answer().await.unwrap(), (200, "ok"));
        assert_eq!(link.answer().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn an_answer_without_its_length_is_an_error() {
        let mut link = told("HTTP/1.1 200 OK\r\n\r\n".into()).await;
        assert_eq!(link.answer().await.unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[tokio::test]
    async fn frames_are_told_apart() {
        let long = "x".repeat(300);
        let mut said = vec![0x81, 2, b'h', b'i', 0x89, 1, b'p', 0x81, 126, 1, 44];
        said.extend(long.as_bytes());
        said.extend([0x88, 0]);
        let mut link = told(said).await;
        let mut frames = Vec::new();
        while frames.last().is_none_or(|last| last != "Close") {
            match link.frame().unwrap() {
                Some(frame) => frames.push(format!("{frame:?}")),
                None => link.fill().await.unwrap(),
            }
        }
        let long = format!("Text({long:?})");
        assert_eq!(frames, ["Text(\"hi\")", "Ping([112])", &long, "Close"]);
    }

    #[test]
    fn a_frame_has_its_length_and_a_mask() {
        let mut bytes = Vec::new();
        write_frame(1, b"hi", &mut bytes);
        assert_eq!(bytes, [0x81, 0x82, 0, 0, 0, 0, b'h', b'i']);
        bytes.clear();
        write_frame(1, &[b'x'; 300], &mut bytes);
        assert_eq!(bytes[..4], [0x81, 0xfe, 1, 44]);
        assert_eq!(bytes.len(), 308);
    }
}
