package page

// NewWith is New with other templates, so that the tests of this package do not lean on anybody's page.
var NewWith = newSite

// FilesAtOnce is how many files are brought at the same time at most.
const FilesAtOnce = filesAtOnce
