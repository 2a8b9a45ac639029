//! A caller's orders and trades.

use std::cmp::Reverse;

use actix_web::{HttpResponse, web::Path};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{instrument_named, order_named, own_order};
use crate::{
    domain::{
        id::{InstrumentId, OrderId, Stamp, UserId},
        instrument::Instrument,
        order::{self, ClientOrderId, OrderStatus},
        rejection::Rejection,
        world::World,
    },
    http::{
        caller::{Caller, reading},
        page::{Page, Query, Span, WindowEnd},
        problem::{Problem, ProblemBody},
        wire::{self, Order, OwnTrade},
    },
};

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// OPEN, CLOSED, or one status such as FILLED; in small letters too.
    #[param(value_type = Option<wire::code::OrderStatusFilter>)]
    status: Option<String>,
    /// Only those of this instrument.
    instrument: Option<String>,
    /// Only the newest one with this name.
    client_order_id: Option<String>,
    /// At most so many, 1 to 500; default 50.
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The caller's orders, newest first: all that are open, and the last 500 that were closed.
#[utoipa::path(
    get,
    path = "/api/orderbook/orders",
    tag = "orderbook",
    security(("bearer" = [])),
    params(OrdersQuery),
    responses(
        (status = 200, body = Page<Order>),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "INSTRUMENT_NOT_FOUND")
    )
)]
pub async fn list_orders(
    caller: Caller,
    Query(asked): Query<OrdersQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = Span::read(asked.limit.as_deref(), None)?.limit;
    let after = asked.after.as_deref().map(read_cursor).transpose()?;
    let world = caller.api.exchange.views().world();
    let filter = Filter::read(&asked, &world)?;
    let mut found = filter.orders(&world, caller.user);
    found.retain(|order| after.is_none_or(|after| place_of(order) < after));
    found.sort_unstable_by_key(|order| Reverse(place_of(order)));
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|order| cursor(place_of(order)));
    let orders: Vec<order::Order> = found.into_iter().cloned().collect();
    let instruments = instruments(&world);
    let dropped = world.history.user(caller.user).map_or(0, |own| own.closed_orders.dropped());
    let sequence = world.state.through;
    drop(world);
    let page = Page {
        data: orders.iter().map(|order| render(order, &instruments)).collect(),
        next,
        window: Some(WindowEnd { from_sequence: None, dropped }),
    };
    Ok(reading(sequence, &page))
}

/// One of the caller's orders.
#[utoipa::path(
    get,
    path = "/api/orderbook/orders/{id}",
    tag = "orderbook",
    security(("bearer" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, body = Order),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "ORDER_NOT_FOUND")
    )
)]
pub async fn show_order(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let (sequence, order) = {
        let world = caller.api.exchange.views().world();
        let (id, on) = order_named(&world, &id)?;
        let order = own_order(&world, caller.user, id).ok_or(Rejection::OrderNotFound)?;
        (world.state.through, Order::of(order, &on))
    };
    Ok(reading(sequence, &order))
}

/// Which of the caller's trades.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OwnTradesQuery {
    /// Only those of this instrument.
    instrument: Option<String>,
    /// At most so many, 1 to 500; default 50.
    limit: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The caller's trades, newest first; the last 1,000 are kept here.
#[utoipa::path(
    get,
    path = "/api/orderbook/trades",
    tag = "orderbook",
    security(("bearer" = [])),
    params(OwnTradesQuery),
    responses(
        (status = 200, body = Page<OwnTrade>),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "INSTRUMENT_NOT_FOUND")
    )
)]
pub async fn list_own_trades(
    caller: Caller,
    Query(asked): Query<OwnTradesQuery>,
) -> Result<HttpResponse, Problem> {
    let span = Span::read(asked.limit.as_deref(), asked.after.as_deref())?;
    let world = caller.api.exchange.views().world();
    let only = read_instrument(&world, asked.instrument.as_deref())?;
    let trades = world.history.user(caller.user).map(|own| &own.trades);
    let newest_first = trades.into_iter().flat_map(|trades| trades.newest_first());
    let wanted = newest_first.filter(|(_, trade)| only.is_none_or(|id| trade.instrument == id));
    let page = span
        .falling(wanted, |(number, _)| *number, |(_, trade)| trade.clone())
        .of_window(trades, |trade| trade.sequence);
    let instruments = instruments(&world);
    let sequence = world.state.through;
    drop(world);
    let on = |id: InstrumentId| &instruments[id.0 as usize];
    let data = page.data.iter().map(|trade| OwnTrade::of(trade, on(trade.instrument))).collect();
    let page = Page { data, next: page.next, window: page.window };
    Ok(reading(sequence, &page))
}

