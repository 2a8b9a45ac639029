//! The write-ahead journal in sled, snapshots, recovery and the offline verifier.
