// Package kill takes the power away from Beside and looks at what is left. People act over HTTP on the real program, a
// release build in processes of its own; what they were told is kept is written into a journal outside. Then something
// dies: a server, the database, the primary of two, the line between them, the room on its disk, or a call of the system
// below the driver. What must hold afterwards, whatever died:
//
//   - every act that was acknowledged is there, and so is everything that follows from it;
//   - every act that was not is there wholly or not at all, and can be sent again;
//   - the clear lists are the fold of the entries, what was promised is what they say, every chain holds.
//
// It also takes every file there is, of before an erasing and of after, and looks for what was erased.
//
// It holds tests only. The quick tier does each of them a few times; "./check kills" does them many times, and the
// variables that it sets are told in docs/operations/testing.md.
package kill
