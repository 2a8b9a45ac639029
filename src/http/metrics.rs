//! What `/metrics` shows, in Prometheus' text format.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
    core::Collector,
};

use crate::{
    actors::exchange::Exchange,
    mirror::{Monitor, Phase},
};

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Counters and gauges of this process; clones are the same ones.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latency: HistogramVec,
    places_taken: IntGauge,
    places: IntGauge,
    lost: IntGauge,
    journal_waiting: IntGauge,
    commits: IntGauge,
    commit_facts: IntGauge,
    commit_micros: IntGauge,
    sequence: IntGauge,
    ads: IntGauge,
    p2p_trades: IntGauge,
    mirror: Option<MirrorGauges>,
}

/// Where the mirror stands.
#[derive(Clone)]
struct MirrorGauges {
    monitor: Monitor,
    follows: IntGauge,
    sequence: IntGauge,
    lag: IntGauge,
    lag_secs: IntGauge,
}

impl Metrics {
    /// Metrics that stand at zero, with those of the mirror where there is one.
    pub fn new(mirror: Option<Monitor>) -> Metrics {
        let registry = Registry::new();
        let requests = Opts::new("souk_http_requests_total", "Requests by route and status");
        let latency = HistogramOpts::new("souk_http_request_seconds", "From head to answer")
            .buckets(BUCKETS.to_vec());
        let gauge = |name, help| register(&registry, IntGauge::new(name, help));
        Metrics {
            requests: register(
                &registry,
                IntCounterVec::new(requests, &["method", "route", "status"]),
            ),
            latency: register(&registry, HistogramVec::new(latency, &["method", "route"])),
            places_taken: gauge("souk_door_places_taken", "Commands inside"),
            places: gauge("souk_door_places", "The most commands that may be inside"),
            lost: gauge(
                "souk_answers_lost",
                "Commands that were dropped without an answer since the start: a bug each",
            ),
            journal_waiting: gauge("souk_journal_waiting", "Entries that wait for the journal"),
            commits: gauge("souk_journal_commits", "Commits written and synced since the start"),
            commit_facts: gauge("souk_journal_facts", "Facts in them"),
            commit_micros: gauge("souk_journal_micros", "Microseconds that they took together"),
            sequence: gauge("souk_sequence", "The last durable fact"),
            ads: gauge("souk_p2p_ads", "Ads that are not closed"),
            p2p_trades: gauge("souk_p2p_trades_open", "P2P trades whose coins are in escrow"),
            mirror: mirror.map(|monitor| MirrorGauges::new(&registry, monitor)),
            registry,
        }
    }

    /// Where other layers add theirs.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Counts a request that was answered.
    pub fn count(&self, method: &str, route: &str, status: &str, seconds: f64) {
        self.requests.with_label_values(&[method, route, status]).inc();
        self.latency.with_label_values(&[method, route]).observe(seconds);
    }

    /// Everything as text.
    pub fn render(&self, exchange: &Exchange) -> String {
        self.places_taken.set(exchange.door().inside() as i64);
        self.places.set(exchange.door().permits_max() as i64);
        self.lost.set(exchange.door().lost() as i64);
        self.journal_waiting.set(exchange.journal_waiting() as i64);
        let work = exchange.journal_work();
        self.commits.set(work.commits as i64);
        self.commit_facts.set(work.facts as i64);
        self.commit_micros.set(work.took.as_micros() as i64);
        self.show_state(exchange);
        self.mirror.iter().for_each(MirrorGauges::show);
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "rendering the metrics failed");
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Metrics {
    fn show_state(&self, exchange: &Exchange) {
        let state = &exchange.views().world().state;
        self.sequence.set(state.through.0 as i64);
        self.ads
            .set(state.p2p.boards().iter().map(|board| board.ads().len()).sum::<usize>() as i64);
        self.p2p_trades.set(state.p2p.trades().len() as i64);
    }
}

impl MirrorGauges {
    fn new(registry: &Registry, monitor: Monitor) -> MirrorGauges {
        let gauge = |name, help| register(registry, IntGauge::new(name, help));
        MirrorGauges {
            monitor,
            follows: gauge("souk_mirror_follows", "1 while the mirror follows, 0 while it cannot"),
            sequence: gauge("souk_mirror_sequence", "The last fact in the mirror"),
            lag: gauge("souk_mirror_lag_facts", "Durable facts that the mirror does not have"),
            lag_secs: gauge(
                "souk_mirror_lag_seconds",
                "For how long the mirror has not had everything",
            ),
        }
    }

    fn show(&self) {
        let status = self.monitor.status();
        self.follows.set(i64::from(status.phase == Phase::Following));
        self.sequence.set(status.sequence.unwrap_or_default() as i64);
        self.lag.set(status.lag.unwrap_or_default() as i64);
        self.lag_secs.set(status.lag_secs.unwrap_or_default() as i64);
    }
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: prometheus::Result<C>,
) -> C {
    let collector = collector.expect("names and labels are constants that are well formed");
    registry.register(Box::new(collector.clone())).expect("each name is registered once");
    collector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::new(None);
        metrics.count("GET", "/api/wallet", "200", 0.002);
        metrics.count("GET", "/api/wallet", "200", 0.002);
        let gathered = metrics.registry().gather();
        let requests = gathered.iter().find(|f| f.name() == "souk_http_requests_total").unwrap();
        assert_eq!(requests.get_metric()[0].get_counter().get_value(), 2.0);
    }
}
