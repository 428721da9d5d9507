package app

// WhileTrying has fn called while a backup is tried; nil ends it.
func WhileTrying(fn func(dir string)) { whileTrying = fn }
