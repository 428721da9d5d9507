package page

// NewWith is New with other templates, so that the tests of this package do not lean on anybody's page.
var NewWith = newSite