/// Which orders are wanted.
struct Filter {
    status: StatusFilter,
    instrument: Option<InstrumentId>,
    client_order_id: Option<ClientOrderId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatusFilter {
    All,
    Open,
    Closed,
    Is(OrderStatus),
}

impl StatusFilter {
    fn read(text: &str) -> Option<StatusFilter> {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        match () {
            _ if is("open") => Some(StatusFilter::Open),
            _ if is("closed") => Some(StatusFilter::Closed),
            _ => {
                OrderStatus::ALL.into_iter().find(|status| is(status.code())).map(StatusFilter::Is)
            }
        }
    }

    fn fits(self, status: OrderStatus) -> bool {
        match self {
            StatusFilter::All => true,
            StatusFilter::Open => status.is_open(),
            StatusFilter::Closed => !status.is_open(),
            StatusFilter::Is(wanted) => status == wanted,
        }
    }
}

impl Filter {
    fn read(asked: &OrdersQuery, world: &World) -> Result<Filter, Problem> {
        let status = match asked.status.as_deref() {
            None => StatusFilter::All,
            Some(text) => StatusFilter::read(text)
                .ok_or_else(|| Problem::field("status", "is not open, closed or a status"))?,
        };
        let client_order_id = match asked.client_order_id.as_deref() {
            None => None,
            Some(text) => Some(ClientOrderId::new(text).ok_or_else(|| {
                Problem::field("client_order_id", "is not 1 to 36 of A-Z a-z 0-9 - _ . :")
            })?),
        };
        let instrument = read_instrument(world, asked.instrument.as_deref())?;
        Ok(Filter { status, instrument, client_order_id })
    }

    fn orders<'a>(&self, world: &'a World, user: UserId) -> Vec<&'a order::Order> {
        let Some(wallet) = world.state.wallet(user) else { return Vec::new() };
        let open = wallet.open.keys().filter_map(|id| world.state.open_order(*id));
        let closed = world.history.user(user).map(|own| own.closed_orders.iter());
        // A client order id may be used again once its order is kept no more: the newest counts.
        let named = self.client_order_id.as_ref().map(|id| wallet.client_order(id));
        let fits = |order: &&order::Order| {
            self.status.fits(order.status)
                && self.instrument.is_none_or(|id| order.id.instrument() == id)
                && named.is_none_or(|known| known.is_some_and(|known| known.order == order.id))
        };
        open.chain(closed.into_iter().flatten()).filter(fits).collect()
    }
}

fn read_instrument(world: &World, name: Option<&str>) -> Result<Option<InstrumentId>, Problem> {
    name.map(|name| instrument_named(world, name).map(|on| on.id)).transpose()
}

/// By id, so that answers are rendered after the views are let go of.
fn instruments(world: &World) -> Vec<Instrument> {
    world.state.books.iter().map(|book| book.instrument().clone()).collect()
}

fn render(order: &order::Order, instruments: &[Instrument]) -> Order {
    Order::of(order, &instruments[order.id.instrument().0 as usize])
}

/// Where an order stands in the list: by age, and by id where two are equally old. Ids alone do not
/// say which of two books' orders is older.
type ListPlace = (Stamp, OrderId);

fn place_of(order: &order::Order) -> ListPlace {
    (order.created_at, order.id)
}

fn cursor((stamp, id): ListPlace) -> String {
    format!("{:x}-{:x}", stamp.0, id.0)
}

fn read_cursor(text: &str) -> Result<ListPlace, Problem> {
    let hex = |part: &str| {
        let good = part.bytes().all(|b| b.is_ascii_hexdigit());
        good.then(|| u64::from_str_radix(part, 16).ok()).flatten()
    };
    let read = text.split_once('-').and_then(|(stamp, id)| {
        let stamp = i64::try_from(hex(stamp)?).ok()?;
        Some((Stamp(stamp), OrderId(hex(id)?)))
    });
    read.ok_or_else(|| Problem::field("after", "is not a cursor of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let place = (Stamp(1_769_860_800_007), OrderId((1 << 53) - 1));
        assert_eq!(read_cursor(&cursor(place)).unwrap(), place);
        for text in ["", "-", "1-", "-1", "+1-1", "g-1", "1-1-1", "ffffffffffffffff-1"] {
            assert!(read_cursor(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_status_is_open_closed_or_its_code() {
        assert_eq!(StatusFilter::read("open"), Some(StatusFilter::Open));
        assert_eq!(StatusFilter::read("CLOSED"), Some(StatusFilter::Closed));
        assert_eq!(StatusFilter::read("FILLED"), Some(StatusFilter::Is(OrderStatus::Filled)));
        assert_eq!(StatusFilter::read("done"), None);
        for status in OrderStatus::ALL {
            assert_eq!(StatusFilter::Open.fits(status), !StatusFilter::Closed.fits(status));
        }
    }
}
