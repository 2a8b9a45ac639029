//! What the peer sends, frame by frame, before the codec sees it.
//!
//! The codec itself would wait for the whole of a frame before it finds it too large, and would take
//! in bytes faster than it hands out messages. Here a frame is refused by its header, and the next
//! one is passed on when the last one has been handled, so a connection never holds more than one
//! message and one read of its socket. A message in parts is passed on as one frame.

use std::{
    cell::Cell,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    error::PayloadError,
    web::{Bytes, BytesMut, Payload},
};
use futures_util::Stream;

use super::protocol::MESSAGE_BYTES_MAX;
use crate::pipeline::feed::{Close, Outbox};

/// A message is larger than what is taken.
pub const TOO_LARGE: Close = Close { code: 1009, reason: "a message may have 65536 bytes" };
/// The peer does not keep to the protocol.
pub const PROTOCOL_ERROR: Close = Close { code: 1002, reason: "not a frame of the protocol" };

/// Answers that may wait before the peer's next message is read.
const ANSWERS_WAITING_MAX: usize = 256;

/// What a session and its intake tell each other.
#[derive(Debug, Default)]
pub struct ReadGate {
    /// Nothing more is passed on; what comes is read and dropped.
    pub shut: Cell<bool>,
    /// Why a frame was refused.
    pub fault: Cell<Option<Close>>,
    /// The intake waits until answers have been sent.
    pub held: Cell<bool>,
}

/// The frames of one peer.
pub struct Intake<S = Payload> {
    payload: S,
    buffer: BytesMut,
    valve: Rc<ReadGate>,
    outbox: Arc<Outbox>,
    answers_max: usize,
    /// The kind and the bytes of a message that comes in parts.
    parts: Option<(u8, Vec<u8>)>,
    /// The codec gets to handle a frame before it is given the next.
    passed_on: bool,
}

impl<S> Intake<S> {
    /// The frames in `payload`; they are read as fast as answers leave the outbox.
    pub fn new(
        payload: S,
        valve: Rc<ReadGate>,
        outbox: Arc<Outbox>,
        queue_max: usize,
    ) -> Intake<S> {
        let answers_max = (queue_max / 2).clamp(1, ANSWERS_WAITING_MAX);
        let buffer = BytesMut::new();
        Intake { payload, buffer, valve, outbox, answers_max, parts: None, passed_on: false }
    }

