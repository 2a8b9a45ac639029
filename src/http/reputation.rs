//! Reputations and reviews: what P2P trades made of a user, for everyone to see.

use actix_web::{HttpResponse, http::StatusCode, web::Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::Json,
    caller::{Caller, Visitor, answer, fact_of, reading},
    p2p::{PageQuery, refused},
    page::{Page, Query, read_count},
    problem::{EdgeError, Problem, ProblemBody},
    text,
    wire::{Review, ShownReputation},
};
use crate::domain::{
    account::Role,
    command::Command,
    fact::Body,
    id::{P2pTradeId, UserId},
    p2p::reputation::Reputation,
    rejection::Rejection,
    world::World,
};

/// The longest comment of a review, in characters.
const COMMENT_CHARS_MAX: usize = 1_000;

/// A user's reputation; without data each figure is `null` or 0.
#[utoipa::path(get, path = "/api/reputation/{username}", tag = "reputation",
    security((), ("bearer" = [])), params(("username" = String, Path)),
    responses((status = 200, body = ShownReputation),
        (status = 404, body = ProblemBody, description = "USER_NOT_FOUND")))]
pub async fn show_reputation(
    visitor: Visitor,
    username: Path<String>,
) -> Result<HttpResponse, Problem> {
    let now = visitor.api.exchange.now();
    let world = visitor.api.exchange.views().world();
    let user = world.state.accounts.named(&username).ok_or(Rejection::UserNotFound)?;
    let whole = visitor
        .caller
        .is_some_and(|caller| caller.user == user.id || caller.access.role == Role::Admin);
    let reputation =
        ShownReputation::of(&user.username, &reputation_of(&world, user.id), now, whole);
    Ok(reading(world.state.through, &reputation))
}

/// What a user's trades made of the user; an empty one where there were none.
pub(super) fn reputation_of(world: &World, user: UserId) -> Reputation {
    world.state.p2p.reputation(user).cloned().unwrap_or_default()
}

/// The reviews that a user got, newest first; the last 500 are kept here.
#[utoipa::path(get, path = "/api/reputation/{username}/reviews", tag = "reputation",
    security((), ("bearer" = [])), params(("username" = String, Path), PageQuery),
    responses((status = 200, body = Page<Review>), (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "USER_NOT_FOUND")))]
pub async fn list_reviews(
    visitor: Visitor,
    username: Path<String>,
    Query(asked): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let span = asked.span()?;
    let reader = visitor.caller.map(|caller| caller.user);
    let world = visitor.api.exchange.views().world();
    let user = world.state.accounts.named(&username).ok_or(Rejection::UserNotFound)?;
    let window = world.history.p2p.user(user.id).map(|own| &own.reviews);
    let newest_first = window.into_iter().flat_map(|window| window.newest_first());
    let page = span.falling(
        newest_first,
        |(number, _)| *number,
        |(_, own)| {
            let people = [own.review.reviewer.id, own.review.reviewed.id];
            let whole = reader.is_some_and(|reader| people.contains(&reader));
            Review::of(own.sequence, own.stamp, &own.review, whole)
        },
    );
    Ok(reading(world.state.through, &page.of_window(window, |own| own.sequence)))
}

/// A review.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    #[schema(example = "1026")]
    trade_id: String,
    /// 1 to 5.
    #[schema(example = 5, minimum = 1, maximum = 5)]
    rating: u8,
    /// 1 to 1000 characters.
    comment: Option<String>,
}

/// Reviews the other party of a completed trade, once and within seven days.
#[utoipa::path(post, path = "/api/reputation/reviews", tag = "reputation",
    security(("bearer" = [])), request_body = ReviewBody,
    responses((status = 201, body = Review), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody, description = "P2P_TRADE_NOT_FOUND"),
        (status = 409, body = ProblemBody, description = "ALREADY_REVIEWED, REVIEW_WINDOW_OVER, TRADE_STATE_FORBIDS with the `state`")))]
pub async fn write_review(caller: Caller, body: Json<ReviewBody>) -> Result<HttpResponse, Problem> {
    let ReviewBody { trade_id, rating, comment } = body.asked;
    let trade = read_count(&trade_id).map(|id| P2pTradeId(id as u64));
    let trade = trade.ok_or_else(|| Problem::field("trade_id", "is not the id of a trade"))?;
    if !(1..=5).contains(&rating) {
        return Err(Problem::field("rating", "is not from 1 to 5"));
    }
    if let Some(comment) = &comment {
        text::check("comment", comment, COMMENT_CHARS_MAX)?;
    }
    let submitted = caller.submit(Command::Review { trade, rating, comment }, &body.raw).await;
    let outcome = submitted.map_err(|rejection| refused(&caller, trade, rejection))?;
    let fact = fact_of(&outcome)?;
    let Body::Reviewed(review) = &fact.body else {
        return Err(Problem::of(EdgeError::Internal));
    };
    let review = Review::of(outcome.sequence, fact.stamp, review, true);
    Ok(answer(StatusCode::CREATED, &outcome, &review))
}
