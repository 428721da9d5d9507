// Package backup copies what Beside knows into a folder, so that a lost machine loses nothing, and brings it back into an
// empty place, on either engine. The same form serves the books and, in a folder apart, the keyring.
//
// # The folder
//
//	beside-backup                     a line that says what this folder is
//	lock                              held by whoever writes or takes away
//	chunks/ab/ab12….chunk             pieces of tables, shared by all backups that hold them
//	backups/20270310T120000Z-1f2e….backup   one backup: a clear line, then what it consists of
//
// A backup is one snapshot of the database, read table by table in the order of the primary key (package rows). The rows
// are cut into chunks where their keys say so, not where they happen to stand, so that rows that did not change give the
// same chunks, and only the others are written again. A chunk is compressed, encrypted with age, and named by a keyed hash
// of what is in it: the name proves the content, and tells nothing without the key.
//
//	                 write                                      restore
//	[database] --rows--> chunks, each whole before it      [empty] --marker--> [restoring] --rows, counted and
//	   has its name --> manifest, renamed last:               |                  compared--> [whole, promises rest]
//	   now there is a backup                                  |   killed: begins again            | Release
//	   killed before: nothing but spare chunks                +-- nothing serves it               v
//	                                                                                            [whole]
//
// # The clear line
//
// It says when the backup was made, of what (books or keyring), with which schema, and by which version. Everything else
// is encrypted to an identity that follows from the keys: a backup of the keyring opens with the root key alone, one of
// the books with the keyring. So one secret, the recovery copy of the root key, opens all of it.
//
// # What it does not do
//
// It does not know what tables mean; checking chains and the log, bringing erased items up to date and beginning a new
// log is for who calls [Folder.Restore]. Deleting a file does not wipe the disk below it; what was in it stays encrypted.
package backup