    /// The next whole message in the buffer, as one frame.
    fn frame(&mut self) -> Result<Option<Bytes>, Close> {
        loop {
            let Some(header) = Header::read(&self.buffer)? else { return Ok(None) };
            if self.buffer.len() < header.payload_at + header.length {
                return Ok(None);
            }
            let frame = self.buffer.split_to(header.payload_at + header.length);
            match (&mut self.parts, header.kind) {
                (_, CONTROL..) => return Ok(Some(frame.freeze())),
                (None, TEXT | BINARY) if header.last => return Ok(Some(frame.freeze())),
                (None, TEXT | BINARY) => self.parts = Some((header.kind, header.payload(&frame))),
                (Some((_, bytes)), CONTINUATION) => bytes.extend(header.payload(&frame)),
                _ => return Err(PROTOCOL_ERROR),
            }
            if self.parts.as_ref().is_some_and(|(_, bytes)| bytes.len() > MESSAGE_BYTES_MAX) {
                return Err(TOO_LARGE);
            }
            if let Some((kind, bytes)) = self.parts.take_if(|_| header.last) {
                return Ok(Some(whole_frame(kind, &bytes)));
            }
        }
    }
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
/// From here on kinds are control frames.
const CONTROL: u8 = 8;
const MASK_BYTES: usize = 4;

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Intake<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.passed_on) {
            // The codec has a whole frame now: it makes a message of it and comes back.
            return Poll::Pending;
        }
        loop {
            if this.valve.shut.get() {
                this.buffer = BytesMut::new();
            } else {
                let held = this.outbox.waiting() >= this.answers_max;
                this.valve.held.set(held);
                if held {
                    return Poll::Pending;
                }
                match this.frame() {
                    Ok(Some(frame)) => {
                        this.passed_on = true;
                        return Poll::Ready(Some(Ok(frame)));
                    }
                    Ok(None) => {}
                    Err(close) => {
                        this.valve.shut.set(true);
                        this.valve.fault.set(Some(close));
                        return Poll::Ready(Some(Err(PayloadError::Overflow)));
                    }
                }
            }
            match Pin::new(&mut this.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => this.buffer.extend_from_slice(&bytes),
                // A connection that was cut is at its end like any other.
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// The header of a frame (RFC 6455, section 5.2).
struct Header {
    kind: u8,
    last: bool,
    payload_at: usize,
    length: usize,
}

impl Header {
    /// The header that begins here; `None` where too little of it is here to tell.
    fn read(bytes: &[u8]) -> Result<Option<Header>, Close> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (reserved, last, kind) = (first & 0x70, first & 0x80 != 0, first & 0x0f);
        let (masked, short) = (second & 0x80 != 0, second & 0x7f);
        let known = matches!(kind, CONTINUATION | TEXT | BINARY | CONTROL..=10);
        if reserved != 0 || !known || !masked || (kind >= CONTROL && (!last || short > 125)) {
            return Err(PROTOCOL_ERROR);
        }
        let (long_bytes, length) = match (short, rest) {
            (126, [a, b, ..]) => (2, u64::from(u16::from_be_bytes([*a, *b]))),
            (127, [a, b, c, d, e, f, g, h, ..]) => {
                (8, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))
            }
            (126 | 127, _) => return Ok(None),
            (short, _) => (0, u64::from(short)),
        };
        if length > MESSAGE_BYTES_MAX as u64 {
            return Err(TOO_LARGE);
        }
        let payload_at = 2 + long_bytes + MASK_BYTES;
        Ok(Some(Header { kind, last, payload_at, length: length as usize }))
    }

    /// The payload of the frame that this is the header of, without its mask.
    fn payload(&self, frame: &[u8]) -> Vec<u8> {
        let mask = &frame[self.payload_at - MASK_BYTES..self.payload_at];
        let masked = frame[self.payload_at..].iter();
        masked.zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }
}

