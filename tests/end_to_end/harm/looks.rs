//! Looks at files and answers of shapes that nobody expects, and clocks that go back.
