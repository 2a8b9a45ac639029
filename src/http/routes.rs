//! The whole route list, and the OpenAPI document that is made of the same list.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::{Method, StatusCode, header},
    web,
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{
    admin, auth,
    middleware::DOCS_PATH,
    orderbook,
    problem::{Edge, Problem, ProblemBody},
    system, user, wallet,
};

/// Takes paths with their methods and handlers; makes `configure_routes`, `ROUTES` and `Document`.
macro_rules! routes {
    ($($path:literal { $($method:ident $module:ident :: $handler:ident),+ })+) => {
        fn configure_routes(cfg: &mut web::ServiceConfig) {
            $(cfg.service(
                web::resource($path)
                    $(.route(web::method(Method::$method).to($module::$handler)))+
                    .default_service(web::to(|| wrong_method(&[$(stringify!($method)),+]))),
            );)+
        }

        /// Every path with its methods.
        pub const ROUTES: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($method)),+])),+];

        /// The OpenAPI document.
        #[derive(OpenApi)]
        #[openapi(
            info(description = "An exchange on your own machine. See /api/docs."),
            modifiers(&Bearer, &Refusals),
            components(schemas(ProblemBody)),
            paths($($($module::$handler),+),+)
        )]
        pub struct Document;
    };
}

// Matched from top to bottom, so what is asked most stands first, and words before parameters.
routes! {
    "/api/orderbook/orders" {
        POST orderbook::place_order,
        GET orderbook::list_orders,
        DELETE orderbook::cancel_orders
    }
    "/api/orderbook/orders/batch" { POST orderbook::place_batch }
    "/api/orderbook/orders/test" { POST orderbook::test_order }
    "/api/orderbook/orders/cancel-all-after" { POST orderbook::cancel_all_after }
    "/api/orderbook/orders/{id}" {
        GET orderbook::show_order,
        PATCH orderbook::amend_order,
        DELETE orderbook::cancel_order
    }
    "/api/orderbook/trades" { GET orderbook::list_own_trades }
    "/api/orderbook/instruments" { GET orderbook::list_instruments }
    "/api/orderbook/{instrument}" { GET orderbook::show_book }
    "/api/orderbook/{instrument}/trades" { GET orderbook::list_trades }
    "/api/orderbook/{instrument}/ticker" { GET orderbook::show_ticker }
    "/api/orderbook/{instrument}/candles" { GET orderbook::list_candles }

    "/api/auth/register" { POST auth::register }
    "/api/auth/login" { POST auth::login }
    "/api/auth/logout" { POST auth::logout }
    "/api/auth/password" { POST auth::change_password }

    "/api/wallet" { GET wallet::list }
    "/api/wallet/transactions" { GET wallet::transactions }
    "/api/wallet/deposit" { POST wallet::deposit }
    "/api/wallet/withdraw" { POST wallet::withdraw }
    "/api/wallet/{currency}" { GET wallet::one }

    "/api/user/me" { GET user::me, PATCH user::change_me }
    "/api/user/notifications" { GET user::notifications }
    "/api/user/notifications/read" { POST user::read_notifications }
    "/api/user/{username}" { GET user::profile }

    "/api/admin/snapshots" { POST admin::snapshot }
    "/api/admin/clock" { POST admin::move_clock }
    "/api/admin/users/{username}" { GET admin::user, POST admin::change_user }
    "/api/admin/users/{username}/deposit" { POST admin::deposit }

    "/api/system/status" { GET system::status }
    "/api/system/digest" { GET system::digest }
    "/api/system/totals" { GET system::totals }
    "/api/time" { GET system::time }
    "/healthz" { GET system::healthz }
    "/readyz" { GET system::readyz }
    "/metrics" { GET system::metrics }
}

/// Registers every route.
pub fn configure(cfg: &mut web::ServiceConfig) {
    configure_routes(cfg);
    let document = web::Bytes::from(Document::openapi().to_json().unwrap_or_default());
    cfg.route(OPENAPI_PATH, web::get().to(move || answer_document(document.clone())));
    let ui = Config::from(OPENAPI_PATH).validator_url("none").try_it_out_enabled(true);
    cfg.service(web::redirect(DOCS_PATH, DOCS_INDEX));
    cfg.service(SwaggerUi::new("/api/docs/{_:.*}").config(ui));
    cfg.default_service(web::to(nothing_here));
}

const OPENAPI_PATH: &str = "/api/openapi.json";
const DOCS_INDEX: &str = "/api/docs/index.html";

async fn answer_document(document: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document)
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::of(Edge::NotFound))
}

async fn wrong_method(allowed: &'static [&'static str]) -> HttpResponse {
    // The middleware makes the body, and keeps this header.
    let mut response = HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED);
    response.insert_header((header::ALLOW, allowed.join(", "))).finish()
}

/// Declares the bearer token, which handlers that need one refer to as `bearer`.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", bearer);
    }
}

/// Says of every call what holds for all: refusals are problems, and any call can meet a limit or an
/// exchange that is full or stopping.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let methods =
                [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete, &mut item.put];
            for operation in methods.into_iter().flatten() {
                describe_refusals(&mut operation.responses.responses);
            }
        }
    }
}

fn describe_refusals(responses: &mut BTreeMap<String, RefOr<Response>>) {
    for (status, what) in [
        ("400", "Malformed request"),
        ("429", "Too fast; `Retry-After` says when"),
        ("503", "Full, stopping, or the journal failed"),
    ] {
        let described = || RefOr::T(ResponseBuilder::new().description(what).build());
        responses.entry(status.into()).or_insert_with(described);
    }
    let refusals = responses.iter_mut().filter(|(status, _)| status.starts_with(['4', '5']));
    for (_, response) in refusals {
        if let RefOr::T(response) = response {
            let schema = Ref::from_schema_name("ProblemBody");
            let problem = ContentBuilder::new().schema(Some(schema)).build();
            response.content.clear();
            response.content.insert("application/problem+json".into(), problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_in_the_document_and_nothing_else() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let mut documented = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            documented.extend(methods.as_object().unwrap().keys().map(|m| format!("{m} {path}")));
        }
        let mut configured = Vec::new();
        for (path, methods) in ROUTES {
            configured.extend(methods.iter().map(|m| format!("{} {path}", m.to_lowercase())));
        }
        documented.sort();
        configured.sort();
        assert_eq!(documented, configured);
    }
}
