//! The `Idempotency-Key` header: what makes a repeated command the same command.

use actix_web::HttpRequest;
use aws_lc_rs::hmac;

use super::problem::{EdgeError, Problem};
use crate::domain::{fact::KeyUse, id::UserId};

/// A key as it came, with what it is scoped to.
#[derive(Clone, Debug)]
pub struct Key {
    /// User, method, path and key.
    scope: Vec<u8>,
    query: String,
}

/// The request's key, if it has one. Fails where it is not 1 to 64 visible ASCII characters.
pub fn key_of(request: &HttpRequest, user: UserId) -> Result<Option<Key>, Problem> {
    let mut keys = request.headers().get_all("idempotency-key");
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.as_bytes();
    let visible = key.iter().all(u8::is_ascii_graphic);
    if !(1..=64).contains(&key.len()) || !visible || keys.next().is_some() {
        return Err(Problem::of(EdgeError::InvalidIdempotencyKey));
    }
    // Neither a method, a path nor a key holds a line feed.
    let mut scope = format!("{user}\n{}\n{}\n", request.method(), request.path()).into_bytes();
    scope.extend_from_slice(key);
    Ok(Some(Key { scope, query: request.query_string().to_owned() }))
}

impl Key {
    /// The two hashes by which the exchange remembers this key with `body`; `step` tells apart the
    /// commands of a request that makes several.
    pub fn used(&self, hashing: &hmac::Key, body: &[u8], step: u8) -> KeyUse {
        let sign = |parts: &[&[u8]]| {
            let mut context = hmac::Context::with_key(hashing);
            parts.iter().for_each(|part| context.update(part));
            let mut half = [0; 16];
            half.copy_from_slice(&context.sign().as_ref()[..16]);
            half
        };
        KeyUse {
            key: sign(&[b"key\n", &[step], &self.scope]),
            body: sign(&[b"body\n", self.query.as_bytes(), b"\n", body]),
            parts: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn used(user: u64, uri: &str, key: &'static str, body: &str) -> Option<KeyUse> {
        let request = TestRequest::post().uri(uri).insert_header(("Idempotency-Key", key));
        let key = key_of(&request.to_http_request(), UserId(user)).ok()??;
        let hashing = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        Some(key.used(&hashing, body.as_bytes(), 0))
    }

    #[test]
    fn a_key_is_scoped_to_user_and_path_and_its_body_is_told_apart() {
        let first = used(1, "/a", "k", "x").unwrap();
        assert_eq!(used(1, "/a", "k", "x"), Some(first));
        assert_ne!(used(2, "/a", "k", "x").unwrap().key, first.key);
        assert_ne!(used(1, "/b", "k", "x").unwrap().key, first.key);
        assert_ne!(used(1, "/a", "l", "x").unwrap().key, first.key);
        let other_body = used(1, "/a", "k", "y").unwrap();
        assert!(other_body.key == first.key && other_body.body != first.body);
        let other_query = used(1, "/a?i=1", "k", "x").unwrap();
        assert!(other_query.key == first.key && other_query.body != first.body);
    }

    #[test]
    fn keys_are_1_to_64_visible_characters() {
        let none = TestRequest::post().to_http_request();
        assert!(key_of(&none, UserId(1)).unwrap().is_none());
        let long: &'static str = "0123456789012345678901234567890123456789012345678901234567890123";
        assert!(used(1, "/", long, "").is_some());
        for bad in
            ["", "a b", "ä", "01234567890123456789012345678901234567890123456789012345678901234"]
        {
            let request = TestRequest::post().insert_header(("Idempotency-Key", bad));
            let problem = key_of(&request.to_http_request(), UserId(1)).unwrap_err();
            assert_eq!(problem.code(), "INVALID_IDEMPOTENCY_KEY", "{bad}");
        }
    }
}
