//! Other users and other programs on the machine.
