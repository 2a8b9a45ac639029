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
    admin, auth, contact, dispute, escrow, middleware::DOCS_PATH, orderbook, p2p,
    problem::ProblemBody, reputation, site, system, user, wallet, wire::code,
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
            components(schemas(
                ProblemBody,
                code::OrderStatusFilter,
                code::P2pTradeStatusFilter,
                code::P2pTradeRole
            )),
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

    "/api/p2p/advertisements" { POST p2p::publish_ad, GET p2p::list_ads }
    "/api/p2p/advertisements/{id}" { GET p2p::show_ad, PATCH p2p::edit_ad }
    "/api/p2p/advertisements/{id}/pause" { POST p2p::pause_ad }
    "/api/p2p/advertisements/{id}/resume" { POST p2p::resume_ad }
    "/api/p2p/advertisements/{id}/close" { POST p2p::close_ad }
    "/api/p2p/payment-methods" { GET p2p::list_payment_methods }
    "/api/p2p/trades" { POST p2p::take_ad, GET p2p::list_p2p_trades }
    "/api/p2p/trades/{id}" { GET p2p::show_p2p_trade }
    "/api/p2p/trades/{id}/payment-sent" { POST p2p::mark_sent }
    "/api/p2p/trades/{id}/confirm-payment" { POST p2p::confirm_payment }
    "/api/p2p/trades/{id}/cancel" { POST p2p::cancel_trade }
    "/api/p2p/trades/{id}/cancel/accept" { POST p2p::accept_cancel }
    "/api/p2p/trades/{id}/cancel/reject" { POST p2p::reject_cancel }
    "/api/p2p/trades/{id}/extend" { POST p2p::extend_trade }
    "/api/p2p/trades/{id}/concede" { POST p2p::concede_trade }
    "/api/p2p/trades/{id}/messages" { GET p2p::list_messages, POST p2p::write_message }
    "/api/p2p/trades/{id}/audit" { GET p2p::list_audit }

    "/api/escrow" { GET escrow::list_escrows }
    "/api/escrow/{id}" { GET escrow::show_escrow }

    "/api/dispute" { POST dispute::open_dispute, GET dispute::list_disputes }
    "/api/dispute/{id}" { GET dispute::show_dispute }
    "/api/dispute/{id}/statement" { POST dispute::add_statement }
    "/api/dispute/{id}/evidence" { POST dispute::add_evidence }
    "/api/dispute/{id}/evidence/{sha256}" { GET dispute::show_evidence }
    "/api/dispute/{id}/withdraw" { POST dispute::withdraw_dispute }
    "/api/dispute/{id}/take" { POST dispute::take_dispute }
    "/api/dispute/{id}/reassign" { POST dispute::reassign_dispute }
    "/api/dispute/{id}/verdict" { POST dispute::give_verdict }
    "/api/dispute/{id}/appeal" { POST dispute::appeal_verdict }

    "/api/reputation/reviews" { POST reputation::write_review }
    "/api/reputation/{username}" { GET reputation::show_reputation }
    "/api/reputation/{username}/reviews" { GET reputation::list_reviews }

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
    "/api/user/payment-accounts" {
        GET contact::list_payment_accounts,
        POST contact::add_payment_account
    }
    "/api/user/payment-accounts/{id}" { DELETE contact::remove_payment_account }
    "/api/user/blocks" { GET contact::list_blocks, POST contact::block }
    "/api/user/blocks/{username}" { DELETE contact::unblock }
    "/api/user/favourites" { GET contact::list_favourites, POST contact::favour }
    "/api/user/favourites/{username}" { DELETE contact::unfavour }
    "/api/user/{username}" { GET user::profile }

    "/api/admin/snapshots" { POST admin::snapshot }
    "/api/admin/clock" { POST admin::move_clock }
    "/api/admin/users/{username}" { GET admin::user, POST admin::change_user }
    "/api/admin/users/{username}/deposit" { POST admin::deposit }
    "/api/admin/p2p/trades/{id}/freeze" { POST admin::freeze_trade }
    "/api/admin/p2p/trades/{id}/unfreeze" { POST admin::unfreeze_trade }

    "/api/system/status" { GET system::status }
    "/api/system/digest" { GET system::digest }
    "/api/system/totals" { GET system::totals }
    "/api/time" { GET system::time }
    "/healthz" { GET system::healthz }
    "/readyz" { GET system::readyz }
    "/metrics" { GET system::metrics }
}

/// What every call takes and answers, in OpenAPI 3.1.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// Registers every route.
pub fn configure(cfg: &mut web::ServiceConfig) {
    configure_routes(cfg);
    let document = web::Bytes::from(serde_json::to_vec(&document()).unwrap_or_default());
    cfg.route(OPENAPI_PATH, web::get().to(move || answer_document(document.clone())));
    let ui = Config::from(OPENAPI_PATH).validator_url("none").try_it_out_enabled(true);
    cfg.service(web::redirect(DOCS_PATH, DOCS_INDEX));
    cfg.service(SwaggerUi::new("/api/docs/{_:.*}").config(ui));
    cfg.default_service(web::to(site::show));
}

const OPENAPI_PATH: &str = "/api/openapi.json";
const DOCS_INDEX: &str = "/api/docs/index.html";

async fn answer_document(document: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document)
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
            let schema = Ref::from_schema_name("Problem");
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

    #[test]
    fn the_front_end_is_built_against_the_same_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/frontend/openapi.json");
        let kept: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let own = serde_json::to_value(document()).unwrap();
        assert!(kept == own, "run `make openapi`");
    }

    #[test]
    fn every_reference_resolves_and_every_operation_has_a_name_of_its_own() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let text = document.to_string();
        let mut references = text.split("\"#/components/schemas/").skip(1);
        assert!(references.clone().count() > 100);
        assert!(references.all(|rest| {
            let name = rest.split('"').next().unwrap();
            !document["components"]["schemas"][name].is_null()
        }));
        let mut names: Vec<_> = text.split("\"operationId\":\"").skip(1).collect();
        names.iter_mut().for_each(|rest| *rest = rest.split('"').next().unwrap());
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
