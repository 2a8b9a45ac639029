//! Passwords: hashed and compared on a thread of their own, behind a bounded queue, since one hash
//! takes a good part of a second of one core. Never on an arbiter.

use crossbeam::channel::{Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::domain::rejection::Rejection;

/// How many passwords may wait.
const QUEUE_MAX: usize = 256;

/// The thread's queue; clones are the same queue.
#[derive(Clone, Debug)]
pub struct Passwords {
    queue: Sender<Job>,
}

#[derive(Debug)]
enum Job {
    Hash { password: String, to: oneshot::Sender<String> },
    Verify { password: String, hash: Option<String>, to: oneshot::Sender<bool> },
}

impl Passwords {
    /// Starts the thread. `cost` is bcrypt's.
    pub fn start(cost: u32) -> std::io::Result<Passwords> {
        let (queue, jobs) = bounded(QUEUE_MAX);
        let work = move || {
            // Compared with for unknown users, so that they take the same time as known ones.
            let nobody = hash("a password that nobody has", cost);
            jobs.into_iter().for_each(|job| work_off(job, cost, &nobody));
        };
        std::thread::Builder::new().name("souk-password".into()).spawn(work)?;
        Ok(Passwords { queue })
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: String) -> Result<String, Rejection> {
        let (to, answer) = oneshot::channel();
        self.put(Job::Hash { password, to })?;
        answer.await.map_err(|_| Rejection::Stopping)
    }

    /// Whether a password is the one with this hash. Without a hash it never is, after the same time.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Rejection> {
        let (to, answer) = oneshot::channel();
        self.put(Job::Verify { password, hash, to })?;
        answer.await.map_err(|_| Rejection::Stopping)
    }

    fn put(&self, job: Job) -> Result<(), Rejection> {
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Rejection::Overloaded,
            TrySendError::Disconnected(_) => Rejection::Stopping,
        })
    }
}

fn work_off(job: Job, cost: u32, nobody: &str) {
    match job {
        Job::Hash { password, to } => {
            // Who asked may have gone; then nobody needs the hash.
            if !to.is_closed() {
                let _ = to.send(hash(&password, cost));
            }
        }
        Job::Verify { password, hash, to } => {
            if !to.is_closed() {
                let known = hash.is_some();
                let same = same(&password, hash.as_deref().unwrap_or(nobody));
                let _ = to.send(known && same);
            }
        }
    }
}

/// The hash of a password, computed on this thread; for start-up and for the thread above.
pub fn hash(password: &str, cost: u32) -> String {
    bcrypt::hash(password, cost).expect("the settings bound the cost, the edge bounds the length")
}

/// Whether `password` has this hash, computed on this thread.
pub fn same(password: &str, hash: &str) -> bool {
    bcrypt::verify(password, hash).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unknown_user_is_refused_like_a_wrong_password() {
        let passwords = Passwords::start(4).unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
    }
}
