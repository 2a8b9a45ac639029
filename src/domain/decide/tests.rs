//! Each decider alone, on the letters that it writes.
