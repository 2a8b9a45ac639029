//! Access tokens: signed, short-lived, and dead as soon as the user's token version rises.
//!
//! The only file that knows the token's format. Tokens keep the system's clock, whatever clock the
//! exchange runs on.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors::ErrorKind,
};
use serde::{Deserialize, Serialize};

use super::problem::{Edge, Problem};
use crate::domain::id::UserId;

/// How long a token is good for.
pub const TOKEN_SECS: u64 = 86_400;

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
            Problem::of(Edge::Internal)
        })
    }

    /// What `token` says, if it is ours and has not expired. Whether its version is still the user's
    /// is for the caller to check.
    pub fn check(&self, token: &str) -> Result<Bearer, Problem> {
        let checked = decode::<Claims>(token, &self.checking, &self.rules);
        let claims = checked.map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => Problem::of(Edge::TokenExpired),
            _ => Problem::of(Edge::TokenInvalid),
        })?;
        let user = claims.claims.sub.parse().map_err(|_| Problem::of(Edge::TokenInvalid))?;
        Ok(Bearer { user: UserId(user), version: claims.claims.ver })
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
