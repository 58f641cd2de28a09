//! N1: what is told as pending is what differs, and all of it; over thousands of random ways to write
//! the same, and of random changes.

mod engine;
mod in_process;
mod rows;
mod watched;
