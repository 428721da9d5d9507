// Package media is photographs that belong to a book: what may come in, and keeping it so that it goes with the book. It exists since a
// photograph tells more than it shows: where it was taken, with what, and whatever else somebody put into the same file.
//
//	bytes ──header──▶ is it a photograph, whole, and small enough to be opened? ──decode──▶ pixels ──upright, smaller──▶ JPEG ──sealed in parts──▶ media
//
// Nothing of what came in is kept but the pixels ([Cleaner.Clean]): they are drawn anew, so that place, time, device, hidden second
// files and comments are gone. What is kept is sealed under the key of an item of the book ([Store.Put]): it is erased with that item,
// also in older backups, and is served to nobody but the book's owner ([Store.Get]).
package media
