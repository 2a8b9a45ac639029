//! What REST order entry is measured against, on the exchange's port plus one; only there with the
//! feature `baseline`:
//!
//! - `/orders`: a bare handler that reads an order as JSON and answers JSON of the size of a real answer,
//!   with no exchange behind it, and nothing around it: no token, no checks, no limits, no headers of ours;
//! - `/sketch/orders`: the same handler with a sketch of the exchange's shape behind it, durable.

mod sketch;

use std::{
    net::{SocketAddr, TcpListener},
    sync::atomic::{AtomicU64, Ordering},
};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, web};
use serde::{Deserialize, Serialize};

use self::sketch::Sketch;
use crate::store::Journal;

/// An order, as somebody would write it down who checks nothing.
#[derive(Debug, Deserialize)]
struct Asked {
    instrument: String,
    order_type: String,
    order_subtype: String,
    quantity: String,
    price: String,
    #[serde(default = "until_cancelled")]
    time_in_force: String,
}

fn until_cancelled() -> String {
    "GTC".into()
}

/// The members of a real answer.
#[derive(Debug, Serialize)]
struct Answer {
    order: Order,
    fills: [(); 0],
    sequence: u64,
}

#[derive(Debug, Serialize)]
struct Order {
    id: String,
    client_order_id: Option<String>,
    instrument: String,
    order_type: String,
    order_subtype: String,
    time_in_force: String,
    post_only: bool,
    self_trade_prevention: &'static str,
    price: String,
    stop_price: Option<String>,
    triggered: Option<bool>,
    remaining_quantity: String,
    quantity: String,
    quote_amount: Option<String>,
    display_quantity: Option<String>,
    filled_quantity: &'static str,
    filled_notional: &'static str,
    average_price: Option<String>,
    fee_paid: &'static str,
    fee_currency: &'static str,
    status: &'static str,
    status_reason: Option<String>,
    created_at: &'static str,
    updated_at: &'static str,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Answer {
    fn to(asked: Asked) -> Answer {
        let sequence = NEXT.fetch_add(1, Ordering::Relaxed);
        let Asked { instrument, order_type, order_subtype, quantity, price, time_in_force } = asked;
        let order = Order {
            id: sequence.to_string(),
            client_order_id: None,
            instrument,
            order_type,
            order_subtype,
            time_in_force,
            post_only: false,
            self_trade_prevention: "CANCEL_NEWEST",
            price,
            stop_price: None,
            triggered: None,
            remaining_quantity: quantity.clone(),
            quantity,
            quote_amount: None,
            display_quantity: None,
            filled_quantity: "0.00000",
            filled_notional: "0.00",
            average_price: None,
            fee_paid: "0.00000000",
            fee_currency: "BTC",
            status: "PENDING",
            status_reason: None,
            created_at: "2026-01-31T12:00:00.000Z",
            updated_at: "2026-01-31T12:00:00.000Z",
        };
        Answer { order, fills: [], sequence }
    }
}

async fn place(asked: web::Json<Asked>) -> HttpResponse {
    HttpResponse::Created().json(Answer::to(asked.into_inner()))
}

async fn cancel(id: web::Path<String>) -> HttpResponse {
    let asked = Asked {
        instrument: "BTC-USD".into(),
        order_type: "BUY".into(),
        order_subtype: "LIMIT".into(),
        quantity: "0.00010".into(),
        price: "60000.00".into(),
        time_in_force: until_cancelled(),
    };
    let mut answer = Answer::to(asked);
    answer.order.id = id.into_inner();
    HttpResponse::Ok().json(answer)
}

async fn place_durably(sketch: web::Data<Sketch>, asked: web::Json<Asked>) -> HttpResponse {
    sketch.record().await;
    place(asked).await
}

async fn cancel_durably(sketch: web::Data<Sketch>, id: web::Path<String>) -> HttpResponse {
    sketch.record().await;
    cancel(id).await
}

/// Serves both next to an exchange at `exchange`, with as many workers; the sketch writes to `journal`.
/// Runs once it is awaited or spawned.
///
/// # Errors
/// Where the port is taken or a thread cannot be started.
pub fn serve(
    exchange: SocketAddr,
    workers: usize,
    journal: Box<dyn Journal>,
) -> std::io::Result<(Server, SocketAddr)> {
    let mut address = exchange;
    address.set_port(exchange.port().checked_add(1).unwrap_or(1));
    let listener = TcpListener::bind(address)?;
    let sketch = web::Data::new(Sketch::start(journal)?);
    let app = move || {
        App::new()
            .app_data(sketch.clone())
            .route("/orders", web::post().to(place))
            .route("/orders/{id}", web::delete().to(cancel))
            .route("/sketch/orders", web::post().to(place_durably))
            .route("/sketch/orders/{id}", web::delete().to(cancel_durably))
    };
    let server = HttpServer::new(app).workers(workers).disable_signals().listen(listener)?;
    Ok((server.run(), address))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        domain::{
            book::Book,
            id::{Sequence, Stamp, UserId},
            order::{PlaceOrder, Side},
        },
        http::wire::Placed,
        settings::Settings,
    };

    #[test]
    fn an_answer_has_the_members_of_a_real_one() {
        let asked = r#"{"instrument":"BTC-USD","order_type":"BUY","order_subtype":"LIMIT",
            "quantity":"0.00010","price":"60000.00"}"#;
        let bare = Answer::to(serde_json::from_str(asked).unwrap());
        let bare = serde_json::to_value(&bare).unwrap();
        let on = Settings::default().instruments.swap_remove(0);
        let mut book = Book::new(on.clone());
        let order = PlaceOrder::limit(Side::Buy, 10, 6_000_000);
        let fact = book.place(UserId(1), &order, 1_000_000, Stamp(0)).unwrap();
        let real = serde_json::to_value(Placed::of(Sequence(1), &fact, &on)).unwrap();
        let names = |of: &Value| of["order"].as_object().unwrap().keys().cloned().collect();
        let (bare_names, real_names): (Vec<String>, Vec<String>) = (names(&bare), names(&real));
        assert_eq!(bare_names, real_names);
        assert!(bare.to_string().len().abs_diff(real.to_string().len()) < 20);
    }
}
