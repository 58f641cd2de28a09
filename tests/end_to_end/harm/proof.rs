//! What is told of a reload that was not wholly proved, and of what has not been heard yet.
