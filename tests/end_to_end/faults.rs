//! What goes wrong, and what is done about it.

mod bed;
mod process;
mod stuck;
mod table;
