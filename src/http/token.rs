//! Access tokens: signed, short-lived, and dead as soon as the user's token version rises.
//!
//! The only file that knows the token's format. Tokens keep the system's clock, whatever clock the
//! exchange runs on.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use dashmap::DashMap;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::ErrorKind,
};
use serde::{Deserialize, Serialize};

use super::problem::{EdgeError, Problem};
use crate::domain::id::UserId;

/// How long a token is good for.
pub const TOKEN_SECS: u64 = 86_400;
/// How many tokens are remembered as good.
const KNOWN_MAX: usize = 16_384;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    iat: u64,
    exp: u64,
    jti: String,
    ver: u32,
}

/// What a good token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Whose it is.
    pub user: UserId,
    /// The user's token version when it was given out.
    pub version: u32,
}

/// Makes and checks tokens.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    rules: Validation,
    /// Tokens whose signature was found to be ours, to the letter, with what they say and when they
    /// expire. One that is here needs no second look at its signature, but one at the clock.
    known: Arc<DashMap<String, (Bearer, u64), foldhash::fast::RandomState>>,
}

impl Tokens {
    /// Tokens signed with `secret`, HS256 and nothing else.
    pub fn new(secret: &[u8]) -> Tokens {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = 0;
        rules.set_required_spec_claims(&["exp", "sub"]);
        Tokens {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
            rules,
            known: Arc::default(),
        }
    }

    /// A token for `user`, good from now on.
    pub fn issue(&self, user: UserId, version: u32) -> Result<String, Problem> {
        self.issue_at(user, version, SystemTime::now())
    }

    fn issue_at(&self, user: UserId, version: u32, now: SystemTime) -> Result<String, Problem> {
        let iat = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let claims = Claims {
            sub: user.to_string(),
            iat,
            exp: iat + TOKEN_SECS,
            jti: format!("{:032x}", rand::random::<u128>()),
            ver: version,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).map_err(|error| {
            tracing::error!(%error, "signing a token failed");
            Problem::of(EdgeError::Internal)
        })
    }

    /// What `token` says, if it is ours and has not expired. Whether its version is still the user's
    /// is for the caller to check.
    pub fn check(&self, token: &str) -> Result<Bearer, Problem> {
        self.check_at(token, SystemTime::now())
    }

    fn check_at(&self, token: &str, now: SystemTime) -> Result<Bearer, Problem> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let known = self.known.get(token).map(|known| *known);
        match known {
            Some((bearer, expires)) if now <= expires => Ok(bearer),
            Some(_) => {
                self.known.remove(token);
                Err(Problem::of(EdgeError::TokenExpired))
            }
            None => self.verify(token),
        }
    }

    fn verify(&self, token: &str) -> Result<Bearer, Problem> {
        let checked = decode::<Claims>(token, &self.checking, &self.rules);
        let claims = checked.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Problem::of(EdgeError::TokenExpired),
            _ => Problem::of(EdgeError::TokenInvalid),
        })?;
        let user = claims.claims.sub.parse().map_err(|_| Problem::of(EdgeError::TokenInvalid))?;
        let bearer = Bearer { user: UserId(user), version: claims.claims.ver };
        // Whoever comes with so many logs in as often; then all are looked at once more.
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(token.to_owned(), (bearer, claims.claims.exp));
        Ok(bearer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(tokens: &Tokens, token: &str) -> &'static str {
        tokens.check(token).map(|_| "good").unwrap_or_else(|problem| problem.code())
    }

    #[test]
    fn a_token_is_good_for_its_time_and_its_secret_only() {
        let tokens = Tokens::new(b"one secret");
        let token = tokens.issue(UserId(7), 3).unwrap();
        assert_eq!(tokens.check(&token).unwrap(), Bearer { user: UserId(7), version: 3 });
        assert_eq!(code(&Tokens::new(b"another"), &token), "TOKEN_INVALID");
        let long_ago = SystemTime::now() - Duration::from_secs(TOKEN_SECS + 1);
        let old = tokens.issue_at(UserId(7), 3, long_ago).unwrap();
        assert_eq!(code(&tokens, &old), "TOKEN_EXPIRED");
    }

    #[test]
    fn a_known_token_expires_like_any_other() {
        let tokens = Tokens::new(b"one secret");
        let token = tokens.issue(UserId(7), 3).unwrap();
        let good = tokens.check(&token).unwrap();
        assert_eq!(tokens.known.len(), 1);
        assert_eq!(tokens.check(&token).unwrap(), good);
        let late = SystemTime::now() + Duration::from_secs(TOKEN_SECS + 2);
        assert_eq!(tokens.check_at(&token, late).unwrap_err().code(), "TOKEN_EXPIRED");
        assert!(tokens.known.is_empty());
        assert_eq!(code(&tokens, &format!("{token}x")), "TOKEN_INVALID");
        assert!(tokens.known.is_empty(), "what is not ours is not remembered");
    }

    #[test]
    fn forged_tokens_are_refused() {
        let tokens = Tokens::new(b"one secret");
        let token = tokens.issue(UserId(7), 3).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        // {"alg":"none","typ":"JWT"} and {"alg":"HS384","typ":"JWT"}
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
        let other = "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9";
        for forged in [
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            format!("{other}.{}.{}", parts[1], parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}x.{}", parts[0], parts[1], parts[2]),
            String::from("a.b.c"),
            String::new(),
        ] {
            assert_eq!(code(&tokens, &forged), "TOKEN_INVALID", "{forged}");
        }
    }
}
