//! Evidence: files that a party brings into a dispute, and that those who are in it fetch.
//!
//! A file is never run and never shown by a browser in our name: it goes out as an attachment, of the
//! kind that its content was found to be.

use std::time::Duration;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Path, Payload},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use super::{Case, case_of, dispute_id, disputed};
use crate::{
    domain::{
        command::Command,
        id::{DisputeId, Sequence},
        outcome::{Done, Outcome},
        p2p::{
            dispute::{EVIDENCE_MAX, Media},
            trade_request::TradeRequest,
        },
        rejection::Rejection,
        world::World,
    },
    http::{
        body::{check_length, read},
        caller::{Caller, answer, head},
        p2p::{read_expected, refused, trade_fact},
        page::Query,
        problem::{EdgeError, Problem, ProblemBody},
        wire::{Evidence, hex},
    },
};

/// The largest file, in bytes.
const EVIDENCE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How long it may take to arrive: 70 kB a second are enough.
const DEADLINE: Duration = Duration::from_secs(30);
const KINDS: [Media; 5] = [Media::Png, Media::Jpeg, Media::Webp, Media::Pdf, Media::Text];
const WRONG_KIND: &str =
    "the body has to be image/png, image/jpeg, image/webp, application/pdf or text/plain";
const OTHER_KIND: &str = "the content is not what its content type says";

/// What is said beside the file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvidenceQuery {
    /// The status that the caller takes the trade to have; another one refuses the file.
    expected_state: Option<String>,
}

/// Brings a file into a dispute: the file itself is the body, up to 2 MiB; up to ten files of a party.
/// The same content again is the same item: 200 instead of 201.
#[utoipa::path(post, path = "/api/dispute/{id}/evidence", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path), EvidenceQuery),
    request_body(content(
        (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"),
        (Vec<u8> = "application/pdf"), (String = "text/plain"))),
    responses((status = 201, body = Evidence),
        (status = 200, body = Evidence, description = "It was there already"),
        (status = 401, body = ProblemBody), (status = 403, body = ProblemBody, description = "NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND"),
        (status = 408, body = ProblemBody, description = "BODY_TOO_SLOW: more than 30 seconds"),
        (status = 409, body = ProblemBody, description = "DISPUTE_SEALED, TRADE_STATE_FORBIDS with the `state`"),
        (status = 413, body = ProblemBody, description = "BODY_TOO_LARGE"),
        (status = 415, body = ProblemBody, description = "UNSUPPORTED_MEDIA_TYPE"),
        (status = 422, body = ProblemBody, description = "TOO_MUCH_EVIDENCE"),
        (status = 423, body = ProblemBody, description = "TRADE_FROZEN")))]
pub async fn add_evidence(
    caller: Caller,
    request: HttpRequest,
    id: Path<String>,
    Query(asked): Query<EvidenceQuery>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let id = dispute_id(&id)?;
    check_party(&caller, id)?;
    let expected = read_expected(asked.expected_state.as_deref())?;
    let declared = KINDS
        .into_iter()
        .find(|kind| request.content_type().trim().eq_ignore_ascii_case(kind.code()));
    let declared = declared.ok_or_else(|| unsupported(WRONG_KIND))?;
    check_length(&request, EVIDENCE_BYTES_MAX)?;
    let content = read(payload.into_inner(), EVIDENCE_BYTES_MAX, DEADLINE).await?;
    let media = Media::of(&content).filter(|media| *media == declared);
    let media = media.ok_or_else(|| unsupported(OTHER_KIND))?;
    let hash: [u8; 32] = Sha256::digest(&content).into();
    let ask = TradeRequest::AddEvidence { hash, media, bytes: content.len() as u32 };
    let (trade, dispute) = (id.trade(), Some(id));
    let command = Command::P2pTrade { trade, dispute, expected, ask };
    let outcome = bring(&caller, id, hash, command, content).await?;
    let (status, evidence) = match &outcome.done {
        Done::Nothing => (StatusCode::OK, known(&caller, id, &hash)?),
        _ => (StatusCode::CREATED, brought(&outcome, &hash)?),
    };
    Ok(answer(status, &outcome, &evidence))
}

fn unsupported(why: &'static str) -> Problem {
    Problem::of(EdgeError::UnsupportedMediaType).saying(why)
}

/// Nobody else makes us read two megabytes. A repeat under an idempotency key is decided later.
fn check_party(caller: &Caller, id: DisputeId) -> Result<(), Problem> {
    let world = caller.api.exchange.views().world();
    let case = case_of(&world, id).ok_or(Rejection::DisputeNotFound)?;
    match case.sight(caller) {
        None => Err(Rejection::DisputeNotFound.into()),
        Some(_) if !case.trade.is_party(caller.user) => Err(Rejection::NotAllowed.into()),
        Some(_) if caller.has_key() => Ok(()),
        Some(_) => Ok(check_open(case)?),
    }
}

/// What is not so any more will not be so again: whoever decides will refuse as well.
fn check_open(case: Case<'_>) -> Result<(), Rejection> {
    let Case { dispute, trade } = case;
    let newest = trade.dispute.as_ref().is_some_and(|newest| newest.id == dispute.id);
    match () {
        _ if !newest || !dispute.status.is_open() || !trade.state.is_open() => {
            Err(Rejection::TradeStateForbids(trade.state))
        }
        _ if dispute.is_sealed() => Err(Rejection::DisputeSealed),
        _ => Ok(()),
    }
}

