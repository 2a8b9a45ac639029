//! The HTTP server: workers, connections and their deadlines, and what wraps every request.

use std::{any::Any, net::TcpListener};

use actix_web::{
    App, HttpServer,
    dev::{Extensions, Server},
    middleware::{Compress, Condition, from_fn},
    web::{Data, ServiceConfig},
};

use super::{
    api::{Api, HttpSettings},
    middleware::{around, cors, limit},
    routes::configure,
};
use crate::actors::exchange::Exchange;

/// Serves `exchange` on `listener`. The server runs once it is awaited or spawned; it handles no
/// signals, so that the exchange can stop in its own order.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve(
    exchange: Exchange,
    settings: HttpSettings,
    listener: TcpListener,
) -> std::io::Result<Server> {
    serve_with(exchange, settings, listener, |_| {}, |_, _| {})
}

/// Like [`serve`], with the routes of another layer beside ours, and what that layer wants to know
/// of each connection.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve_with(
    exchange: Exchange,
    settings: HttpSettings,
    listener: TcpListener,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    on_connect: fn(&dyn Any, &mut Extensions),
) -> std::io::Result<Server> {
    let api = Data::new(Api::new(exchange, settings));
    let settings = api.settings.clone();
    let origins = settings.cors_origins.clone();
    let server = HttpServer::new(move || {
        // The last one is the outermost.
        App::new()
            .app_data(api.clone())
            .wrap(from_fn(limit))
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(around))
            .wrap(Compress::default())
            // Ours first: they are matched from top to bottom, and a pattern with a parameter costs more
            // than all words before it.
            .configure(configure)
            .configure(routes.clone())
    });
    let workers = settings.workers.max(1);
    Ok(server
        .workers(workers)
        .on_connect(on_connect)
        .max_connections(settings.connections_max.div_ceil(workers))
        .keep_alive(settings.keep_alive)
        .client_request_timeout(settings.head_deadline)
        .client_disconnect_timeout(settings.head_deadline)
        .shutdown_timeout(settings.stop_deadline.as_secs())
        .tcp_nodelay(true)
        .disable_signals()
        .listen(listener)?
        .run())
}
