//! The stories: the real binary, run as a user runs it.