/// Brings the content with its command, so that it is on disk before the fact that names it; but not
/// where the command will be refused or is a repeat of one that was done.
async fn bring(
    caller: &Caller,
    id: DisputeId,
    hash: [u8; 32],
    command: Command,
    content: Bytes,
) -> Result<Outcome, Problem> {
    if let Some(known) = caller.known(&content).await? {
        return Ok(known);
    }
    let wanted = is_wanted(&caller.api.exchange.views().world(), caller, id, &hash)?;
    let answer = match wanted {
        true => {
            let asked = caller.asked(command, &content, 0);
            let brought = caller.api.exchange.submit_evidence(content.to_vec(), asked).await;
            let lost = || Problem::of(EdgeError::Internal).saying("the file could not be kept");
            brought.ok_or_else(lost)?
        }
        false => caller.submit(command, &content).await,
    };
    answer.map_err(|rejection| refused(caller, id.trade(), rejection))
}

fn is_wanted(
    world: &World,
    caller: &Caller,
    id: DisputeId,
    hash: &[u8; 32],
) -> Result<bool, Problem> {
    let Some(case) = case_of(world, id) else { return Ok(false) };
    let own = case.dispute.evidence.iter().filter(|file| file.by == caller.user).count();
    let known = case.dispute.evidence(hash).is_some();
    if known || own >= EVIDENCE_MAX || check_open(case).is_err() {
        return Ok(false);
    }
    match case.trade.frozen {
        // It may be thawed by the time that the command is decided: then the file would be missing.
        Some(_) => Err(Rejection::TradeFrozen.into()),
        None => Ok(true),
    }
}

/// The item that a command's fact has brought in.
fn brought(outcome: &Outcome, hash: &[u8; 32]) -> Result<Evidence, Problem> {
    let trade = &trade_fact(outcome)?.trade;
    let evidence =
        disputed(trade)?.evidence(hash).ok_or_else(|| Problem::of(EdgeError::Internal))?;
    Ok(Evidence::of(evidence, trade))
}

/// The item that was there already.
fn known(caller: &Caller, id: DisputeId, hash: &[u8; 32]) -> Result<Evidence, Problem> {
    let world = caller.api.exchange.views().world();
    let case = case_of(&world, id).ok_or(Rejection::DisputeNotFound)?;
    let evidence = case.dispute.evidence(hash).ok_or_else(|| Problem::of(EdgeError::Internal))?;
    Ok(Evidence::of(evidence, case.trade))
}

/// A file of a dispute, for the parties and the assigned arbitrator.
#[utoipa::path(get, path = "/api/dispute/{id}/evidence/{sha256}", tag = "dispute",
    security(("bearer" = [])), params(("id" = String, Path), ("sha256" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream", description = "The file, as an attachment of its own type"),
        (status = 401, body = ProblemBody), (status = 403, body = ProblemBody, description = "NOT_ALLOWED"),
        (status = 404, body = ProblemBody, description = "DISPUTE_NOT_FOUND, NOT_FOUND")))]
pub async fn show_evidence(
    caller: Caller,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let (sequence, hash, media) = find(&caller, dispute_id(&id)?, &name)?;
    let content = caller.api.exchange.evidence(hash).await;
    let content = content
        .ok_or_else(|| Problem::of(EdgeError::Internal).saying("the file could not be read"))?;
    let kind = match media {
        Media::Text => "text/plain; charset=utf-8",
        other => other.code(),
    };
    let attachment = format!("attachment; filename=\"{}.{}\"", hex(&hash), extension(media));
    Ok(head(StatusCode::OK, sequence)
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_DISPOSITION, attachment))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((header::CACHE_CONTROL, "private"))
        .body(content))
}

fn extension(media: Media) -> &'static str {
    match media {
        Media::Png => "png",
        Media::Jpeg => "jpg",
        Media::Webp => "webp",
        Media::Pdf => "pdf",
        Media::Text => "txt",
    }
}

fn find(
    caller: &Caller,
    id: DisputeId,
    name: &str,
) -> Result<(Sequence, [u8; 32], Media), Problem> {
    let world = caller.api.exchange.views().world();
    let case = case_of(&world, id).filter(|case| case.sight(caller).is_some());
    let case = case.ok_or(Rejection::DisputeNotFound)?;
    if !case.trade.is_party(caller.user) && !case.is_assigned(caller) {
        return Err(Rejection::NotAllowed.into());
    }
    let file = hash_named(name).and_then(|hash| case.dispute.evidence(&hash));
    let file =
        file.ok_or_else(|| Problem::of(EdgeError::NotFound).saying("there is no such file"))?;
    Ok((world.state.through, file.hash, file.media))
}

/// Reads 64 hexadecimal digits.
fn hash_named(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        let name = format!("{}Ff", "0".repeat(62));
        assert_eq!(hash_named(&name).map(|hash| (hash[0], hash[31])), Some((0, 255)));
        for name in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)]
        {
            assert_eq!(hash_named(name), None, "{name}");
        }
    }
}
