//! What goes wrong, and what is done about it.

mod bed;
mod disk;
mod plugins;
mod process;
mod stuck;
mod table;