/// A frame as a client sends it, with a mask that changes nothing.
fn whole_frame(kind: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(payload.len() + 14);
    frame.extend_from_slice(&[0x80 | kind, 0x80 | 127]);
    frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    frame.extend_from_slice(&[0; MASK_BYTES]);
    frame.extend_from_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use futures_util::stream;

    use super::*;

    /// A masked frame with a zero key: its payload stands as it is.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            short @ 0..=125 => bytes.push(0x80 | short as u8),
            long @ 126..=0xffff => {
                bytes.push(0x80 | 126);
                bytes.extend((long as u16).to_be_bytes());
            }
            huge => {
                bytes.push(0x80 | 127);
                bytes.extend((huge as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    }

    fn intake(
        bytes: Vec<u8>,
        chunk: usize,
    ) -> (Intake<impl Stream<Item = Result<Bytes, PayloadError>> + Unpin>, Rc<ReadGate>) {
        let chunks: Vec<_> = bytes.chunks(chunk).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
        let valve = Rc::new(ReadGate::default());
        let outbox = Arc::new(Outbox::new(10));
        (Intake::new(stream::iter(chunks), valve.clone(), outbox, 10), valve)
    }

    fn poll(
        intake: &mut (impl Stream<Item = Result<Bytes, PayloadError>> + Unpin),
    ) -> Poll<Option<Result<Bytes, PayloadError>>> {
        Pin::new(intake).poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn frames_are_passed_on_whole_and_one_by_one_however_they_arrive() {
        let frames = [frame(0x81, b"one"), frame(0x81, &[b'x'; 300]), frame(0x89, b"")];
        for chunk in [1, 7, 1000] {
            let (mut intake, _) = intake(frames.concat(), chunk);
            for frame in &frames {
                match poll(&mut intake) {
                    Poll::Ready(Some(Ok(bytes))) => assert_eq!(&bytes[..], &frame[..]),
                    other => panic!("{other:?}"),
                }
                assert!(poll(&mut intake).is_pending(), "the codec's turn");
            }
            assert!(matches!(poll(&mut intake), Poll::Ready(None)));
        }
    }

    #[test]
    fn a_frame_is_refused_by_its_header_and_the_rest_is_dropped() {
        let huge = frame(0x81, &[b'x'; 65_537])[..14].to_vec();
        let endless = [vec![0x81, 0xff], vec![0x7f; 8], vec![0; 4]].concat();
        let unmasked = vec![0x81, 3, b'a', b'b', b'c'];
        let reserved = frame(0xc1, b"a");
        let unknown = frame(0x83, b"a");
        let long_ping = frame(0x89, &[0; 126]);
        let split_ping = frame(0x09, b"");
        for (bytes, close) in [
            (huge, TOO_LARGE),
            (endless, TOO_LARGE),
            (unmasked, PROTOCOL_ERROR),
            (reserved, PROTOCOL_ERROR),
            (unknown, PROTOCOL_ERROR),
            (long_ping, PROTOCOL_ERROR),
            (split_ping, PROTOCOL_ERROR),
        ] {
            let (mut intake, valve) = intake([bytes, vec![0; 100_000]].concat(), 50_000);
            assert!(matches!(poll(&mut intake), Poll::Ready(Some(Err(_)))));
            assert_eq!(valve.fault.get(), Some(close));
            assert!(matches!(poll(&mut intake), Poll::Ready(None)), "the rest is dropped");
        }
    }

    #[test]
    fn a_message_in_parts_is_passed_on_as_one() {
        let mut masked = frame(0x00, b"");
        masked[1] |= 2;
        masked[2..6].copy_from_slice(&[1, 2, 3, 4]);
        masked.extend([b'b' ^ 1, b'c' ^ 2]);
        let parts = [frame(0x01, b"a"), frame(0x89, b"ping"), masked, frame(0x80, b"d")];
        let (mut intake, _) = intake(parts.concat(), 3);
        for expected in [frame(0x89, b"ping"), whole_frame(TEXT, b"abcd").to_vec()] {
            match poll(&mut intake) {
                Poll::Ready(Some(Ok(bytes))) => assert_eq!(&bytes[..], &expected[..]),
                other => panic!("{other:?}"),
            }
            assert!(poll(&mut intake).is_pending());
        }
    }

    #[test]
    fn parts_out_of_turn_or_too_many_are_refused() {
        let large = || frame(0x00, &[b'x'; 60_000]);
        for (bytes, close) in [
            (frame(0x80, b"end of nothing"), PROTOCOL_ERROR),
            ([frame(0x01, b"a"), frame(0x81, b"b")].concat(), PROTOCOL_ERROR),
            ([frame(0x01, b"a"), large(), large()].concat(), TOO_LARGE),
        ] {
            let (mut intake, valve) = intake(bytes, 10_000);
            assert!(matches!(poll(&mut intake), Poll::Ready(Some(Err(_)))));
            assert_eq!(valve.fault.get(), Some(close));
        }
    }

    #[test]
    fn nothing_is_read_while_answers_wait() {
        let (mut intake, valve) = intake(frame(0x81, b"one"), 100);
        let outbox = intake.outbox.clone();
        (0..5).for_each(|_| outbox.push("answer".into()));
        assert!(poll(&mut intake).is_pending());
        assert!(valve.held.get());
        outbox.next(Waker::noop());
        assert!(poll(&mut intake).is_ready());
    }
}
