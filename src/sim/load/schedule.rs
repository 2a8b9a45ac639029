//! When requests are due.
//!
//! An open loop sends by a schedule that is fixed beforehand, and each latency counts from the time at
//! which its request was due: what a slow answer holds up is counted as slow too. A closed loop sends
//! the next request when the last one was answered, so it measures how much is done, and hides how long
//! others would have waited.

use std::{
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Shorter naps would take more of the processor than the requests themselves.
const NAP: Duration = Duration::from_micros(200);

/// How long after the start the `number`-th request is due, at so many a second.
pub fn due(per_second: u32, number: u64) -> Duration {
    let nanos = u128::from(number) * 1_000_000_000 / u128::from(per_second.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Where a lane learns when to send next.
pub enum Pacer {
    /// Whenever it can, until then.
    Closed { until: Instant },
    /// At the times that come out here.
    Open(UnboundedReceiver<Instant>),
}

impl Pacer {
    /// When the next request is due; `None` once there is none any more.
    pub async fn next(&mut self) -> Option<Instant> {
        match self {
            Pacer::Closed { until } => Some(Instant::now()).filter(|now| now < until),
            Pacer::Open(due) => due.recv().await,
        }
    }
}

/// Turns for `lanes` lanes over `lasting`: as fast as they can, or `rate` a second over all of them,
/// one lane after the other.
pub fn turns(
    rate: Option<u32>,
    lanes: usize,
    lasting: Duration,
) -> std::io::Result<(Vec<Pacer>, Option<JoinHandle<()>>)> {
    let Some(rate) = rate else {
        let until = Instant::now() + lasting;
        return Ok(((0..lanes).map(|_| Pacer::Closed { until }).collect(), None));
    };
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..lanes).map(|_| unbounded_channel()).unzip();
    // A thread of its own: timers of the runtime count in milliseconds.
    let thread = std::thread::Builder::new().name("schedule".into());
    let thread = thread.spawn(move || pace(rate, lasting, &senders))?;
    Ok((receivers.into_iter().map(Pacer::Open).collect(), Some(thread)))
}

fn pace(rate: u32, lasting: Duration, lanes: &[UnboundedSender<Instant>]) {
    let start = Instant::now();
    for number in 0.. {
        let after = due(rate, number);
        if after >= lasting {
            return;
        }
        let at = start + after;
        let early = at.saturating_duration_since(Instant::now());
        if !early.is_zero() {
            std::thread::sleep(early.max(NAP));
        }
        // A lane that lost its connection takes no more.
        let _ = lanes[number as usize % lanes.len()].send(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_fixed_and_does_not_drift() {
        assert_eq!(due(1_000, 0), Duration::ZERO);
        assert_eq!(due(1_000, 1), Duration::from_millis(1));
        assert_eq!(due(3, 3_000_000_000), Duration::from_secs(1_000_000_000));
        assert_eq!(due(7, 10), Duration::from_nanos(1_428_571_428));
    }

    #[tokio::test]
    async fn an_open_loop_gives_each_lane_its_share_by_the_schedule() {
        let lasting = Duration::from_millis(50);
        let (turns, thread) = turns(Some(1_000), 3, lasting).unwrap();
        let mut all = Vec::new();
        for (lane, mut turns) in turns.into_iter().enumerate() {
            let mut count = 0;
            while let Some(at) = turns.next().await {
                all.push((at, lane));
                count += 1;
            }
            assert!((16..=17).contains(&count), "{count}");
        }
        thread.unwrap().join().unwrap();
        all.sort();
        let first = all[0].0;
        for (number, (at, lane)) in all.iter().enumerate() {
            assert_eq!((*at - first, *lane), (due(1_000, number as u64), number % 3));
        }
    }

    #[tokio::test]
    async fn a_closed_loop_is_always_due_until_its_end() {
        let (mut turns, _) = turns(None, 1, Duration::from_secs(60)).unwrap();
        assert!(turns[0].next().await.is_some());
        let mut ended = Pacer::Closed { until: Instant::now() };
        assert!(ended.next().await.is_none());
    }
}
